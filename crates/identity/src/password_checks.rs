//! Runs password hashing off the request threads, a few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Semaphore;

/// Too many are waiting already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

impl From<Busy> for crate::WriteError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// Bounds how many passwords are hashed at once and how many may wait.
pub(crate) struct PasswordChecks {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// Counts one waiting caller for as long as it lives, also if it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl PasswordChecks {
    pub(crate) fn new(at_once: usize, waiting_max: usize) -> Self {
        let permits = Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)));
        Self { permits, waiting: AtomicUsize::new(0), waiting_max }
    }

    /// Waits for a turn, asks `first`, and runs `work` on the blocking pool. An
    /// answer or an error of `first` ends the call without work. A dropped call gives
    /// up its place; work that has begun keeps its permit until it ends.
    pub(crate) async fn run<T, E>(
        &self,
        first: impl FnOnce() -> Result<Option<T>, E>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Busy>,
    {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
                let _waiting = Waiting(&self.waiting);
                if ahead >= self.waiting_max {
                    return Err(Busy.into());
                }
                Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Busy)?
            }
        };
        if let Some(known) = first()? {
            return Ok(known);
        }
        let worked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        // It fails only if the runtime stops or the work panics; neither is an answer.
        worked.await.map_err(|_| Busy.into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn beyond_the_waiting_room_callers_are_told_to_come_again() {
        let checks = Arc::new(PasswordChecks::new(1, 1));
        let (release, held) = mpsc::channel::<()>();
        let call = |work: Box<dyn FnOnce() -> u8 + Send>| {
            let checks = Arc::clone(&checks);
            async move { checks.run(|| Ok::<_, Busy>(None), work).await }
        };
        let first = tokio::spawn(call(Box::new(move || {
            held.recv().unwrap();
            1
        })));
        while checks.permits.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn(call(Box::new(|| 2)));
        while checks.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(call(Box::new(|| 3)).await, Err(Busy));

        release.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(1), Ok(2)));
        assert_eq!(call(Box::new(|| 4)).await, Ok(4));
    }

    #[tokio::test]
    async fn what_is_answered_or_refused_meanwhile_is_not_done() {
        #[derive(Debug, PartialEq)]
        struct Gone;
        impl From<Busy> for Gone {
            fn from(_: Busy) -> Self {
                Self
            }
        }
        let checks = PasswordChecks::new(1, 0);
        let refused = checks.run(|| Err(Gone), || panic!("must not run")).await;
        assert_eq!(refused, Err::<(), _>(Gone));
        let known = checks.run(|| Ok::<_, Gone>(Some(6)), || panic!("must not run")).await;
        assert_eq!(known, Ok(6));
        assert_eq!(checks.run(|| Ok::<_, Gone>(None), || 7).await, Ok(7));
    }
}
