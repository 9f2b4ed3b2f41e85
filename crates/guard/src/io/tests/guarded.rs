//! A guarded client in virtual time.

use std::{
    cell::Cell,
    future::{pending, ready},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{
    admit::{Ctx, Outcome, Rejected, Rejection, Scope},
    breaker::{Breaker, BreakerSettings, ConsecutiveSettings, Policy, State},
    classify::{Diagnose, Diagnosis},
    io::{Access, CallError, Guarded, Guards},
    limit::{ConcurrencyLimit, LimitSettings, QueueSettings},
    retry::{DeadlineSettings, Elapsed, GiveUp, Next, Repeat, RetryPolicy, RetrySettings},
    time::{Clock as _, Instant, ManualTimer, Timer as _},
};

const MS: Duration = Duration::from_millis(1);

/// A store whose errors say themselves what they say.
#[derive(Debug, Default)]
struct Store {
    sent: Cell<u32>,
    dropped: Cell<u32>,
}

struct AsSaid;

impl Diagnose<Diagnosis> for AsSaid {
    fn diagnose(&self, said: &Diagnosis) -> Diagnosis {
        *said
    }
}

/// Counts up when it is dropped.
struct Dropped<'a>(&'a Cell<u32>);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

type Called = Result<&'static str, CallError<Diagnosis>>;

/// A store behind breakers that one failure opens, a place for one call, and room for one
/// that waits.
struct World {
    timer: ManualTimer,
    guarded: Guarded<Store, AsSaid, ManualTimer>,
}

impl World {
    fn new() -> Self {
        let now = Instant::START;
        let breaker = || {
            let once = ConsecutiveSettings {
                failures: 1,
                open_jitter: 0.0,
                ..ConsecutiveSettings::default()
            };
            let settings = BreakerSettings::new(Policy::Consecutive(once));
            Arc::new(Breaker::new(settings, Scope::Resource, 1, now).unwrap())
        };
        let limit = LimitSettings {
            queue: QueueSettings { share: 1.0, ..QueueSettings::default() },
            ..LimitSettings::fixed(1)
        };
        let guards = Guards {
            breaker: breaker(),
            writes: breaker(),
            limit: Arc::new(ConcurrencyLimit::new(&limit, now).unwrap()),
            deadlines: DeadlineSettings::default(),
        };
        let timer = ManualTimer::default();
        let guarded = Guarded::new(Store::default(), AsSaid, timer.clone(), guards);
        Self { timer, guarded }
    }

    fn guards(&self) -> &Guards {
        self.guarded.guards()
    }

    fn sent(&self) -> u32 {
        self.guarded.client().sent.get()
    }

    /// A call that is answered after 10 ms.
    async fn call(&self, access: Access, answer: Result<&'static str, Diagnosis>) -> Called {
        let operation = |store: &Store| {
            store.sent.set(store.sent.get() + 1);
            let answered = self.timer.sleep_until(self.timer.now() + MS * 10);
            async move {
                answered.await;
                answer
            }
        };
        self.guarded.call(&Ctx::default(), access, operation).await
    }

    fn run(&self, access: Access, answer: Result<&'static str, Diagnosis>) -> Called {
        self.timer.run(self.call(access, answer)).expect("every call ends")
    }

    /// A call that is never answered.
    async fn hang(&self, ctx: &Ctx<'_>) -> Called {
        let operation = |store: &'_ Store| {
            store.sent.set(store.sent.get() + 1);
            let held = Dropped(&self.guarded.client().dropped);
            async move {
                let _held = held;
                pending().await
            }
        };
        self.guarded.call(ctx, Access::Read, operation).await
    }
}

fn refused(reason: Rejected) -> impl Fn(Called) -> bool {
    move |called| matches!(called, Err(CallError::Rejected(refusal)) if refusal.reason == reason)
}

#[test]
fn an_answer_is_given_back_and_every_place_is_free_again() {
    let world = World::new();
    assert_eq!(world.run(Access::Write, Ok("done")), Ok("done"));
    assert_eq!((world.sent(), world.guards().limit.in_flight()), (1, 0));
    assert_eq!(world.guards().breaker.state(), State::Closed);
}

#[test]
fn a_call_without_an_answer_is_dropped_at_its_deadline_and_counts_as_a_timeout() {
    let world = World::new();
    let called = world.timer.run(world.hang(&Ctx::default()));
    assert_eq!(called, Some(Err(CallError::Elapsed(Elapsed))));
    assert_eq!(world.timer.now(), Instant::START + MS * 1_000, "the attempt's own time");
    assert_eq!(world.guarded.client().dropped.get(), 1);
    assert_eq!(world.timer.next_wake(), None, "nothing of it is left");
    assert_eq!(world.guards().limit.in_flight(), 0);
    assert_eq!(world.guards().breaker.state(), State::Open);
}

#[test]
fn a_caller_in_a_hurry_ends_its_own_call_and_nobody_else_s() {
    let world = World::new();
    let hurry = Ctx::default().deadline(Instant::START + MS * 30);
    let called = world.timer.run(world.hang(&hurry));
    assert_eq!(called, Some(Err(CallError::Elapsed(Elapsed))));
    assert_eq!(world.timer.now(), Instant::START + MS * 20, "10 ms are kept for the way back");
    assert_eq!(world.guards().breaker.state(), State::Closed);
}

#[test]
fn what_a_breaker_refuses_is_not_sent() {
    let world = World::new();
    let failed = world.run(Access::Read, Err(Diagnosis::FAILURE));
    assert_eq!(failed.unwrap_err().outcome(), Some(Outcome::Failure));
    let refusal = world.run(Access::Read, Ok("unreachable")).unwrap_err();
    let CallError::Rejected(rejection) = &refusal else { panic!("{refusal:?}") };
    assert_eq!(rejection.reason, Rejected::BreakerOpen);
    assert!(!rejection.retry_after.is_zero());
    assert_eq!(refusal.outcome(), None);
    assert_eq!((world.sent(), world.guards().limit.in_flight()), (1, 0));
}

#[test]
fn what_nobody_waits_for_is_not_sent() {
    let world = World::new();
    world.timer.advance(MS * 100);
    let late = Ctx::default().deadline(Instant::START + MS * 105);
    let called = world.timer.run(world.hang(&late)).unwrap();
    assert!(refused(Rejected::DeadlinePassed)(called), "5 ms are less than the way back takes");
    assert_eq!(world.sent(), 0);
}

#[test]
fn a_store_that_takes_no_writes_goes_on_being_read() {
    let world = World::new();
    let full = Diagnosis::FAILURE.writes();
    assert_eq!(world.run(Access::Write, Err(full)).unwrap_err().outcome(), Some(Outcome::Failure));
    assert!(refused(Rejected::BreakerOpen)(world.run(Access::Write, Ok("unreachable"))));
    assert_eq!(world.run(Access::Read, Ok("read")), Ok("read"));
    assert_eq!(world.guards().breaker.state(), State::Closed);
    assert_eq!(world.guards().writes.state(), State::Open);
}

#[test]
fn a_read_that_meets_a_store_that_takes_no_writes_opens_nothing() {
    let world = World::new();
    assert!(world.run(Access::Read, Err(Diagnosis::FAILURE.writes())).is_err());
    assert_eq!(world.guards().breaker.state(), State::Closed);
    assert_eq!(world.guards().writes.state(), State::Closed);
}

#[test]
fn what_is_true_of_all_requests_stops_reads_and_writes() {
    let world = World::new();
    assert!(world.run(Access::Write, Err(Diagnosis::FAILURE)).is_err());
    assert_eq!(world.guards().breaker.state(), State::Open);
    assert!(refused(Rejected::BreakerOpen)(world.run(Access::Read, Ok("unreachable"))));
}

#[test]
fn a_statement_s_own_fault_and_a_replica_open_nothing() {
    let world = World::new();
    for said in [Diagnosis::IGNORE, Diagnosis::TOPOLOGY.writes(), Diagnosis::CANCELLED] {
        let called = world.run(Access::Write, Err(said));
        assert_eq!(called, Err(CallError::Failed { error: said, diagnosis: said }));
    }
    assert_eq!(world.guards().breaker.state(), State::Closed);
    assert_eq!(world.guards().writes.state(), State::Closed);
}

#[test]
fn a_dropped_future_gives_every_place_back_and_counts_for_nothing() {
    let (world, ctx) = (World::new(), Ctx::default());
    {
        let mut called = pin!(world.hang(&ctx));
        assert!(called.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!((world.sent(), world.guards().limit.in_flight()), (1, 1));
    }
    assert_eq!(world.guarded.client().dropped.get(), 1, "the operation is dropped with it");
    assert_eq!(world.guards().limit.in_flight(), 0);
    assert_eq!(world.guards().breaker.state(), State::Closed);
    assert_eq!(world.timer.next_wake(), None);
}

#[test]
fn a_dropped_probe_leaves_room_for_the_next_one() {
    let (world, ctx) = (World::new(), Ctx::default());
    assert!(world.run(Access::Read, Err(Diagnosis::FAILURE)).is_err());
    world.timer.advance(Duration::from_secs(60));
    {
        let mut probe = pin!(world.hang(&ctx));
        assert!(probe.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(world.sent(), 2, "it was sent as a probe");
    }
    assert_eq!(world.run(Access::Read, Ok("well again")), Ok("well again"));
    assert_eq!(world.guards().breaker.state(), State::Closed);
}

#[test]
fn a_write_that_its_own_breaker_refuses_leaves_the_probe_to_a_read() {
    let world = World::new();
    assert!(world.run(Access::Read, Err(Diagnosis::FAILURE)).is_err());
    world.timer.advance(Duration::from_secs(60));
    // Only now do writes fail, as seen by somebody who shares that breaker.
    let now = world.timer.now();
    world.guards().writes.try_acquire(now).unwrap().finish(now, Outcome::Failure);
    assert!(refused(Rejected::BreakerOpen)(world.run(Access::Write, Ok("unreachable"))));
    assert_eq!(world.run(Access::Read, Ok("well again")), Ok("well again"));
}

#[test]
fn nobody_waits_in_the_queue_for_longer_than_there_is_time() {
    let world = World::new();
    let place = world.guards().limit.try_acquire_owned(Instant::START).unwrap();
    let ctx = Ctx::default().deadline(Instant::START + MS * 40);
    let called = world.timer.run(world.hang(&ctx)).unwrap();
    assert!(refused(Rejected::QueueFull)(called));
    assert_eq!(world.timer.now(), Instant::START + MS * 30);
    assert_eq!((world.sent(), world.guards().limit.waiting()), (0, 0));
    place.finish(world.timer.now(), Outcome::Success);
    assert_eq!(world.guards().limit.in_flight(), 0, "no place was handed to who had gone");
    assert_eq!(world.guards().breaker.state(), State::Closed);
}

/// go-zero, `core/stores/redis/breakerhook.go`: a caller that found no free connection in
/// the pool counts as a failure of the server, which was not asked.
#[test]
fn gozero_redis_waiting_for_a_connection_does_not_count_against_the_server() {
    let world = World::new();
    let place = world.guards().limit.try_acquire_owned(Instant::START).unwrap();
    for _ in 0..10 {
        let hurry = Ctx::default().deadline(world.timer.now() + MS * 40);
        assert!(refused(Rejected::QueueFull)(world.timer.run(world.hang(&hurry)).unwrap()));
    }
    assert_eq!((world.sent(), world.guards().breaker.state()), (0, State::Closed));
    place.finish(world.timer.now(), Outcome::Success);
    assert_eq!(world.run(Access::Read, Ok("at once")), Ok("at once"));
}

#[test]
fn who_waits_gets_the_place_of_who_is_done_and_has_the_time_that_is_left() {
    let world = World::new();
    let ctx = Ctx::default().deadline(Instant::START + MS * 200);
    let mut first = pin!(world.call(Access::Read, Ok("first")));
    let mut second = pin!(world.hang(&ctx));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!((world.sent(), world.guards().limit.waiting()), (1, 1));
    world.timer.advance(MS * 10);
    assert_eq!(first.as_mut().poll(&mut context), Poll::Ready(Ok("first")));
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!((world.sent(), world.guards().limit.in_flight()), (2, 1));
    world.timer.advance(MS * 180);
    assert_eq!(second.as_mut().poll(&mut context), Poll::Ready(Err(CallError::Elapsed(Elapsed))));
}

#[test]
fn where_nobody_may_wait_a_full_limit_refuses_at_once() {
    let mut world = World::new();
    let limit = ConcurrencyLimit::new(&LimitSettings::fixed(1), Instant::START).unwrap();
    let guards = Guards { limit: Arc::new(limit), ..world.guards().clone() };
    world.guarded = Guarded::new(Store::default(), AsSaid, world.timer.clone(), guards);
    let _place = world.guards().limit.try_acquire_owned(Instant::START).unwrap();
    assert!(refused(Rejected::ConcurrencyLimited)(world.run(Access::Read, Ok("unreachable"))));
    assert_eq!(world.sent(), 0);
}

/// What a retry policy does after a call that ended so.
fn next(error: &CallError<Diagnosis>, repeat: Repeat) -> Next {
    let policy = RetryPolicy::new(&RetrySettings::default(), 1, Instant::START).unwrap();
    let mut attempts = policy.start(Instant::START, &Ctx::default(), repeat).unwrap();
    policy.handle(&mut attempts, Instant::START, error)
}

#[test]
fn a_retry_policy_reads_what_became_of_a_call() {
    let failed = |diagnosis| CallError::Failed { error: diagnosis, diagnosis };
    let again = |next| matches!(next, Next::Retry { .. });

    let elapsed = CallError::Elapsed(Elapsed);
    assert!(again(next(&elapsed, Repeat::Safe)));
    assert_eq!(next(&elapsed, Repeat::Unsafe), Next::GiveUp(GiveUp::NotRepeatable));

    let failure = failed(Diagnosis::FAILURE);
    assert!(again(next(&failure, Repeat::Safe)));
    assert_eq!(next(&failure, Repeat::Unsafe), Next::GiveUp(GiveUp::NotRepeatable));
    assert!(again(next(&failed(Diagnosis::FAILURE.unprocessed()), Repeat::Unsafe)));
    assert!(again(next(&failed(Diagnosis::TOPOLOGY), Repeat::Unsafe)), "it was not for it to do");

    assert_eq!(next(&failed(Diagnosis::IGNORE), Repeat::Safe), Next::Done);
    let cancelled = failed(Diagnosis::CANCELLED);
    assert_eq!(next(&cancelled, Repeat::Safe), Next::GiveUp(GiveUp::Cancelled));

    let refusal = Rejection::new(Rejected::BreakerOpen, Scope::Resource);
    let refused = CallError::Rejected(refusal);
    assert_eq!(next(&refused, Repeat::Safe), Next::GiveUp(GiveUp::Refused(refusal)));
}

#[test]
fn a_call_error_reads_as_what_it_is() {
    let refusal = Rejection::new(Rejected::BreakerOpen, Scope::Resource);
    let refused = CallError::<std::io::Error>::from(refusal);
    assert_eq!(refused.to_string(), refusal.to_string());
    let error = std::io::Error::other("gone");
    let failed = CallError::Failed { error, diagnosis: Diagnosis::FAILURE };
    assert_eq!(failed.to_string(), "gone");
    assert_eq!(CallError::<std::io::Error>::from(Elapsed).outcome(), Some(Outcome::Timeout));
    // The client's own fault never reaches the store and never waits.
    let world = World::new();
    let called = world.timer.run(
        world
            .guarded
            .call(&Ctx::default(), Access::Read, |_| ready(Err::<(), _>(Diagnosis::CANCELLED))),
    );
    assert_eq!(called.unwrap().unwrap_err().outcome(), Some(Outcome::Cancelled));
}
