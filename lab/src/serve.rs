//! The server: HTTP/1.1 on one thread.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use clap::ValueEnum;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use seawall_guard::signal::{
    CanaryThread, OsFiles, SchedDelay, SignalSettings, SystemSignal, Ticker,
};
use seawall_guard::tower::GuardLayer;
use seawall_guard::{Guard, GuardSettings, MonotonicClock};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::service_fn;
use tower_layer::Layer as _;

use crate::work::Work;

type Answer = Result<Response<Full<Bytes>>, Infallible>;

/// What stands in front of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protection {
    /// Nothing
    None,
    /// So many at once
    Cap,
    /// `Guard::server`: a shedder, and the caller's deadline
    Guard,
}

/// What the work is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The processor
    Cpu,
    /// A backend that is waited for
    Io,
}

/// A server to start.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where on loopback
    #[arg(long)]
    port: u16,
    #[arg(long, value_enum)]
    protection: Protection,
    #[arg(long, value_enum)]
    work: Kind,
    /// How long a request takes when it is alone
    #[arg(long)]
    work_us: u64,
    /// Places in the backend
    #[arg(long, default_value_t = 32)]
    pool: usize,
    /// Requests at once where there is a cap
    #[arg(long, default_value_t = 16)]
    cap: usize,
    /// After so many seconds it ends by itself
    #[arg(long)]
    seconds: u64,
}

/// Serves until its time is over.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    // Looks for new requests after every few slices of work, as a server does whose
    // threads the system takes turns with.
    let runtime =
        tokio::runtime::Builder::new_current_thread().event_interval(4).enable_all().build()?;
    runtime.block_on(async {
        let served = serve(args);
        tokio::time::timeout(Duration::from_secs(args.seconds), served).await.unwrap_or(Ok(()))
    })
}

async fn serve(args: &Args) -> anyhow::Result<()> {
    let time = Duration::from_micros(args.work_us);
    let work = Arc::new(match args.work {
        Kind::Cpu => Work::cpu(time),
        Kind::Io => Work::io(time, args.pool),
    });
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.context("binding the port")?;
    match args.protection {
        Protection::None => unprotected(listener, work).await,
        Protection::Cap => capped(listener, work, args.cap).await,
        Protection::Guard => guarded(listener, work).await,
    }
}

/// Work that nobody can stop once it has begun, as on a pool of threads.
async fn unprotected(listener: TcpListener, work: Arc<Work>) -> anyhow::Result<()> {
    loop {
        let stream = accept(&listener).await?;
        let work = Arc::clone(&work);
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let work = Arc::clone(&work);
            async move {
                read(request).await;
                tokio::spawn(async move { work.run().await }).await.ok();
                done()
            }
        });
        tokio::spawn(http().serve_connection(TokioIo::new(stream), service));
    }
}

/// The same, so many at once.
async fn capped(listener: TcpListener, work: Arc<Work>, cap: usize) -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(cap));
    loop {
        let stream = accept(&listener).await?;
        let (work, places) = (Arc::clone(&work), Arc::clone(&places));
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let (work, place) = (Arc::clone(&work), Arc::clone(&places).try_acquire_owned());
            async move {
                let Ok(place) = place else { return refused() };
                read(request).await;
                let run = async move {
                    work.run().await;
                    drop(place);
                };
                tokio::spawn(run).await.ok();
                done()
            }
        });
        tokio::spawn(http().serve_connection(TokioIo::new(stream), service));
    }
}

/// The crate's own layer: it refuses before the body is read, and drops the work when
/// the caller, who says so in a header, has stopped waiting.
async fn guarded(listener: TcpListener, work: Arc<Work>) -> anyhow::Result<()> {
    let (clock, system) = (MonotonicClock::new(), Arc::new(SystemSignal::new()));
    let settings = SignalSettings::default();
    let delay = Arc::new(SchedDelay::new(&settings));
    let _canary = CanaryThread::start(Arc::clone(&delay), clock.clone())?;
    let delays = vec![delay];
    let files = OsFiles::default();
    let _ticker = Ticker::start(settings, clock.clone(), files, Arc::clone(&system), delays)?;
    let guard = Guard::builder("POST /work")
        .settings(GuardSettings::server())
        .clock(Arc::new(clock))
        .system(system)
        .build()?;
    let layer = GuardLayer::http(Arc::new(guard)).trusting();
    loop {
        let stream = accept(&listener).await?;
        let work = Arc::clone(&work);
        let service = layer.layer(service_fn(move |request: Request<Incoming>| {
            let work = Arc::clone(&work);
            async move {
                read(request).await;
                work.run().await;
                done()
            }
        }));
        let service = TowerToHyperService::new(service);
        tokio::spawn(http().serve_connection(TokioIo::new(stream), service));
    }
}

async fn accept(listener: &TcpListener) -> anyhow::Result<TcpStream> {
    let (stream, _) = listener.accept().await.context("accepting")?;
    stream.set_nodelay(true).context("setting no delay")?;
    Ok(stream)
}

fn http() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    builder
}

async fn read(request: Request<Incoming>) {
    // A caller who went away while sending has no use for an answer.
    request.into_body().collect().await.ok();
}

fn done() -> Answer {
    Ok(Response::new(Full::from("done\n")))
}

fn refused() -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    Ok(answer)
}
