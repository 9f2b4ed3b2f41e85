//! Waiting until the copy in memory shows a commit.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use seawall_store::Revision;
use tokio::sync::oneshot;

/// The last commit the copy shows, and who waits for which.
#[derive(Default)]
pub(crate) struct Applied {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    revision: Revision,
    next: u64,
    waiting: BTreeMap<(Revision, u64), oneshot::Sender<()>>,
}

impl Applied {
    /// Every commit up to `revision` shows now; wakes who waited for one of them.
    pub(crate) fn advance(&self, revision: Revision) {
        let woken = {
            let mut state = self.state.lock();
            state.revision = state.revision.max(revision);
            let first_later = (state.revision.next(), 0);
            let later = state.waiting.split_off(&first_later);
            std::mem::replace(&mut state.waiting, later)
        };
        for waiter in woken.into_values() {
            // A waiter that gave up is no failure.
            let _ = waiter.send(());
        }
    }

    /// Waits until the commit with this revision shows. Cancel-safe.
    pub(crate) async fn reached(&self, revision: Revision) {
        let waiter = {
            let mut state = self.state.lock();
            if state.revision >= revision {
                return;
            }
            let (sender, waiter) = oneshot::channel();
            state.next += 1;
            let turn = (revision, state.next);
            state.waiting.insert(turn, sender);
            waiter
        };
        // An error would mean the table is gone, and with it every reason to wait.
        let _ = waiter.await;
    }

    pub(crate) fn revision(&self) -> Revision {
        self.state.lock().revision
    }
}
