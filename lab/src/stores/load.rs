//! What calls the service: two open loops.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::{Call, Client};
use super::service::Service;
use super::trial::{Times, Trial};
use crate::load::until_next;

/// Requests a second that call the store, and that have nothing to do with it.
pub(crate) const CALLS: f64 = 200.0;
const OTHER_WORK: f64 = 100.0;

/// Sends requests at their paces until the trial is over, and waits for their ends.
pub(crate) async fn run<C: Client>(
    service: &Arc<Service<C>>,
    trial: Trial,
    times: Times,
    began: Instant,
) {
    let calls = send(CALLS, 1, times.whole(), began, |number, at| {
        let with_wrong = trial == Trial::WrongCalls && times.is_during(at);
        let (service, call) = (Arc::clone(service), Call::numbered(number, with_wrong));
        async move { service.call(call, began + at).await }
    });
    let other_work = send(OTHER_WORK, 2, times.whole(), began, |_, at| {
        let service = Arc::clone(service);
        async move { service.work(began + at).await }
    });
    tokio::join!(calls, other_work);
}

/// A Poisson process: the times at which requests are meant to be sent.
async fn send<F: Future<Output = ()> + Send + 'static>(
    rate: f64,
    seed: u64,
    lasts: Duration,
    began: Instant,
    request: impl Fn(u32, Duration) -> F,
) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut requests = JoinSet::new();
    let mut at = until_next(&mut random, rate);
    for number in 0.. {
        if at >= lasts {
            break;
        }
        sleep_until(began + at).await;
        requests.spawn(request(number, at));
        while requests.try_join_next().is_some() {}
        at += until_next(&mut random, rate);
    }
    while requests.join_next().await.is_some() {}
}
