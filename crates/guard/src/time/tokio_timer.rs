//! Sleep on a Tokio runtime.

use std::time::Duration;

use tokio::task::coop::{Unconstrained, unconstrained};

use super::{Clock, Instant, Timer};

/// Tokio's timer, and Tokio's clock so that tests may pause it. Clones share one start.
/// Sleeping panics outside of a Tokio runtime with its timer enabled, as Tokio's own
/// sleep does.
#[derive(Debug, Clone)]
pub struct TokioTimer {
    start: tokio::time::Instant,
}

/// Exempt from Tokio's cooperative budget: a future that has used its budget up makes
/// every timer polled after it look as if it had not fired, so a deadline over a busy
/// future would never come.
pub type TokioSleep = Unconstrained<tokio::time::Sleep>;

/// Sleeps for so long.
pub(crate) fn tokio_sleep(time: Duration) -> TokioSleep {
    // Tokio adds 30 years where a moment does not fit its own clock.
    unconstrained(tokio::time::sleep(time))
}

impl TokioTimer {
    /// A timer whose clock starts now.
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Default for TokioTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioTimer {
    fn now(&self) -> Instant {
        Instant::START + self.start.elapsed()
    }
}

impl Timer for TokioTimer {
    type Sleep = TokioSleep;

    fn sleep_until(&self, at: Instant) -> TokioSleep {
        tokio_sleep(at - self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::{Elapsed, with_deadline};

    #[tokio::test(start_paused = true)]
    async fn it_sleeps_in_the_runtimes_time() {
        let timer = TokioTimer::new();
        let at = Instant::START + Duration::from_millis(30);
        timer.sleep_until(at).await;
        assert_eq!(timer.now(), at);
        timer.sleep_until(Instant::START).await;
        assert_eq!(timer.now(), at, "what has passed is not waited for");
    }

    /// apollographql/router#9034 is a kin of this: what looks at readiness after the
    /// budget is used up sees none.
    #[tokio::test(start_paused = true)]
    async fn a_deadline_comes_though_the_work_uses_up_tokios_budget() {
        let timer = TokioTimer::new();
        let work = async {
            loop {
                // Pending each time its budget is used up, and then woken at once.
                tokio::task::consume_budget().await;
                if !tokio::task::coop::has_budget_remaining() {
                    tokio::time::advance(Duration::from_millis(1)).await;
                }
            }
        };
        let deadline = Instant::START + Duration::from_millis(30);
        let ended: Result<(), _> = with_deadline(&timer, deadline, work).await;
        assert_eq!(ended, Err(Elapsed));
    }
}
