//! Situations of calls that are shared.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    task::{Context, Poll},
};

use futures::{
    channel::oneshot,
    executor::{LocalPool, ThreadPoolBuilder, block_on},
    future::join_all,
    task::{LocalSpawnExt as _, SpawnExt as _, noop_waker},
};

use super::*;

type Flights = SingleFlight<&'static str, u32>;

fn flights() -> Flights {
    SingleFlight::new(&SingleFlightSettings::default()).unwrap()
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    future.poll_unpin(&mut Context::from_waker(&noop_waker()))
}

#[test]
fn all_who_ask_at_the_same_time_get_the_answer_of_one_call() {
    let (flights, calls) = (flights(), Arc::new(AtomicU32::new(0)));
    let (send, receive) = oneshot::channel::<u32>();
    let mut receive = Some(receive);
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let (calls, receive) = (Arc::clone(&calls), receive.take());
            flights.run("key", move || async move {
                calls.fetch_add(1, Ordering::SeqCst);
                receive.unwrap().await.unwrap()
            })
        })
        .collect();
    let mut all = Box::pin(join_all(waiting));
    assert!(poll(&mut all).is_pending());
    assert_eq!(flights.len(), 1);
    send.send(7).unwrap();
    let landed = block_on(all);
    assert!(landed.iter().all(|landed| landed.unwrap().value == 7));
    assert_eq!(landed.iter().filter(|landed| landed.unwrap().is_own).count(), 1);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert!(flights.is_empty());
    assert_eq!(block_on(flights.run("key", || async { 8 })).unwrap().value, 8);
}

#[test]
fn when_the_first_one_goes_away_another_carries_the_call_on() {
    let flights = flights();
    let (send, receive) = oneshot::channel::<u32>();
    let mut first = Box::pin(flights.run("key", || async { receive.await.unwrap() }));
    assert!(poll(&mut first).is_pending());
    let mut pool = LocalPool::new();
    let others: Vec<_> = (0..3)
        .map(|_| {
            let flights = flights.clone();
            let wait = async move { flights.run("key", || async { 0 }).await };
            pool.spawner().spawn_local_with_handle(wait).unwrap()
        })
        .collect();
    pool.run_until_stalled();
    drop(first);
    send.send(7).unwrap();
    let landed = pool.run_until(join_all(others));
    assert!(landed.iter().all(|landed| *landed == Ok(Landed { value: 7, is_own: false })));
}

#[test]
fn when_all_go_away_the_call_ends_and_the_next_one_calls_anew() {
    let flights = flights();
    let (_send, receive) = oneshot::channel::<u32>();
    let held = Arc::new(());
    let holds = Arc::clone(&held);
    let call = || async move {
        let _holds = holds;
        receive.await.unwrap()
    };
    let mut first = Box::pin(flights.run("key", call));
    let mut second = Box::pin(flights.run("key", || async { 0 }));
    assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
    drop(first);
    assert_eq!((flights.len(), Arc::strong_count(&held)), (1, 2));
    drop(second);
    assert_eq!((flights.len(), Arc::strong_count(&held)), (0, 1));
    assert_eq!(block_on(flights.run("key", || async { 8 })).unwrap().value, 8);
}

#[test]
fn a_panic_is_an_answer_for_all_and_poisons_nothing() {
    let flights = flights();
    let (send, receive) = oneshot::channel::<()>();
    let call = || async move {
        receive.await.unwrap();
        panic!("on purpose")
    };
    let mut first = Box::pin(flights.run("key", call));
    assert!(poll(&mut first).is_pending());
    let mut second = Box::pin(flights.run("key", || async { 0 }));
    assert!(poll(&mut second).is_pending());
    send.send(()).unwrap();
    let (first, second) = block_on(async { futures::join!(first, second) });
    assert_eq!((first, second), (Err(FlightError::Panicked), Err(FlightError::Panicked)));
    let at_once = flights.run("key", || -> futures::future::Ready<u32> { panic!("at once") });
    assert_eq!(block_on(at_once), Err(FlightError::Panicked));
    assert_eq!(block_on(flights.run("key", || async { 8 })).unwrap().value, 8);
}

#[test]
fn calls_and_those_who_wait_are_bounded() {
    let settings = SingleFlightSettings { max_flights: 2, max_waiters: 2 };
    let flights = Flights::new(&settings).unwrap();
    let wait = |key| Box::pin(flights.run(key, std::future::pending::<u32>));
    let mut waiting = [wait("one"), wait("one"), wait("other")];
    assert!(waiting.iter_mut().all(|waiting| poll(waiting).is_pending()));
    assert_eq!(poll(&mut wait("one")), Poll::Ready(Err(FlightError::Full)));
    assert_eq!(poll(&mut wait("third")), Poll::Ready(Err(FlightError::Full)));
    flights.reconfigure(&SingleFlightSettings { max_flights: 3, max_waiters: 2 }).unwrap();
    assert!(poll(&mut wait("third")).is_pending());
    let none = SingleFlightSettings { max_flights: 0, ..settings };
    assert_eq!(flights.reconfigure(&none).unwrap_err().field, "max_flights");
}

#[test]
fn after_forget_callers_do_not_join_the_old_call() {
    let flights = flights();
    let (send, receive) = oneshot::channel::<u32>();
    let mut old = Box::pin(flights.run("key", || async { receive.await.unwrap() }));
    assert!(poll(&mut old).is_pending());
    flights.forget(&"key");
    let new = block_on(flights.run("key", || async { 2 })).unwrap();
    assert_eq!(new, Landed { value: 2, is_own: true });
    send.send(1).unwrap();
    assert_eq!(block_on(old).unwrap().value, 1);
}

#[test]
fn on_many_threads_with_callers_that_go_away_nobody_hangs() {
    let pool = ThreadPoolBuilder::new().pool_size(4).create().unwrap();
    let flights = SingleFlight::<u32, u32>::new(&SingleFlightSettings::default()).unwrap();
    let answers: Vec<_> = (0..4_000_u32)
        .map(|number| {
            let flights = flights.clone();
            let ask = async move {
                let call = move || async move {
                    for _ in 0..number % 4 {
                        YieldOnce::default().await;
                    }
                    number
                };
                let mut asks = Box::pin(flights.run(number % 7, call));
                if number.is_multiple_of(3) {
                    // Goes away after having been polled once.
                    let _ = futures::poll!(&mut asks);
                    return None;
                }
                Some(asks.await.unwrap().value % 7 == number % 7)
            };
            pool.spawn_with_handle(ask).unwrap()
        })
        .collect();
    let answers = block_on(join_all(answers));
    assert!(answers.iter().all(|answer| answer.unwrap_or(true)));
    assert!(flights.is_empty());
}

/// Comes back to its executor once.
#[derive(Default)]
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
