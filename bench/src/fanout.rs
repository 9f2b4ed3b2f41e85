//! From one change to its push at every client of a crowd, round by round.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::measure::Measures;
use crate::watched::{Watched, as_f64};

/// A push that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between rounds, so that a server's merging of changes starts anew.
pub(crate) const PAUSE: Duration = Duration::from_millis(1_500);

/// The rounds of one run. Round 0 warms up and is not counted.
#[derive(Debug)]
pub(crate) struct Rounds {
    clients: u64,
    round: AtomicU64,
    reached: AtomicU64,
    started: Mutex<Instant>,
    latencies: Mutex<Histogram<u64>>,
    everybody: Notify,
}

/// One client's part: its last round that arrived.
#[derive(Debug)]
pub(crate) struct Seat {
    rounds: Arc<Rounds>,
    /// One more than the last round that arrived here.
    next: AtomicU64,
}

/// What came of all rounds.
#[derive(Debug, Default)]
pub(crate) struct Fanout {
    lost: u64,
    processor: Duration,
    /// Processor time of this load, to know how much of a latency is its own.
    load_processor: Duration,
    pushes: u64,
}

impl Rounds {
    /// For a crowd of `clients`.
    pub(crate) fn new(clients: u32) -> anyhow::Result<Arc<Self>> {
        let latencies =
            Histogram::new_with_bounds(1, 120_000_000, 3).context("making a histogram")?;
        Ok(Arc::new(Self {
            clients: u64::from(clients),
            round: AtomicU64::new(0),
            // Until the first round starts nobody is awaited.
            reached: AtomicU64::new(u64::from(clients)),
            started: Mutex::new(Instant::now()),
            latencies: Mutex::new(latencies),
            everybody: Notify::new(),
        }))
    }

    /// A place for one client.
    pub(crate) fn seat(self: &Arc<Self>) -> Seat {
        Seat { rounds: Arc::clone(self), next: AtomicU64::new(0) }
    }

    /// Makes `change` and waits until it arrived everywhere. Returns how many clients
    /// it did not reach in time.
    pub(crate) async fn play(
        &self,
        round: u64,
        change: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<u64> {
        *self.started.lock() = Instant::now();
        self.round.store(round, Ordering::Release);
        self.reached.store(0, Ordering::Release);
        change.await?;
        let everybody = async {
            while self.reached.load(Ordering::Acquire) < self.clients {
                self.everybody.notified().await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, everybody).await;
        Ok(self.clients - self.reached.load(Ordering::Acquire).min(self.clients))
    }

    /// Plays the warm-up and `count` rounds; `change` makes the change of a round, and
    /// `settle` puts the crowd into order after it.
    pub(crate) async fn all<Change, Settle>(
        &self,
        count: u64,
        watched: Watched,
        change: impl Fn(u64) -> Change,
        settle: impl Fn(u64) -> Settle,
    ) -> anyhow::Result<Fanout>
    where
        Change: Future<Output = anyhow::Result<()>>,
        Settle: Future<Output = anyhow::Result<()>>,
    {
        let mut fanout = Fanout::default();
        let load = Watched::new(std::process::id());
        for round in 0..=count {
            let processor = watched.processor_time()?;
            let load_processor = load.processor_time()?;
            let lost = self.play(round, change(round)).await?;
            if round > 0 {
                fanout.processor += watched.processor_time()?.saturating_sub(processor);
                fanout.load_processor += load.processor_time()?.saturating_sub(load_processor);
                fanout.lost += lost;
                fanout.pushes += self.clients - lost;
            }
            settle(round).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(fanout)
    }

    /// Adds latencies, losses and cost under `name`.
    pub(crate) fn measure(&self, name: &str, fanout: &Fanout, measures: &mut Measures) {
        measures.add(format!("{name}.failed"), as_f64(fanout.lost));
        let latencies = self.latencies.lock();
        if latencies.is_empty() {
            return;
        }
        for (label, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
            let micros = as_f64(latencies.value_at_quantile(quantile));
            measures.add(format!("{name}.{label}_ms"), micros / 1_000.0);
        }
        let per_cpu_s = as_f64(fanout.pushes) / fanout.processor.as_secs_f64().max(0.01);
        measures.add(format!("{name}.per_cpu_s"), per_cpu_s);
        let load_micros = fanout.load_processor.as_secs_f64() * 1e6;
        measures.add(format!("{name}.load_cpu_us"), load_micros / as_f64(fanout.pushes.max(1)));
    }
}

impl Seat {
    /// The round that is being played, when it has not arrived here yet.
    pub(crate) fn awaited(&self) -> Option<u64> {
        let round = self.rounds.round.load(Ordering::Acquire);
        (self.next.load(Ordering::Relaxed) <= round).then_some(round)
    }

    /// The change of `round` arrived here at `at`, for the first time or again.
    pub(crate) fn arrived(&self, round: u64, at: Instant) {
        if self.awaited() != Some(round) {
            return;
        }
        let took = at.saturating_duration_since(*self.rounds.started.lock());
        self.next.store(round + 1, Ordering::Relaxed);
        if round > 0 {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            self.rounds.latencies.lock().saturating_record(micros.max(1));
        }
        if self.rounds.reached.fetch_add(1, Ordering::AcqRel) + 1 == self.rounds.clients {
            self.rounds.everybody.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_round_ends_when_everybody_has_it_once() {
        let rounds = Rounds::new(2).unwrap();
        let seats = [rounds.seat(), rounds.seat()];
        let lost = rounds
            .play(1, async {
                for seat in &seats {
                    seat.arrived(1, Instant::now());
                    seat.arrived(1, Instant::now());
                }
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(lost, 0);
        assert_eq!(rounds.latencies.lock().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_hears_nothing_in_time_is_lost() {
        let rounds = Rounds::new(3).unwrap();
        let seat = rounds.seat();
        let lost = rounds
            .play(1, async {
                seat.arrived(1, Instant::now());
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(lost, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_older_round_does_not_count_for_a_newer() {
        let rounds = Rounds::new(1).unwrap();
        let seat = rounds.seat();
        let lost = rounds
            .play(2, async {
                seat.arrived(1, Instant::now());
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(lost, 1);
    }
}
