//! A service that calls a store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use seawall_guard::io::{Guarded, Guards};
use seawall_guard::time::TokioTimer;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::client::{Call, Client};
use super::side::{Ended, Flights, Side};
use crate::sample::{End, Sample};

/// Requests at once, whatever they call: a service has so many threads, or so much
/// memory, and what hangs in one store is missing everywhere else.
const PLACES: usize = 128;

/// How long a request waits for its answer, from when it was meant to be sent.
const PATIENCE: Duration = Duration::from_secs(1);

/// One call of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called {
    /// From the beginning of the trial.
    pub(crate) sample: Sample,
    /// What was asked.
    pub(crate) call: Call,
    /// Whether it was told to ask another server.
    pub(crate) is_elsewhere: bool,
    /// Whether it was the other server that was asked.
    pub(crate) has_moved: bool,
}

/// Where the store is.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    /// At first.
    pub(crate) primary: SocketAddr,
    /// After a failover.
    pub(crate) other: SocketAddr,
    /// Whether there was one.
    pub(crate) has_moved: Arc<AtomicBool>,
}

/// The service.
pub(crate) struct Service<C: Client> {
    places: Semaphore,
    directory: Directory,
    guards: Option<(Guards, TokioTimer)>,
    store: Mutex<Store<C>>,
    moving: tokio::sync::Mutex<()>,
    neighbour: C,
    began: Instant,
    /// What reaches the store.
    pub(crate) flights: Flights,
    calls: Mutex<Vec<Called>>,
    other_work: Mutex<Vec<Sample>>,
}

struct Store<C: Client> {
    side: Arc<Side<C>>,
    has_moved: bool,
}

impl<C: Client> Service<C> {
    /// A service whose requests call the store, guarded or not, or a `neighbour`.
    pub(crate) async fn new(
        directory: Directory,
        guards: Option<(Guards, TokioTimer)>,
        neighbour: SocketAddr,
        began: Instant,
    ) -> anyhow::Result<Self> {
        let side = Arc::new(side(C::connect(directory.primary).await?, &guards));
        Ok(Self {
            places: Semaphore::new(PLACES),
            directory,
            guards,
            store: Mutex::new(Store { side, has_moved: false }),
            moving: tokio::sync::Mutex::new(()),
            neighbour: C::connect(neighbour).await?,
            began,
            flights: Flights::default(),
            calls: Mutex::default(),
            other_work: Mutex::default(),
        })
    }

    /// A request that calls the store.
    pub(crate) async fn call(&self, call: Call, meant: Instant) {
        let (side, has_moved) = {
            let store = self.store.lock();
            (Arc::clone(&store.side), store.has_moved)
        };
        let until = meant + PATIENCE;
        let ended = match timeout_at(until, self.places.acquire()).await {
            Ok(place) => {
                let ended = side.call(call, until, &self.flights).await;
                drop(place);
                ended
            }
            Err(_) => Ended { end: End::Abandoned, is_elsewhere: false },
        };
        let (sample, is_elsewhere) = (self.sample(meant, ended.end), ended.is_elsewhere);
        self.calls.lock().push(Called { sample, call, is_elsewhere, has_moved });
        if is_elsewhere {
            self.look_up(&side).await;
        }
    }

    /// A request that has nothing to do with the store.
    pub(crate) async fn work(&self, meant: Instant) {
        let asked = async {
            let _place = self.places.acquire().await;
            self.neighbour.run(Call::Read).await
        };
        let end = match timeout_at(meant + PATIENCE, asked).await {
            Ok(Ok(())) => End::Good,
            Ok(Err(_)) => End::Failed,
            Err(_) => End::Abandoned,
        };
        let sample = self.sample(meant, end);
        self.other_work.lock().push(sample);
    }

    /// All calls of the store, and all other work, in the order in which they were meant.
    pub(crate) fn take(&self) -> (Vec<Called>, Vec<Sample>) {
        let mut calls = std::mem::take(&mut *self.calls.lock());
        let mut other_work = std::mem::take(&mut *self.other_work.lock());
        calls.sort_unstable_by_key(|called| called.sample.at);
        other_work.sort_unstable_by_key(|sample| sample.at);
        (calls, other_work)
    }

    /// Looks up where the store is and asks there from then on. One does, for all who
    /// were told that it is no longer where `seen` is.
    async fn look_up(&self, seen: &Arc<Side<C>>) {
        let Ok(_moving) = self.moving.try_lock() else { return };
        let is_news = Arc::ptr_eq(&self.store.lock().side, seen);
        if !is_news || !self.directory.has_moved.load(Ordering::Relaxed) {
            return;
        }
        // Who is told so next tries again.
        if let Ok(client) = C::connect(self.directory.other).await {
            let side = Arc::new(side(client, &self.guards));
            *self.store.lock() = Store { side, has_moved: true };
        }
    }

    fn sample(&self, meant: Instant, end: End) -> Sample {
        Sample { at: meant - self.began, took: meant.elapsed(), end }
    }
}

fn side<C: Client>(client: C, guards: &Option<(Guards, TokioTimer)>) -> Side<C> {
    match guards {
        None => Side::Plain(client),
        Some((guards, timer)) => {
            let classifier = C::Classifier::default();
            let guarded = Guarded::new(client, classifier, timer.clone(), guards.clone());
            Side::Guarded(Box::new(guarded))
        }
    }
}
