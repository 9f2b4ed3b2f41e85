//! Collects news for one long poll.

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{ChangeSink, Changed};

/// Keeps what changed until the poll wakes. Bounded by the number of items polled
/// for: every change of one item is told at most once until somebody looks.
#[derive(Default)]
pub(crate) struct LongPoll {
    changed: Mutex<Vec<Changed>>,
    woken: Notify,
}

impl ChangeSink for LongPoll {
    fn changed(&self, changed: Changed) {
        let mut all = self.changed.lock();
        if !all.contains(&changed) {
            all.push(changed);
        }
        drop(all);
        self.woken.notify_one();
    }
}

impl LongPoll {
    /// Waits for the first change. Cancel-safe.
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    pub(crate) fn take(&self) -> Vec<Changed> {
        std::mem::take(&mut self.changed.lock())
    }
}
