//! Canaries: tasks and threads that sleep and see how late they were woken.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use super::{SchedDelay, background::Background};
use crate::time::Clock;

/// A canary of an async runtime, one a worker or one for all of them: spawn it and drop
/// it, or its task, to end it. `sleep` is the runtime's own.
///
/// ```no_run
/// # use std::{sync::Arc, time::Duration};
/// # use seawall_guard::{MonotonicClock, signal::{SchedDelay, SignalSettings, canary}};
/// # fn spawn(task: impl Future + Send + 'static) {}
/// # async fn sleep(duration: Duration) {}
/// # let clock = MonotonicClock::new();
/// let delay = Arc::new(SchedDelay::new(&SignalSettings::default()));
/// spawn(canary(Arc::clone(&delay), clock.clone(), sleep));
/// ```
pub async fn canary<C, S>(
    delay: Arc<SchedDelay>,
    clock: C,
    mut sleep: impl FnMut(Duration) -> S,
) -> Infallible
where
    C: Clock,
    S: Future,
{
    let asleep = Asleep(delay);
    loop {
        asleep.0.expect(clock.now() + asleep.0.every());
        sleep(asleep.0.every()).await;
        asleep.0.woke(clock.now());
    }
}

/// A canary that is dropped in its sleep is not late for ever after.
struct Asleep(Arc<SchedDelay>);

impl Drop for Asleep {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// A canary that is a thread, for servers that run on threads. Dropping it ends it.
#[derive(Debug)]
pub struct CanaryThread {
    _background: Background,
}

impl CanaryThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn start<C: Clock>(delay: Arc<SchedDelay>, clock: C) -> io::Result<Self> {
        let asleep = Asleep(delay);
        let background = Background::start("guard-canary", move || {
            let now = clock.now();
            asleep.0.woke(now);
            asleep.0.expect(now + asleep.0.every());
            asleep.0.every()
        })?;
        Ok(Self { _background: background })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future,
        pin::pin,
        sync::mpsc,
        task::{Context, Poll, Waker},
    };

    use super::*;
    use crate::{
        signal::SignalSettings,
        time::{Instant, ManualClock},
    };

    #[test]
    fn a_task_that_is_polled_late_says_so_and_one_that_is_dropped_says_nothing() {
        let clock = ManualClock::default();
        let delay = Arc::new(SchedDelay::new(&SignalSettings::default()));
        let (asked, sleeps) = mpsc::channel();
        // Asleep when first polled, awake when polled again.
        let sleep = move |duration: Duration| {
            let _ = asked.send(duration);
            let mut is_awake = false;
            future::poll_fn(move |_| {
                if std::mem::replace(&mut is_awake, true) { Poll::Ready(()) } else { Poll::Pending }
            })
        };
        let mut context = Context::from_waker(Waker::noop());
        {
            let mut task = pin!(canary(Arc::clone(&delay), clock.clone(), sleep));
            for _ in 0..10 {
                assert!(task.as_mut().poll(&mut context).is_pending());
                clock.advance(Duration::from_millis(29));
            }
            assert_eq!(
                sleeps.try_iter().take(10).collect::<Vec<_>>(),
                [Duration::from_millis(20); 10]
            );
            assert_eq!(delay.lateness(clock.now()), Some(Duration::from_millis(9)));
        }
        clock.advance(Duration::from_secs(5));
        assert_eq!(delay.lateness(clock.now()), None);
    }

    #[test]
    fn a_thread_tells_that_it_ran() {
        struct Ticking(mpsc::Sender<()>, ManualClock);
        impl Clock for Ticking {
            fn now(&self) -> Instant {
                let _ = self.0.send(());
                self.1.advance(Duration::from_micros(1_500));
                self.1.now()
            }
        }
        let (read, reads) = mpsc::channel();
        let clock = ManualClock::default();
        let settings =
            SignalSettings { canary: Duration::from_millis(1), ..SignalSettings::default() };
        let delay = Arc::new(SchedDelay::new(&settings));
        let thread = CanaryThread::start(Arc::clone(&delay), Ticking(read, clock.clone())).unwrap();
        assert_eq!(reads.iter().take(3).count(), 3);
        drop(thread);
        assert_eq!(delay.lateness(clock.now()), Some(Duration::from_micros(500)));
    }
}
