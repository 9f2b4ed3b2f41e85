//! Every interleaving of a few threads, tried by `loom`:
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p seawall-guard --release --lib limit::tests`
//!
//! No window ends in these: collecting one reads more atomics than a model can hold.

use std::{
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake},
};

use loom::{
    model,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use super::super::{Acquire, ConcurrencyLimit, LimitSettings, QueueSettings, gate::Gate};
use crate::{admit::Outcome, time::Instant};

/// Of `limit` places; `inside` counts by other means.
fn enter_and_leave(gate: &Gate, inside: &AtomicU32, limit: u32) {
    if gate.try_enter(u32::MAX) {
        assert!(inside.fetch_add(1, Ordering::SeqCst) < limit);
        inside.fetch_sub(1, Ordering::SeqCst);
        gate.leave();
    }
}

#[test]
fn no_more_enter_than_the_limit() {
    model(|| {
        let shared = Arc::new((Gate::new(1), AtomicU32::new(0)));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || enter_and_leave(&shared.0, &shared.1, 1))
            })
            .collect();
        enter_and_leave(&shared.0, &shared.1, 1);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(shared.0.in_flight(), 0);
    });
}

#[test]
fn whoever_finds_room_is_admitted() {
    // Given room for both, Then neither is refused because of the other.
    model(|| {
        let gate = Arc::new(Gate::new(2));
        let other = gate.clone();
        let thread = thread::spawn(move || assert!(other.try_enter(u32::MAX)));
        assert!(gate.try_enter(u32::MAX));
        thread.join().unwrap();
        assert_eq!((gate.in_flight(), gate.take_peak()), (2, 2));
    });
}

#[test]
fn once_a_limit_is_lower_nobody_enters_above_it() {
    model(|| {
        let gate = Arc::new(Gate::new(3));
        assert!(gate.try_enter(u32::MAX));
        let other = gate.clone();
        let thread = thread::spawn(move || other.try_enter(u32::MAX));
        gate.set_limit(1);
        assert!(!gate.try_enter(u32::MAX), "one is in flight, at least");
        let entered = thread.join().unwrap();
        assert_eq!((gate.in_flight(), gate.limit()), (1 + u32::from(entered), 1));
    });
}

struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn queued(limit: u32) -> Arc<ConcurrencyLimit> {
    let queue = QueueSettings { share: 1.0, ..QueueSettings::default() };
    let settings = LimitSettings { queue, ..LimitSettings::fixed(limit) };
    Arc::new(ConcurrencyLimit::new(&settings, Instant::START).unwrap())
}

fn poll(acquire: &mut Acquire, wakes: &Arc<Wakes>) -> bool {
    let polled = Pin::new(acquire).poll(&mut Context::from_waker(&wakes.clone().into()));
    match polled {
        Poll::Ready(permit) => {
            permit.unwrap().finish(Instant::START, Outcome::Success);
            true
        }
        Poll::Pending => false,
    }
}

#[test]
fn whoever_waits_is_woken_when_the_last_one_leaves() {
    model(|| {
        let limit = queued(1);
        let held = limit.try_acquire_owned(Instant::START).unwrap();
        let thread = thread::spawn(move || drop(held));
        let wakes = Arc::new(Wakes(AtomicU32::new(0)));
        let mut acquire = limit.acquire(Instant::START);
        let was_ready = poll(&mut acquire, &wakes);
        thread.join().unwrap();
        if !was_ready {
            assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
            assert!(poll(&mut acquire, &wakes));
        }
        assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
    });
}

#[test]
fn whoever_stops_waiting_as_they_are_admitted_leaves_nothing() {
    model(|| {
        let limit = queued(1);
        let held = limit.try_acquire_owned(Instant::START).unwrap();
        let acquire = limit.acquire(Instant::START);
        let thread = thread::spawn(move || drop(held));
        drop(acquire);
        thread.join().unwrap();
        assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
        assert!(limit.try_acquire(Instant::START).is_ok());
    });
}
