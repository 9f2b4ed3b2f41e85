//! The directory that requests read, and that follows the store.

use std::{sync::Arc, time::Duration};

use parking_lot::{RwLock, RwLockReadGuard};
use seawall_store::{Mirror, MirrorEvent, Revision};
use tokio::sync::watch;

use crate::{
    OpenError,
    directory::{Directory, Unreadable},
};

/// Longest wait for a commit of ours to come back from the store.
const CATCH_UP: Duration = Duration::from_secs(5);

/// A [`Directory`] kept current by one task. A reader holds the lock for a lookup
/// or one page of a listing, the writer for one commit.
pub(crate) struct LiveDirectory {
    directory: RwLock<Directory>,
    reached: watch::Sender<Revision>,
}

impl LiveDirectory {
    /// Waits until the mirror has loaded and holds what it loaded.
    pub(crate) async fn load(mirror: &mut Mirror) -> Result<Arc<Self>, OpenError> {
        loop {
            // The mirror says for itself that the store is away, and tries again.
            if let MirrorEvent::Reset { pairs, revision } = mirror.next().await {
                let directory = Directory::load(&pairs, revision)
                    .map_err(|Unreadable { key, reason }| OpenError::Damaged { key, reason })?;
                return Ok(Arc::new(Self {
                    directory: RwLock::new(directory),
                    reached: watch::Sender::new(revision),
                }));
            }
        }
    }

    /// Takes in what the mirror tells, for ever. While the store is away the last
    /// known directory stays in force.
    pub(crate) async fn follow(self: Arc<Self>, mut mirror: Mirror) {
        loop {
            match mirror.next().await {
                MirrorEvent::Unavailable => {}
                MirrorEvent::Changed(set) => {
                    let unreadable = self.directory.write().apply(&set);
                    unreadable.iter().for_each(report);
                    self.reached.send_replace(set.revision);
                }
                MirrorEvent::Reset { pairs, revision } => {
                    // Built beside the one in force, so that nobody waits for it.
                    match Directory::load(&pairs, revision) {
                        Ok(directory) => *self.directory.write() = directory,
                        Err(unreadable) => report(&unreadable),
                    }
                    self.reached.send_replace(revision);
                }
            }
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory.read()
    }

    /// Waits until the commit `revision` is in force here. Gives up after
    /// [`CATCH_UP`]: the commit is durable and will be taken in later.
    pub(crate) async fn caught_up(&self, revision: Revision) {
        let mut reached = self.reached.subscribe();
        let there = reached.wait_for(|reached| *reached >= revision);
        if tokio::time::timeout(CATCH_UP, there).await.is_err() {
            let behind = self.directory.read().revision();
            tracing::warn!(%revision, at = %behind, "identity is behind the store");
        }
    }
}

fn report(unreadable: &Unreadable) {
    tracing::error!(key = unreadable.key, reason = unreadable.reason, "identity record skipped");
}
