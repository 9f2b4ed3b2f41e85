use std::{cell::Cell, sync::Arc, time::Duration};

use super::*;
use crate::{
    retry::{Elapsed, GiveUp, HedgeSettings, RetryBudget, RetryBudgetSettings},
    time::{Clock as _, Instant, ManualTimer},
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One that knows that answers take 10 ms, at 1 s.
fn hedge(timer: &ManualTimer) -> Hedge {
    let budget = RetryBudget::new(&RetryBudgetSettings::default(), timer.now()).unwrap();
    let settings = HedgeSettings { enabled: true, ..HedgeSettings::default() };
    let hedge = Hedge::new(&settings, Arc::new(budget), timer.now()).unwrap();
    let usual = async |_| {
        timer.sleep_until(timer.now() + ms(10)).await;
        200
    };
    for _ in 0..100 {
        timer.run(hedge.call(timer, &Ctx::default(), Repeat::Safe, judge, usual)).unwrap();
    }
    timer.advance(Instant::START + ms(1_000) - timer.now());
    hedge
}

fn judge(status: &u16) -> Outcome {
    if *status < 500 { Outcome::Success } else { Outcome::Failure }
}

/// How long each of the two takes and what it answers.
async fn call(
    timer: &ManualTimer,
    hedge: &Hedge,
    runs: &Cell<i32>,
    plan: [(u64, u16); 2],
) -> (Called<u16>, u64) {
    struct Ends<'a>(&'a Cell<i32>);
    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let began = timer.now();
    let attempt = async |attempt: Attempt| {
        runs.set(runs.get() + 1);
        let _ends = Ends(runs);
        let (took, status) = plan[usize::from(attempt.previous)];
        timer.sleep_until(timer.now() + ms(took)).await;
        status
    };
    let called = hedge.call(timer, &Ctx::default(), Repeat::Safe, judge, attempt).await;
    (called, (timer.now() - began).as_millis() as u64)
}

#[test]
fn a_slow_attempt_is_overtaken_and_dropped() {
    let timer = ManualTimer::default();
    let (hedge, runs) = (hedge(&timer), Cell::new(0));
    let (called, took) = timer.run(call(&timer, &hedge, &runs, [(900, 200), (10, 201)])).unwrap();
    assert_eq!(called, Called { answer: Ok(201), attempts: 2, gave_up: None });
    assert!((20..=22).contains(&took), "{took}");
    assert_eq!((runs.get(), timer.next_wake()), (0, None), "nothing of the first is left");
}

#[test]
fn a_first_attempt_that_comes_after_all_wins() {
    let timer = ManualTimer::default();
    let (hedge, runs) = (hedge(&timer), Cell::new(0));
    let (called, took) = timer.run(call(&timer, &hedge, &runs, [(15, 200), (900, 201)])).unwrap();
    assert_eq!((called.answer, called.attempts, took), (Ok(200), 2, 15));
    assert_eq!((runs.get(), timer.next_wake()), (0, None));
}

#[test]
fn a_failure_waits_for_the_other_attempt() {
    let timer = ManualTimer::default();
    let (hedge, runs) = (hedge(&timer), Cell::new(0));
    // The first fails before the second is due: it is made at once.
    let (called, took) = timer.run(call(&timer, &hedge, &runs, [(5, 500), (10, 201)])).unwrap();
    assert_eq!((called.answer, called.attempts, took), (Ok(201), 2, 15));
    // The second fails while the first still runs.
    let (called, took) = timer.run(call(&timer, &hedge, &runs, [(90, 200), (10, 500)])).unwrap();
    assert_eq!((called.answer, called.attempts, took), (Ok(200), 2, 90));
    // Both fail.
    let (called, took) = timer.run(call(&timer, &hedge, &runs, [(90, 500), (10, 501)])).unwrap();
    let end = Called { answer: Ok(500), attempts: 2, gave_up: Some(GiveUp::AttemptsSpent) };
    assert_eq!((called, took), (end, 90));
    assert_eq!((runs.get(), timer.next_wake()), (0, None));
}

#[test]
fn attempts_without_an_answer_are_dropped() {
    let timer = ManualTimer::default();
    let (hedge, runs) = (hedge(&timer), Cell::new(0));
    let plan = [(90_000, 200), (90_000, 201)];
    let (called, took) = timer.run(call(&timer, &hedge, &runs, plan)).unwrap();
    assert_eq!(called.answer, Err(Elapsed));
    assert!((1_015..=1_017).contains(&took), "{took}");
    assert_eq!((runs.get(), timer.next_wake()), (0, None));
}

#[test]
fn dropping_a_call_drops_both_attempts() {
    let timer = ManualTimer::default();
    let (hedge, runs) = (hedge(&timer), Cell::new(0));
    let call = call(&timer, &hedge, &runs, [(900, 200), (900, 201)]);
    assert_eq!(timer.run(with_deadline(&timer, timer.now() + ms(50), call)), Some(Err(Elapsed)));
    assert_eq!((runs.get(), timer.next_wake()), (0, None));
}
