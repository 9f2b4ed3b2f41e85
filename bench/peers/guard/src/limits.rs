//! Limits: governor's, and tower's around a service that answers at once.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    hint::black_box,
    num::NonZeroU32,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

use governor::{Quota, RateLimiter};
use tower::{
    Service,
    limit::{ConcurrencyLimit, RateLimit, rate::Rate},
    load_shed::LoadShed,
    retry::budget::{Budget as _, TpsBudget},
    service_fn,
};

use crate::timing::{Row, measure};

fn answer(number: u64) -> Ready<Result<u64, Infallible>> {
    ready(Ok(number))
}

/// Asks a service that is ready and answers at once.
fn call<S: Service<u64>>(service: &mut S, number: u64) {
    let mut context = Context::from_waker(Waker::noop());
    if service.poll_ready(&mut context).is_ready() {
        let future = pin!(service.call(black_box(number)));
        if let Poll::Ready(answer) = future.poll(&mut context) {
            black_box(answer.is_ok());
        }
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = of_governor();
    rows.extend(of_tower());
    rows
}

/// Reads the clock itself, as it does by default.
fn of_governor() -> Vec<Row> {
    let most = NonZeroU32::MAX;
    let passing = RateLimiter::direct(Quota::per_second(most).allow_burst(most));
    let refusing = RateLimiter::direct(Quota::per_hour(NonZeroU32::MIN));
    let keyed = RateLimiter::dashmap(Quota::per_second(most).allow_burst(most));
    let key_of = |number: u64| number.wrapping_mul(7_919) % 10_000;
    vec![
        measure("governor 0.10.4, direct, passes", None, |_| {
            black_box(passing.check()).ok();
        }),
        measure("governor 0.10.4, direct, refuses", None, |_| {
            black_box(refusing.check()).ok();
        }),
        measure("governor 0.10.4, keyed, 10,000 numbers", None, |number| {
            black_box(keyed.check_key(black_box(&key_of(number)))).ok();
        }),
    ]
}

/// A server clones its layered service for every connection or request, so a limit that
/// is shared is cloned; a rate limit cannot be and goes behind a lock.
fn of_tower() -> Vec<Row> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        return Vec::new();
    };
    let _entered = runtime.enter();
    let concurrency = ConcurrencyLimit::new(service_fn(answer), 1_000);
    let shedding = LoadShed::new(concurrency.clone());
    let rate = RateLimit::new(service_fn(answer), Rate::new(u64::MAX, Duration::from_secs(3_600)));
    let rate = Mutex::new(rate);
    let budget = TpsBudget::default();
    vec![
        measure("tower 0.5.3, ConcurrencyLimit, cloned", None, |number| {
            call(&mut concurrency.clone(), number);
        }),
        measure("tower 0.5.3, LoadShed over it, cloned", None, |number| {
            call(&mut shedding.clone(), number);
        }),
        measure("tower 0.5.3, RateLimit in a mutex", None, |number| {
            if let Ok(mut rate) = rate.lock() {
                call(&mut *rate, number);
            }
        }),
        measure("tower 0.5.3, retry budget, a request", None, |_| {
            black_box(&budget).deposit();
        }),
    ]
}
