use super::*;
use crate::retry::RetryBudgetSettings;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Instant {
    Instant::START + ms(millis)
}

fn settings() -> HedgeSettings {
    HedgeSettings { enabled: true, ..HedgeSettings::default() }
}

fn hedge(settings: HedgeSettings) -> Hedge {
    let budget = RetryBudget::new(&RetryBudgetSettings::default(), at(0)).unwrap();
    Hedge::new(&settings, Arc::new(budget), at(0)).unwrap()
}

/// One that has seen 99 answers of 10 ms and one of 500 ms.
fn experienced(settings: HedgeSettings) -> Hedge {
    let hedge = hedge(settings);
    for request in 0..100 {
        let mut hedging = begin(&hedge, at(0), Repeat::Safe);
        let took = ms(if request == 0 { 500 } else { 10 });
        assert_eq!(hedging.due(), None, "nothing is known yet");
        let end = end(&hedge, &mut hedging, at(0) + took, Lane::First, Outcome::Success);
        assert_eq!(end, HedgeNext::Done);
    }
    hedge
}

fn begin(hedge: &Hedge, now: Instant, repeat: Repeat) -> Hedging {
    hedge.start(now, &Ctx::default(), repeat).unwrap().0
}

fn end(
    hedge: &Hedge,
    hedging: &mut Hedging,
    now: Instant,
    lane: Lane,
    verdict: impl Into<Verdict>,
) -> HedgeNext {
    hedge.handle(hedging, now, HedgeEvent::Ended(lane, verdict.into()))
}

/// The number of a second attempt and when it ends, in milliseconds.
fn second(next: HedgeNext) -> Option<(u8, u128)> {
    let HedgeNext::Second(attempt) = next else { return None };
    Some((attempt.previous, (attempt.deadline - at(0)).as_millis()))
}

#[test]
fn a_second_attempt_is_due_when_most_answers_would_have_come() {
    let hedge = experienced(settings());
    let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
    let due = hedging.due().unwrap();
    assert!(due >= at(1_010) && due <= at(1_012), "{due:?}");
    assert_eq!(hedge.handle(&mut hedging, at(1_005), HedgeEvent::Due), HedgeNext::Wait);
    assert_eq!(
        second(hedge.handle(&mut hedging, due, HedgeEvent::Due)),
        Some((1, 2_000 + (due - at(1_000)).as_millis()))
    );
    assert_eq!(hedging.due(), None, "one is all there is");
    assert_eq!(hedge.handle(&mut hedging, at(1_500), HedgeEvent::Due), HedgeNext::Wait);
    assert_eq!(
        end(&hedge, &mut hedging, at(1_500), Lane::Second, Outcome::Success),
        HedgeNext::Done
    );
}

#[test]
fn only_what_may_be_repeated_is_hedged_and_nothing_unless_turned_on() {
    let hedge = experienced(settings());
    assert_eq!(begin(&hedge, at(1_000), Repeat::Unsafe).due(), None);
    let inner = Ctx::default().previous_attempts(1);
    let mut inner = hedge.start(at(1_000), &inner, Repeat::Safe).unwrap().0;
    assert_eq!(inner.due(), None);
    let end_of_inner = end(&hedge, &mut inner, at(1_000), Lane::First, Outcome::Failure);
    assert_eq!(end_of_inner, HedgeNext::GiveUp(GiveUp::OuterRetries));

    let off = experienced(HedgeSettings::default());
    let mut hedging = begin(&off, at(1_000), Repeat::Safe);
    assert_eq!(hedging.due(), None);
    let end_of_off = end(&off, &mut hedging, at(1_000), Lane::First, Outcome::Failure);
    assert_eq!(end_of_off, HedgeNext::GiveUp(GiveUp::Off));
}

#[test]
fn hedges_are_paid_for_as_retries_are() {
    let hedge = experienced(settings());
    let mut made = 0;
    // A whole service becomes slow: the hedge of each request is due.
    for _ in 0..1_000 {
        let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
        let due = hedging.due().unwrap();
        match hedge.handle(&mut hedging, due, HedgeEvent::Due) {
            HedgeNext::Second(_) => made += 1,
            next => assert_eq!(next, HedgeNext::Wait, "the first still runs"),
        }
        let slow = end(&hedge, &mut hedging, at(1_900), Lane::First, Outcome::Success);
        assert_eq!(slow, HedgeNext::Done);
    }
    assert!((40..=41).contains(&made), "{made}: 3 a second, and a tenth of the first 100");
}

#[test]
fn what_a_server_says_of_another_attempt_counts() {
    let hedge = experienced(settings());
    let says = |pushback| Answer::new(Outcome::Overload).pushback(pushback);

    let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
    let answer = says(Pushback::After(ms(50)));
    assert_eq!(end(&hedge, &mut hedging, at(1_001), Lane::First, answer), HedgeNext::Wait);
    assert_eq!(hedging.due(), Some(at(1_051)));
    assert!(second(hedge.handle(&mut hedging, at(1_051), HedgeEvent::Due)).is_some());

    for pushback in [Pushback::Never, Pushback::After(ms(5_001))] {
        let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
        let next = end(&hedge, &mut hedging, at(1_001), Lane::First, says(pushback));
        assert_eq!(next, HedgeNext::GiveUp(GiveUp::PushedBack(pushback)));
        assert_eq!(hedging.due(), None);
    }
}

#[test]
fn a_failure_ends_the_request_only_when_no_other_attempt_can_mend_it() {
    let hedge = experienced(settings());
    let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
    let next = end(&hedge, &mut hedging, at(1_002), Lane::First, Outcome::Failure);
    assert_eq!(second(next), Some((1, 2_002)), "at once");
    let next = end(&hedge, &mut hedging, at(1_005), Lane::Second, Outcome::Failure);
    assert_eq!(next, HedgeNext::GiveUp(GiveUp::AttemptsSpent));

    let mut hedging = begin(&hedge, at(1_000), Repeat::Unsafe);
    let next = end(&hedge, &mut hedging, at(1_002), Lane::First, Outcome::Failure);
    assert_eq!(next, HedgeNext::GiveUp(GiveUp::NotRepeatable));

    let mut hedging = begin(&hedge, at(1_000), Repeat::Unsafe);
    let unprocessed = Answer::new(Outcome::Failure).unprocessed();
    assert!(second(end(&hedge, &mut hedging, at(1_002), Lane::First, unprocessed)).is_some());
}

#[test]
fn another_endpoint_is_asked_when_one_is_left_alone() {
    let hedge = experienced(settings());
    let refuse = |scope| Rejection::new(Rejected::BreakerOpen, scope);
    let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
    let next = end(&hedge, &mut hedging, at(1_000), Lane::First, refuse(Scope::Endpoint));
    assert!(second(next).is_some());
    let mut hedging = begin(&hedge, at(1_000), Repeat::Safe);
    let next = end(&hedge, &mut hedging, at(1_000), Lane::First, refuse(Scope::Resource));
    assert_eq!(next, HedgeNext::GiveUp(GiveUp::Refused(refuse(Scope::Resource))));
}

#[test]
fn nothing_is_begun_that_cannot_end_in_time() {
    let hedge = experienced(settings());
    let ctx = Ctx::default().deadline(at(1_018));
    let (mut hedging, first) = hedge.start(at(1_000), &ctx, Repeat::Safe).unwrap();
    assert_eq!(first.deadline, at(1_008));
    let due = hedging.due().unwrap();
    assert_eq!(hedge.handle(&mut hedging, due, HedgeEvent::Due), HedgeNext::Wait);
    let next = end(&hedge, &mut hedging, due, Lane::First, Outcome::Timeout);
    assert_eq!(next, HedgeNext::GiveUp(GiveUp::DeadlineNear));
    let late = hedge.start(at(1_010), &ctx, Repeat::Safe).unwrap_err();
    assert_eq!(late.reason, Rejected::DeadlinePassed);
}

/// Were a first attempt that lost not counted, the slow ones would be missing from the
/// quantile: it would sink, and with it the delay.
#[test]
fn hedges_that_win_do_not_make_the_delay_sink() {
    let hedge = experienced(settings());
    let before = begin(&hedge, at(1_000), Repeat::Safe).due().unwrap() - at(1_000);
    for period in 1..30 {
        let now = at(period * 1_000);
        for request in 0..100 {
            let mut hedging = begin(&hedge, now, Repeat::Safe);
            let (due, is_slow) = (hedging.due().unwrap(), request % 25 == 0);
            let ends = if is_slow { due + ms(10) } else { now + ms(1 + request / 10) };
            let is_second = is_slow
                && matches!(hedge.handle(&mut hedging, due, HedgeEvent::Due), HedgeNext::Second(_));
            let lane = if is_second { Lane::Second } else { Lane::First };
            end(&hedge, &mut hedging, ends, lane, Outcome::Success);
        }
    }
    let after = begin(&hedge, at(30_000), Repeat::Safe).due().unwrap() - at(30_000);
    assert!(after >= ms(9) && after <= before, "{before:?}, {after:?}");
}
