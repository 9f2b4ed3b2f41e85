use std::{cell::Cell, time::Duration};

use super::*;
use crate::{
    retry::{Answer, RetrySettings, wire::Pushback},
    time::{Clock as _, Instant, ManualTimer},
};

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

fn policy(timer: &ManualTimer) -> RetryPolicy {
    RetryPolicy::new(&RetrySettings::default(), 1, timer.now()).unwrap()
}

fn judge(status: &u16) -> Outcome {
    if *status < 500 { Outcome::Success } else { Outcome::Failure }
}

/// Counts up when it is dropped.
struct Dropped<'a>(&'a Cell<u32>);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_failure_is_mended_by_the_next_attempt() {
    let timer = ManualTimer::default();
    let policy = policy(&timer);
    let attempt = |attempt: Attempt| {
        let timer = timer.clone();
        async move {
            timer.sleep_until(timer.now() + Duration::from_millis(100)).await;
            if attempt.previous < 2 { 503 } else { 200 }
        }
    };
    let called = timer.run(policy.call(&timer, &Ctx::default(), Repeat::Safe, judge, attempt));
    assert_eq!(called, Some(Called { answer: Ok(200), attempts: 3, gave_up: None }));
    let took = timer.now() - at(0);
    assert!(took >= Duration::from_millis(300) && took <= Duration::from_millis(375), "{took:?}");
}

#[test]
fn the_last_answer_is_given_back_with_why_there_is_no_other() {
    let timer = ManualTimer::default();
    let (policy, ctx) = (policy(&timer), Ctx::default());
    let called = policy.call(&timer, &ctx, Repeat::Unsafe, judge, async |_| 500);
    let gave_up = Some(GiveUp::NotRepeatable);
    assert_eq!(timer.run(called), Some(Called { answer: Ok(500), attempts: 1, gave_up }));

    let never = |_: &u16| Answer::new(Outcome::Overload).pushback(Pushback::Never);
    let called = policy.call(&timer, &ctx, Repeat::Safe, never, async |_| 503);
    let gave_up = Some(GiveUp::PushedBack(Pushback::Never));
    assert_eq!(timer.run(called), Some(Called { answer: Ok(503), attempts: 1, gave_up }));
}

#[test]
fn an_attempt_that_does_not_end_is_dropped_and_the_next_one_begun() {
    let timer = ManualTimer::default();
    let (policy, dropped) = (policy(&timer), Cell::new(0));
    let attempt = |attempt: Attempt| {
        let dropped = &dropped;
        async move {
            let _held = Dropped(dropped);
            if attempt.previous == 0 { std::future::pending().await } else { 200 }
        }
    };
    let ctx = Ctx::default().deadline(at(2_000));
    let called = timer.run(policy.call(&timer, &ctx, Repeat::Safe, judge, attempt));
    assert_eq!(called, Some(Called { answer: Ok(200), attempts: 2, gave_up: None }));
    assert_eq!(dropped.get(), 2);
    assert!(timer.now() >= at(1_005) && timer.now() <= at(1_030));
    assert_eq!(timer.next_wake(), None);
}

/// The permit of a breaker that is dropped says that the caller went away; a server that
/// never answers would never be found out.
#[test]
fn an_attempt_has_time_to_tell_its_breaker_of_a_timeout() {
    let timer = ManualTimer::default();
    let (policy, told) = (policy(&timer), Cell::new(0));
    let attempt = |attempt: Attempt| {
        let (timer, told) = (&timer, &told);
        async move {
            let answer = with_deadline(timer, attempt.deadline, std::future::pending()).await;
            told.set(told.get() + u32::from(answer.is_err()));
            answer
        }
    };
    let judge = |answer: &Result<u16, Elapsed>| match answer {
        Ok(_) => Outcome::Success,
        Err(Elapsed) => Outcome::Timeout,
    };
    let ctx = Ctx::default();
    let called = policy.call(&timer, &ctx, Repeat::Unsafe, judge, attempt);
    let gave_up = Some(GiveUp::NotRepeatable);
    assert_eq!(
        timer.run(called).unwrap(),
        Called { answer: Ok(Err(Elapsed)), attempts: 1, gave_up }
    );
    assert_eq!((told.get(), timer.now()), (1, at(1_000)));
}

#[test]
fn no_attempt_outlives_its_request() {
    let timer = ManualTimer::default();
    let policy = policy(&timer);
    let attempt = |_| std::future::pending::<u16>();
    let ctx = Ctx::default().deadline(at(1_500));
    let called = timer.run(policy.call(&timer, &ctx, Repeat::Safe, judge, attempt)).unwrap();
    assert_eq!(called.answer, Err(Elapsed));
    assert_eq!((called.attempts, called.gave_up), (2, Some(GiveUp::DeadlineNear)));
    assert_eq!(timer.now(), at(1_495));

    let late = Ctx::default().deadline(timer.now());
    let called = timer.run(policy.call(&timer, &late, Repeat::Safe, judge, attempt)).unwrap();
    assert_eq!((called.answer, called.attempts), (Err(Elapsed), 0));
}

#[test]
fn dropping_a_call_drops_what_it_waits_for() {
    let timer = ManualTimer::default();
    let (policy, dropped) = (policy(&timer), Cell::new(0));
    let attempt = |attempt: Attempt| {
        let (timer, dropped) = (timer.clone(), &dropped);
        async move {
            let _held = Dropped(dropped);
            // The first fails at once, and then the call waits for the second.
            if attempt.previous > 0 {
                timer.sleep_until(at(500)).await;
            }
            503
        }
    };
    let ctx = Ctx::default();
    let call = policy.call(&timer, &ctx, Repeat::Safe, judge, attempt);
    let ended = timer.run(with_deadline(&timer, at(50), call));
    assert_eq!((ended, dropped.get()), (Some(Err(Elapsed)), 2));
    assert_eq!(timer.next_wake(), None, "nothing waits any more");
}

#[test]
fn a_call_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let timer = ManualTimer::default();
    let policy = policy(&timer);
    let ctx = Ctx::default();
    is_send(policy.call(&timer, &ctx, Repeat::Safe, judge, |_| std::future::ready(200)));
}
