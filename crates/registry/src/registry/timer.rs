//! The one task that wakes the core when something is due.

use std::sync::{Arc, atomic::Ordering};

use super::{Shell, nanos};

/// Ticks the core whenever something is due, until the registry ends.
pub(super) async fn run(shell: Arc<Shell>) {
    loop {
        // Until the new time is known, whoever sets a timer has to notify: either its
        // timer is seen below, or it sees one of the two times stored here.
        shell.wakes_at.store(u64::MAX, Ordering::SeqCst);
        let due = shell.core.read().next_due();
        shell.wakes_at.store(due.map_or(u64::MAX, nanos), Ordering::SeqCst);
        let now = shell.clock.now();
        let wait = due.map(|due| due.instant() - now);
        tokio::select! {
            () = shell.stop.cancelled() => return,
            () = shell.wake.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {
                shell.change(|core, at, effects| core.tick(at, effects));
                // Many timers may be due: others get the lock in between.
                tokio::task::yield_now().await;
            }
        }
    }
}
