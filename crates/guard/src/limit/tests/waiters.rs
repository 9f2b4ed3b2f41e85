//! Those who wait for a place: nobody is forgotten, and whoever goes leaves nothing.

use std::{
    future::Future as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use proptest::prelude::*;

use super::super::{Acquire, ConcurrencyLimit, LimitSettings, Permit, QueueSettings};
use crate::{
    admit::{Outcome, Rejected, Rejection},
    time::Instant,
};

type Answer = Poll<Result<Permit<Arc<ConcurrencyLimit>>, Rejection>>;

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

/// As many may wait as may be in flight.
fn settings(limit: u32) -> LimitSettings {
    let queue = QueueSettings { share: 1.0, ..QueueSettings::default() };
    LimitSettings { queue, ..LimitSettings::fixed(limit) }
}

fn queued(limit: u32) -> Arc<ConcurrencyLimit> {
    Arc::new(ConcurrencyLimit::new(&settings(limit), Instant::START).unwrap())
}

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll_with(acquire: &mut Acquire, wakes: &Arc<Wakes>) -> Answer {
    Pin::new(acquire).poll(&mut Context::from_waker(&wakes.clone().into()))
}

fn poll(acquire: &mut Acquire) -> Answer {
    Pin::new(acquire).poll(&mut Context::from_waker(Waker::noop()))
}

fn permit(answer: Answer) -> Permit<Arc<ConcurrencyLimit>> {
    match answer {
        Poll::Ready(Ok(permit)) => permit,
        other => panic!("{other:?}"),
    }
}

fn rejected(answer: Answer) -> Rejected {
    match answer {
        Poll::Ready(Err(rejection)) => rejection.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_place_that_is_given_back_is_the_waiters_and_they_are_woken() {
    // Given one in flight and one who waits
    let (limit, wakes) = (queued(1), Arc::default());
    let first = permit(poll(&mut limit.acquire(at(0))));
    let mut second = limit.acquire(at(1));
    assert!(poll_with(&mut second, &wakes).is_pending());
    assert_eq!((limit.in_flight(), limit.waiting()), (1, 1));
    // When the place is given back, Then it is theirs from that moment on.
    first.finish(at(7), Outcome::Success);
    assert_eq!((limit.in_flight(), limit.waiting(), wakes.0.load(Ordering::SeqCst)), (1, 0, 1));
    assert!(limit.try_acquire(at(7)).is_err(), "nobody is quicker");
    let second = permit(poll_with(&mut second, &wakes));
    assert_eq!(second.admitted(), at(7), "their wait is no latency of the server");
    drop(second);
    assert_eq!(limit.in_flight(), 0);
}

#[test]
fn a_waiter_who_is_dropped_leaves_the_queue_and_one_who_was_admitted_the_place_too() {
    let limit = queued(1);
    let first = permit(poll(&mut limit.acquire(at(0))));
    let mut waits = limit.acquire(at(1));
    assert!(poll(&mut waits).is_pending());
    drop(waits);
    assert_eq!(limit.waiting(), 0);
    // One is admitted but does not hear of it any more,
    let mut deaf = limit.acquire(at(2));
    assert!(poll(&mut deaf).is_pending());
    drop(first);
    assert_eq!(limit.in_flight(), 1);
    // so the place goes to the next.
    let mut next = limit.acquire(at(3));
    assert!(poll(&mut next).is_pending());
    drop(deaf);
    assert_eq!((limit.in_flight(), limit.waiting()), (1, 0));
    drop(permit(poll(&mut next)));
    // A place that was never asked for is given back like any other.
    drop(limit.acquire(at(4)));
    assert_eq!(limit.in_flight(), 0);
}

#[test]
fn nobody_waits_where_there_is_no_queue() {
    let limit = ConcurrencyLimit::new(&LimitSettings::fixed(1), at(0)).unwrap();
    let limit = Arc::new(limit);
    let held = permit(poll(&mut limit.acquire(at(0))));
    assert_eq!(rejected(poll(&mut limit.acquire(at(0)))), Rejected::ConcurrencyLimited);
    drop(held);
}

#[test]
fn a_full_queue_and_a_wait_too_long_are_refused() {
    let (limit, wakes) = (queued(1), Arc::default());
    let held = permit(poll(&mut limit.acquire(at(0))));
    let mut waits = limit.acquire(at(0));
    assert!(poll_with(&mut waits, &wakes).is_pending());
    assert_eq!(rejected(poll(&mut limit.acquire(at(1)))), Rejected::QueueFull);
    limit.refuse_late(at(99));
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0);
    limit.refuse_late(at(106));
    assert_eq!((wakes.0.load(Ordering::SeqCst), limit.waiting()), (1, 0));
    assert_eq!(rejected(poll_with(&mut waits, &wakes)), Rejected::QueueFull);
    drop(held);
    assert_eq!(limit.in_flight(), 0);
}

#[test]
fn a_limit_that_grows_admits_those_who_wait() {
    let limit = queued(2);
    let held: Vec<_> = (0..2).map(|_| permit(poll(&mut limit.acquire(at(0))))).collect();
    let mut waits: Vec<_> = (0..2).map(|_| limit.acquire(at(1))).collect();
    assert!(waits.iter_mut().all(|acquire| poll(acquire).is_pending()));
    limit.reconfigure(&settings(3)).unwrap();
    assert_eq!((limit.in_flight(), limit.waiting()), (3, 1));
    let first = permit(poll(&mut waits[0]));
    assert!(poll(&mut waits[1]).is_pending());
    drop((held, first, waits));
    assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
}

#[test]
fn threads_that_wait_and_go_leave_nothing_behind() {
    let limit = queued(3);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..5_000_u64 {
                    let mut acquire = limit.acquire(at(number));
                    match poll(&mut acquire) {
                        Poll::Ready(Ok(permit)) => {
                            assert!(limit.in_flight() <= 3);
                            drop(permit);
                        }
                        Poll::Pending if number % 2 == 0 => thread::yield_now(),
                        _ => {}
                    }
                }
            });
        }
    });
    assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
    assert!(!limit.gate().leave_is_watched(), "nobody is told of a queue that is empty");
}

impl super::super::gate::Gate {
    fn leave_is_watched(&self) -> bool {
        assert!(self.try_enter(u32::MAX));
        self.leave()
    }
}

proptest! {
    /// Whatever is asked for, polled and dropped: never more than the limit, never a place
    /// free while somebody waits, and nothing left at the end.
    #[test]
    fn no_place_is_free_while_somebody_waits(
        limit in 1_u32..5,
        steps in prop::collection::vec((0_u32..8, any::<usize>(), 0_u64..60), 1..200),
    ) {
        let limit = queued(limit);
        let (mut waits, mut held, mut now) = (Vec::new(), Vec::new(), 0);
        for (what, which, millis) in steps {
            now += millis;
            match what {
                0..=2 => waits.push(limit.acquire(at(now))),
                3 if !waits.is_empty() => drop(waits.swap_remove(which % waits.len())),
                4 if !held.is_empty() => drop(held.swap_remove(which % held.len())),
                5 if !held.is_empty() => {
                    let permit: Permit<_> = held.swap_remove(which % held.len());
                    permit.finish(at(now), Outcome::Success);
                }
                6 if !waits.is_empty() => {
                    let which = which % waits.len();
                    if let Poll::Ready(answer) = poll(&mut waits[which]) {
                        held.extend(answer);
                        drop(waits.swap_remove(which));
                    }
                }
                7 => limit.refuse_late(at(now)),
                _ => {}
            }
            prop_assert!(limit.in_flight() <= limit.limit());
            prop_assert!(limit.in_flight() as usize >= held.len());
            prop_assert!(limit.waiting() == 0 || limit.in_flight() == limit.limit());
        }
        drop((waits, held));
        prop_assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
        prop_assert!(!limit.gate().leave_is_watched());
    }
}

/// apollographql/router#9034: a task that has used up its turn in Tokio finds a semaphore
/// or a channel "not ready", which load shedding takes for a full service.
#[tokio::test]
async fn apollo_router_9034_a_task_that_used_up_its_turn_is_not_refused() {
    let limit = queued(1);
    while tokio::task::coop::has_budget_remaining() {
        tokio::task::consume_budget().await;
    }
    let first = permit(poll(&mut limit.acquire(at(0))));
    assert!(!tokio::task::coop::has_budget_remaining());
    drop(first);
    drop(permit(poll(&mut limit.acquire(at(1)))));
    assert_eq!(limit.in_flight(), 0);
}
