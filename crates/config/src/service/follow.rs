//! Keeps the copy in memory current and tells listeners.

use std::sync::Arc;

use seawall_store::{Mirror, MirrorEvent};

use super::core::Core;
use crate::{
    FuzzyChange, FuzzyKind,
    index::{memory::Touched, slot::Slot},
};

/// Follows the store until the service is closed.
pub(super) async fn follow(core: Arc<Core>, mut mirror: Mirror) {
    loop {
        let event = tokio::select! {
            () = core.closed.cancelled() => return,
            event = mirror.next() => event,
        };
        match event {
            MirrorEvent::Reset { pairs, revision } => {
                let touched = core.index.reset(pairs);
                core.numbers.observe(core.index.newest_number());
                touched.iter().for_each(|touched| core.tell(touched));
                core.applied.advance(revision);
                core.metrics.following.set(1);
                core.warm.send_replace(true);
            }
            MirrorEvent::Changed(set) => {
                let revision = set.revision;
                for change in set.changes {
                    if let Some(touched) = core.index.apply(change) {
                        core.numbers.observe(newest_number(&touched.after));
                        core.keep_contents(&touched);
                        core.tell(&touched);
                    }
                }
                core.applied.advance(revision);
            }
            MirrorEvent::Unavailable => {
                core.metrics.following.set(0);
            }
        }
        core.metrics.items.set(i64::try_from(core.index.total()).unwrap_or(i64::MAX));
    }
}

/// The greatest number in a slot: another node may have given it out.
fn newest_number(slot: &Slot) -> u64 {
    let all = slot.formal.iter().chain(&slot.grays);
    all.map(|meta| meta.version.0).max().unwrap_or_default()
}

impl Core {
    /// Moves contents into and out of the cache, before anybody is told.
    fn keep_contents(&self, touched: &Touched) {
        let all = |slot: &Slot| slot.formal.iter().chain(&slot.grays).cloned().collect::<Vec<_>>();
        let (before, after) = (all(&touched.before), all(&touched.after));
        let written =
            after.iter().filter(|meta| !before.iter().any(|b| b.revision == meta.revision));
        for meta in written {
            let same = before.iter().find(|before| before.version == meta.version);
            self.contents.written(meta, same);
        }
        for meta in before.iter().filter(|b| !after.iter().any(|a| a.revision == b.revision)) {
            self.contents.outdated(meta);
        }
    }

    fn tell(&self, touched: &Touched) {
        // The table is unlocked before sinks are called: they may take a while, and
        // may drop listeners.
        let news =
            self.listeners.lock().changed(&touched.key, |caller| touched.after.md5_for(caller));
        self.metrics.news.inc_by(news.len() as u64);
        for item in news {
            item.deliver();
        }
        let kind = match (&touched.before.formal, &touched.after.formal) {
            (None, Some(_)) => FuzzyKind::Added,
            (Some(_), None) => FuzzyKind::Deleted,
            (Some(before), Some(after)) if before.md5 != after.md5 => FuzzyKind::Changed,
            _ => return,
        };
        let concerned = self.fuzzy.lock().concerned(&touched.key);
        for sink in concerned {
            sink.fuzzy_changed(FuzzyChange { key: touched.key.clone(), kind });
        }
    }
}
