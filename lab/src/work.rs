//! What a request makes the server do.

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::burn::Burn;

/// After so much of its work a request lets the others go on, so that all share the
/// processor as threads do.
const SLICE: Duration = Duration::from_micros(100);

/// The work of one request.
#[derive(Debug)]
pub(crate) enum Work {
    /// So many slices of the processor's time.
    Cpu {
        /// One slice.
        slice: Burn,
        /// How many.
        slices: u32,
    },
    /// A wait for a backend that does so many at once; the others stand in line.
    Io {
        /// Places in the backend.
        pool: Semaphore,
        /// How long it takes there.
        wait: Duration,
    },
}

impl Work {
    /// Work of `time` for the processor.
    pub(crate) fn cpu(time: Duration) -> Self {
        let slices = time.as_micros().div_ceil(SLICE.as_micros());
        Self::Cpu { slice: Burn::of(SLICE), slices: u32::try_from(slices).unwrap_or(u32::MAX) }
    }

    /// A wait of `wait` in a backend with so many places.
    pub(crate) fn io(wait: Duration, places: usize) -> Self {
        Self::Io { pool: Semaphore::new(places), wait }
    }

    /// Does it; dropped, it is left where it is.
    pub(crate) async fn run(&self) {
        match self {
            Self::Cpu { slice, slices } => {
                for _ in 0..*slices {
                    slice.run();
                    tokio::task::yield_now().await;
                }
            }
            Self::Io { pool, wait } => {
                let place = pool.acquire().await;
                tokio::time::sleep(*wait).await;
                drop(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_finds_the_backend_full_stands_in_line() {
        let work = Arc::new(Work::io(Duration::from_millis(80), 2));
        let began = Instant::now();
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let work = Arc::clone(&work);
                tokio::spawn(async move { work.run().await })
            })
            .collect();
        for run in runs {
            run.await.unwrap();
        }
        assert_eq!(began.elapsed().as_millis() / 10, 16);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_dropped_gives_its_place_back() {
        let work = Work::io(Duration::from_secs(60), 1);
        assert!(tokio::time::timeout(Duration::from_millis(1), work.run()).await.is_err());
        let Work::Io { pool, .. } = work else { unreachable!() };
        assert_eq!(pool.available_permits(), 1);
    }
}
