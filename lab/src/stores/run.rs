//! One trial of one store, with a guard and without at the same time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use mysql_async::Pool;
use redis::aio::ConnectionManager;
use seawall_guard::breaker::State;
use seawall_guard::io::Guards;
use seawall_guard::time::TokioTimer;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use super::client::{Client, Servers};
use super::line::Delay;
use super::load;
use super::measured::{Counted, Measured};
use super::proxy::{Fault, Proxy};
use super::service::{Directory, Service};
use super::side::{self, Flights};
use super::stand_in::StandIn;
use super::trial::{Times, Trial};

/// How long an answer is on its way, as between two zones.
const WAY: Duration = Duration::from_millis(2);

/// How many times as long when it is slow.
const SLOWER: u32 = 50;

/// Until both sides are ready.
const PREPARATION: Duration = Duration::from_millis(250);

/// How often a breaker is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    /// MariaDB or MySQL, where root needs no password
    Mysql,
    /// Redis, the other one of which is a replica
    Redis,
    /// The stand-in for MongoDB, which is started here
    Mongo,
}

/// What to try on which store.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_enum)]
    store: Store,
    #[arg(long, value_enum)]
    trial: Trial,
    /// The server, on loopback
    #[arg(long, requires = "other")]
    primary: Option<SocketAddr>,
    /// The one that takes its place
    #[arg(long, requires = "primary")]
    other: Option<SocketAddr>,
    /// How long all is well
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    before_ms: u64,
    /// How long it is not
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    during_ms: u64,
    /// How long all is well again
    #[arg(long, default_value_t = 8_000, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    after_ms: u64,
}

/// Both sides, as they are printed.
#[derive(Debug, Serialize)]
struct Sides {
    guarded: Measured,
    control: Measured,
}

/// Runs the trial and prints a line of JSON.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let sides = runtime.block_on(async {
        match args.store {
            Store::Mysql => both::<Pool>(args, servers(args)?).await,
            Store::Redis => both::<ConnectionManager>(args, servers(args)?).await,
            Store::Mongo => {
                let (primary, other) = (StandIn::start().await?, StandIn::start().await?);
                let servers = Servers { primary: primary.address(), other: other.address() };
                both::<mongodb::Client>(args, servers).await
            }
        }
    })?;
    println!("{}", serde_json::to_string(&sides)?);
    Ok(())
}

fn servers(args: &Args) -> anyhow::Result<Servers> {
    let (Some(primary), Some(other)) = (args.primary, args.other) else {
        bail!("two servers are needed: --primary and --other");
    };
    let servers = Servers { primary, other };
    if let Some(away) = servers.both().into_iter().find(|server| !server.ip().is_loopback()) {
        bail!("{away} is not on loopback");
    }
    Ok(servers)
}

/// What both sides know of a trial.
#[derive(Debug, Clone)]
struct Plan {
    trial: Trial,
    times: Times,
    servers: Servers,
    has_moved: Arc<AtomicBool>,
    began: Instant,
}

/// Each side has a thread of its own, so that neither waits for the other.
async fn both<C: Client>(args: &Args, servers: Servers) -> anyhow::Result<Sides> {
    C::prepare(servers).await?;
    let millis = Duration::from_millis;
    let times = Times {
        before: millis(args.before_ms),
        during: millis(args.during_ms),
        after: millis(args.after_ms),
    };
    let plan = Plan {
        trial: args.trial,
        times,
        servers,
        has_moved: Arc::default(),
        began: Instant::now() + PREPARATION,
    };
    let guarded = on_a_thread::<C>(plan.clone(), true);
    let control = on_a_thread::<C>(plan.clone(), false);
    if args.trial == Trial::Failover {
        sleep_until(plan.began + times.before).await;
        C::fail_over(servers).await?;
        plan.has_moved.store(true, Ordering::Relaxed);
    }
    let guarded = guarded.await.context("the guarded side ended early")??;
    let control = control.await.context("the control ended early")??;
    Ok(Sides { guarded, control })
}

fn on_a_thread<C: Client>(
    plan: Plan,
    is_guarded: bool,
) -> oneshot::Receiver<anyhow::Result<Measured>> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let measured = runtime
            .context("starting a runtime")
            .and_then(|runtime| on_a_runtime::<C>(runtime, plan, is_guarded));
        sender.send(measured).ok();
    });
    receiver
}

fn on_a_runtime<C: Client>(
    runtime: Runtime,
    plan: Plan,
    is_guarded: bool,
) -> anyhow::Result<Measured> {
    let measured = runtime.block_on(one::<C>(plan, is_guarded));
    // A client that is dropped may still wait for a server that is gone.
    runtime.shutdown_background();
    measured
}

/// One side.
async fn one<C: Client>(plan: Plan, is_guarded: bool) -> anyhow::Result<Measured> {
    let Plan { trial, times, servers, has_moved, began } = plan;
    let delay = Delay { well: WAY, slow: SLOWER * WAY };
    let primary = Proxy::start(servers.primary, delay).await?;
    let other = Proxy::start(servers.other, delay).await?;
    let neighbour = Proxy::start(servers.primary, delay).await?;
    let directory = Directory { primary: primary.address(), other: other.address(), has_moved };
    let timer = TokioTimer::new();
    let guards = is_guarded.then(|| side::guards(&timer)).transpose()?;
    let fronts = guards.clone().map(|guards| (guards, timer));
    let service = Service::<C>::new(directory, fronts, neighbour.address(), began).await?;
    let service = Arc::new(service);
    anyhow::ensure!(Instant::now() < began, "the trial began before its sides were ready");
    let load = load::run(&service, trial, times, began);
    let faults = break_and_mend(&primary, &service.flights, trial, times, began);
    let opened = opened(guards.as_ref(), began + times.before, began + times.whole());
    let ((), mut counted, opened) = tokio::join!(load, faults, opened);
    counted.opened = opened;
    counted.connections += other.accepted();
    counted.changes = guards.iter().map(changes).sum();
    let (calls, other_work) = service.take();
    Ok(Measured::of(times, &calls, &other_work, counted))
}

/// Breaks the proxy, mends it, and counts meanwhile.
async fn break_and_mend(
    proxy: &Proxy,
    flights: &Flights,
    trial: Trial,
    times: Times,
    began: Instant,
) -> Counted {
    sleep_until(began + times.before).await;
    let accepted = proxy.accepted();
    flights.look();
    proxy.set(trial.fault());
    sleep_until(began + Counted::noticed(times)).await;
    let begun = flights.begun();
    sleep_until(began + times.before + times.during).await;
    let (in_flight_max, reached) = (flights.most(), flights.begun() - begun);
    proxy.set(Fault::None);
    sleep_until(began + times.whole()).await;
    let connections = proxy.accepted() - accepted;
    Counted { in_flight_max, reached, connections, ..Counted::default() }
}

/// How long after `broke` the breaker was first open.
async fn opened(guards: Option<&Guards>, broke: Instant, end: Instant) -> Option<Duration> {
    let breaker = &guards?.breaker;
    while Instant::now() < end {
        if matches!(breaker.state(), State::Open | State::HalfOpen) {
            return Some(broke.elapsed());
        }
        sleep(LOOK).await;
    }
    None
}

fn changes(guards: &Guards) -> u64 {
    guards.breaker.status().transitions + guards.writes.status().transitions
}
