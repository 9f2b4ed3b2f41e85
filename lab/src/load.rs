//! The generator: an open loop, on one thread.
//!
//! Every request has a time at which it is meant to be sent, and its latency counts from
//! there: a server that stalls is charged for everything that had to wait (no coordinated
//! omission). The times are those of a Poisson process, so bursts come as they do.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::StatusCode;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::connections::{Connections, NoStatus};
use crate::sample::{End, Sample};
use crate::step::Step;

/// Which load to put on which server.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server, on loopback
    #[arg(long)]
    server: SocketAddr,
    /// How long each request waits for its answer
    #[arg(long, default_value_t = 300)]
    patience_ms: u64,
    /// Connections at once, at most
    #[arg(long, default_value_t = 1_024)]
    connections: usize,
    /// Where random times begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instead of steps: so many requests on their way at once, for so many seconds
    #[arg(long, value_name = "AT_ONCE:SECONDS", conflicts_with = "step")]
    closed: Option<Pair>,
    /// A pace, and for how long; one after the other
    #[arg(long, value_name = "PER_SECOND:SECONDS")]
    step: Vec<Pair>,
}

/// Two numbers with a colon between them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair {
    amount: f64,
    lasts: Duration,
}

impl FromStr for Pair {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (amount, seconds) = text.split_once(':').context("two numbers, A:SECONDS")?;
        let (amount, seconds): (f64, f64) = (amount.parse()?, seconds.parse()?);
        if !(0.1..=100_000.0).contains(&amount) || !(0.1..=600.0).contains(&seconds) {
            bail!("from 0.1 to 100,000, and from 0.1 to 600 seconds");
        }
        Ok(Self { amount, lasts: Duration::from_secs_f64(seconds) })
    }
}

/// What all requests share.
#[derive(Debug)]
struct Shared {
    connections: Connections,
    patience: Duration,
}

/// Puts the load on and prints a line of JSON a step.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if !args.server.ip().is_loopback() {
        bail!("{} is not on loopback", args.server);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let patience = Duration::from_millis(args.patience_ms);
    let connections = Connections::new(args.server, args.connections, args.patience_ms);
    let shared = Arc::new(Shared { connections, patience });
    let steps = runtime.block_on(async {
        match args.closed {
            Some(closed) => closed_loop(&shared, closed).await.map(|step| vec![step]),
            None => open_loop(&shared, &args.step, args.seed).await,
        }
    })?;
    for step in steps {
        println!("{}", serde_json::to_string(&step)?);
    }
    Ok(())
}

/// Keeps the paces one after the other, without a pause.
async fn open_loop(shared: &Arc<Shared>, steps: &[Pair], seed: u64) -> anyhow::Result<Vec<Step>> {
    let mut random = StdRng::seed_from_u64(seed);
    let samples = Arc::new(Mutex::new(vec![Vec::new(); steps.len()]));
    let mut requests = JoinSet::new();
    let mut began = Instant::now();
    for (number, step) in steps.iter().enumerate() {
        let mut at = Duration::ZERO;
        loop {
            at += until_next(&mut random, step.amount);
            if at >= step.lasts {
                break;
            }
            let meant = began + at;
            sleep_until(meant).await;
            let (shared, samples) = (Arc::clone(shared), Arc::clone(&samples));
            requests.spawn(async move {
                let end = ask(&shared, meant).await;
                let sample = Sample { at, took: meant.elapsed(), end };
                if let Some(step) = samples.lock().get_mut(number) {
                    step.push(sample);
                }
            });
            while requests.try_join_next().is_some() {}
        }
        began += step.lasts;
    }
    while requests.join_next().await.is_some() {}
    let samples = std::mem::take(&mut *samples.lock());
    let summed = steps.iter().zip(&samples);
    Ok(summed.map(|(step, samples)| Step::of(step.amount, step.lasts, samples)).collect())
}

/// How long until the next request of a Poisson process.
pub(crate) fn until_next(random: &mut StdRng, rate: f64) -> Duration {
    let draw: f64 = random.random_range(f64::EPSILON..1.0);
    Duration::from_secs_f64(-draw.ln() / rate)
}

/// As fast as answers come: what the server can do at most.
async fn closed_loop(shared: &Arc<Shared>, closed: Pair) -> anyhow::Result<Step> {
    let samples = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    let mut workers = JoinSet::new();
    let mut started = 0.0;
    while started < closed.amount {
        started += 1.0;
        let (shared, samples) = (Arc::clone(shared), Arc::clone(&samples));
        workers.spawn(async move {
            while began.elapsed() < closed.lasts {
                let meant = Instant::now();
                let end = ask(&shared, meant).await;
                let sample = Sample { at: meant - began, took: meant.elapsed(), end };
                samples.lock().push(sample);
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.context("a worker of the closed loop")?;
    }
    let samples = std::mem::take(&mut *samples.lock());
    Ok(Step::of(closed.amount, closed.lasts, &samples))
}

/// One request, from the time at which it was meant to be sent.
async fn ask(shared: &Shared, meant: Instant) -> End {
    match timeout_at(meant + shared.patience, shared.connections.ask()).await {
        Err(_) => End::Abandoned,
        Ok(Ok(StatusCode::OK)) => End::Good,
        Ok(Ok(StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)) => End::Refused,
        // The server gave up at the deadline that it had been told.
        Ok(Ok(StatusCode::GATEWAY_TIMEOUT)) => End::Abandoned,
        Ok(Err(NoStatus::Full)) => End::Unsent,
        Ok(Ok(_) | Err(NoStatus::Broken)) => End::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_two_numbers_in_their_ranges() {
        let pace: Pair = "250.5:10".parse().unwrap();
        assert_eq!((pace.amount, pace.lasts), (250.5, Duration::from_secs(10)));
        for bad in ["250", "0:10", "250:0", "250:601", "a:b", "NaN:1"] {
            assert!(bad.parse::<Pair>().is_err(), "{bad}");
        }
    }

    #[test]
    fn requests_come_at_their_rate() {
        let mut random = StdRng::seed_from_u64(1);
        let took: Duration = (0..10_000).map(|_| until_next(&mut random, 100.0)).sum();
        assert!((95.0..105.0).contains(&took.as_secs_f64()), "{took:?}");
    }

    #[test]
    fn a_server_elsewhere_is_refused() {
        let server = SocketAddr::from(([192, 0, 2, 1], 80));
        let args = Args {
            server,
            patience_ms: 1,
            connections: 1,
            seed: 1,
            closed: None,
            step: Vec::new(),
        };
        assert!(run(&args).is_err());
    }
}
