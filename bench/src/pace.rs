//! Sending at a pace of our own (open loop), or as fast as answers come (closed loop).
//!
//! In the open loop every operation has a time at which it is meant to be sent, and
//! its latency counts from there: a server that stalls is charged for everything
//! that had to wait, not only for the operations it was given (no coordinated
//! omission). The schedule ticks once a millisecond and sends what is due.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::watched::{Watched, as_f64};

/// No operation may take longer; then it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Operations on their way at once, at most, however far behind the server is.
const IN_FLIGHT_MAX: u32 = 20_000;

/// Operations on their way at once in the closed loop.
const CLOSED_IN_FLIGHT: u64 = 128;

const TICK: Duration = Duration::from_millis(1);

/// What a run measured.
#[derive(Debug)]
pub(crate) struct Outcome {
    tally: Tally,
    elapsed: Duration,
    processor: Duration,
}

#[derive(Debug)]
struct Tally {
    /// Microseconds from the intended sending time to the answer.
    latencies: Histogram<u64>,
    failed: u64,
    first_failure: Option<String>,
}

impl Tally {
    fn new() -> anyhow::Result<Self> {
        let latencies =
            Histogram::new_with_bounds(1, 120_000_000, 3).context("making a histogram")?;
        Ok(Self { latencies, failed: 0, first_failure: None })
    }

    fn note(&mut self, since: Instant, result: anyhow::Result<()>) {
        match result {
            Ok(()) => {
                let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.latencies.saturating_record(micros.max(1));
            }
            Err(error) => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
}

impl Outcome {
    /// Answers a second.
    pub(crate) fn per_second(&self) -> f64 {
        as_f64(self.tally.latencies.len()) / self.elapsed.as_secs_f64()
    }

    /// Answers a second of the server's processor time.
    pub(crate) fn per_processor_second(&self) -> f64 {
        as_f64(self.tally.latencies.len()) / self.processor.as_secs_f64().max(0.01)
    }

    /// A quantile of the latencies, in milliseconds.
    pub(crate) fn quantile_ms(&self, quantile: f64) -> f64 {
        as_f64(self.tally.latencies.value_at_quantile(quantile)) / 1_000.0
    }

    /// Operations that were refused or had no answer in time.
    pub(crate) const fn failed(&self) -> u64 {
        self.tally.failed
    }
}

/// Sends `rate` operations a second until `total` are sent, then waits for their answers.
pub(crate) async fn open_loop<Op, Answer>(
    rate: u64,
    total: u64,
    watched: Watched,
    op: Op,
) -> anyhow::Result<Outcome>
where
    Op: Fn(u64) -> Answer,
    Answer: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let tally = Arc::new(Mutex::new(Tally::new()?));
    let room = Arc::new(Semaphore::new(usize::try_from(IN_FLIGHT_MAX)?));
    let processor = watched.processor_time()?;
    let started = Instant::now();
    let mut sent = 0;
    let mut tick: u32 = 0;
    while sent < total {
        let due_at = started + TICK * tick;
        tokio::time::sleep_until(due_at).await;
        let due = (u64::from(tick) + 1) * rate / 1_000;
        while sent < due.min(total) {
            let place = Arc::clone(&room).acquire_owned().await?;
            let tally = Arc::clone(&tally);
            let answer = op(sent);
            tokio::spawn(async move {
                let result = in_time(answer).await;
                tally.lock().note(due_at, result);
                drop(place);
            });
            sent += 1;
        }
        tick += 1;
    }
    drop(room.acquire_many(IN_FLIGHT_MAX).await?);
    finish(&tally, started, processor, watched)
}

/// Keeps a fixed number of operations on their way until `total` are answered or
/// `at_most` has passed: the highest rate that the server and this load reach.
pub(crate) async fn closed_loop<Op, Answer>(
    total: u64,
    at_most: Duration,
    watched: Watched,
    op: Op,
) -> anyhow::Result<Outcome>
where
    Op: Fn(u64) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let tally = Arc::new(Mutex::new(Tally::new()?));
    let op = Arc::new(op);
    let processor = watched.processor_time()?;
    let started = Instant::now();
    let mut workers = JoinSet::new();
    for worker in 0..CLOSED_IN_FLIGHT.min(total) {
        let (tally, op) = (Arc::clone(&tally), Arc::clone(&op));
        workers.spawn(async move {
            let mut next = worker;
            while next < total && started.elapsed() < at_most {
                let sent = Instant::now();
                let result = in_time(op(next)).await;
                tally.lock().note(sent, result);
                next += CLOSED_IN_FLIGHT;
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.context("a worker of the closed loop")?;
    }
    finish(&tally, started, processor, watched)
}

async fn in_time(answer: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::time::timeout(PATIENCE, answer).await.context("no answer in time")?
}

fn finish(
    tally: &Mutex<Tally>,
    started: Instant,
    processor: Duration,
    watched: Watched,
) -> anyhow::Result<Outcome> {
    let elapsed = started.elapsed();
    let processor = watched.processor_time()?.saturating_sub(processor);
    let tally = std::mem::replace(&mut *tally.lock(), Tally::new()?);
    if let Some(failure) = &tally.first_failure {
        eprintln!("{} operations failed, the first: {failure}", tally.failed);
    }
    Ok(Outcome { tally, elapsed, processor })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Watched {
        Watched::new(std::process::id())
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_charged_to_everything_that_was_due() {
        let stalled_until = Instant::now() + Duration::from_secs(1);
        let outcome = open_loop(1_000, 1_000, own(), |_| async move {
            tokio::time::sleep_until(stalled_until).await;
            Ok(())
        })
        .await
        .unwrap();
        let median = outcome.quantile_ms(0.5);
        assert!((400.0..600.0).contains(&median), "{median}");
        assert_eq!(outcome.failed(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_is_kept_whatever_the_answers_do() {
        let outcome = open_loop(500, 1_000, own(), |_| async { Ok(()) }).await.unwrap();
        let rate = outcome.per_second();
        assert!((495.0..505.0).contains(&rate), "{rate}");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_and_silence_are_counted_and_not_timed() {
        let outcome = open_loop(1_000, 10, own(), |index| async move {
            match index {
                0 => anyhow::bail!("refused"),
                1 => std::future::pending().await,
                _ => Ok(()),
            }
        })
        .await
        .unwrap();
        assert_eq!(outcome.failed(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_closed_loop_does_every_operation_once() {
        let seen = Arc::new(Mutex::new(vec![0; 1_000]));
        let seen_by_op = Arc::clone(&seen);
        closed_loop(1_000, Duration::from_secs(60), own(), move |index| {
            let seen = Arc::clone(&seen_by_op);
            async move {
                seen.lock()[usize::try_from(index)?] += 1;
                Ok(())
            }
        })
        .await
        .unwrap();
        assert!(seen.lock().iter().all(|count| *count == 1));
    }
}
