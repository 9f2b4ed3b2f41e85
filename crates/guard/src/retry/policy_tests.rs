use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Instant {
    Instant::START + ms(millis)
}

fn policy(settings: RetrySettings) -> RetryPolicy {
    RetryPolicy::new(&settings, 1, at(0)).unwrap()
}

fn default_policy() -> RetryPolicy {
    policy(RetrySettings::default())
}

fn begin(policy: &RetryPolicy, ctx: &Ctx<'_>, repeat: Repeat) -> Attempts {
    policy.start(at(0), ctx, repeat).unwrap()
}

/// What comes after the first attempt of a request that may be repeated.
fn first(policy: &RetryPolicy, verdict: impl Into<Verdict>) -> Next {
    policy.handle(&mut begin(policy, &Ctx::default(), Repeat::Safe), at(0), verdict)
}

fn is_retry(next: Next) -> bool {
    matches!(next, Next::Retry { .. })
}

#[test]
fn what_the_server_did_is_final_and_what_it_could_not_is_tried_again() {
    let policy = default_policy();
    for outcome in [Outcome::Success, Outcome::Ignore, Outcome::Slow] {
        assert_eq!(first(&policy, outcome), Next::Done, "{outcome:?}");
    }
    for outcome in [Outcome::Failure, Outcome::Timeout, Outcome::Overload, Outcome::Topology] {
        assert!(is_retry(first(&policy, outcome)), "{outcome:?}");
    }
    assert_eq!(first(&policy, Outcome::Cancelled), Next::GiveUp(GiveUp::Cancelled));
}

#[test]
fn there_are_two_retries_within_their_bounds_and_then_the_outer_layer_is_told_not_to() {
    let policy = default_policy();
    let mut attempts = policy.start(at(0), &Ctx::default(), Repeat::Safe).unwrap();
    let mut now = at(0);
    for (previous, bound) in [(0, 25), (1, 50)] {
        assert_eq!(policy.attempt(&attempts, now).unwrap().previous, previous);
        let Next::Retry { at } = policy.handle(&mut attempts, now, Outcome::Failure) else {
            panic!("no retry {previous}")
        };
        assert!(at - now <= ms(bound));
        now = at;
    }
    assert_eq!(policy.attempt(&attempts, now).unwrap().previous, 2);
    let end = policy.handle(&mut attempts, now, Outcome::Failure);
    assert_eq!(end, Next::GiveUp(GiveUp::AttemptsSpent));
    assert_eq!(GiveUp::AttemptsSpent.pushback(), Pushback::Never);
}

#[test]
fn what_must_not_be_repeated_is_only_when_nobody_acted_on_it() {
    let policy = default_policy();
    let after = |answer: Answer| {
        let mut attempts = begin(&policy, &Ctx::default(), Repeat::Unsafe);
        policy.handle(&mut attempts, at(0), answer)
    };
    for outcome in [Outcome::Failure, Outcome::Timeout, Outcome::Overload] {
        let unknown = after(Answer::new(outcome));
        assert_eq!(unknown, Next::GiveUp(GiveUp::NotRepeatable), "{outcome:?}");
        assert!(is_retry(after(Answer::new(outcome).unprocessed())), "{outcome:?}");
    }
    assert!(is_retry(after(Answer::new(Outcome::Topology))), "a replica does not write");
}

#[test]
fn http_says_which_methods_may_be_repeated() {
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        assert_eq!(Repeat::of_method(method), Repeat::Safe);
    }
    for method in ["POST", "PATCH", "CONNECT", "get", ""] {
        assert_eq!(Repeat::of_method(method), Repeat::Unsafe);
    }
}

#[test]
fn an_inner_layer_leaves_retries_to_the_outer_one_that_makes_them() {
    let policy = policy(RetrySettings { retries: 10, ..RetrySettings::default() });
    let ctx = Ctx::default().previous_attempts(1);
    let mut attempts = policy.start(at(0), &ctx, Repeat::Safe).unwrap();
    let attempt = policy.attempt(&attempts, at(0)).unwrap();
    assert_eq!(attempt.previous, 1, "the layer behind is told too");
    let end = policy.handle(&mut attempts, at(0), Outcome::Failure);
    assert_eq!(end, Next::GiveUp(GiveUp::OuterRetries));
    assert_eq!(policy.budget().balance(at(100)), 30.0, "a retry earns no retries");
}

#[test]
fn a_server_that_says_when_is_asked_then() {
    let policy = default_policy();
    let mut attempts = begin(&policy, &Ctx::default(), Repeat::Safe);
    for _ in 0..2 {
        let answer = Answer::new(Outcome::Overload).pushback(Pushback::After(ms(400)));
        let Next::Retry { at: next } = policy.handle(&mut attempts, at(0), answer) else {
            panic!("no retry")
        };
        // gRPC's A6: the waits start again from the first, so the jitter does not grow.
        assert!((at(400)..=at(425)).contains(&next), "{next:?}");
    }
}

#[test]
fn a_server_that_says_no_is_not_asked_again() {
    let policy = default_policy();
    let says = |pushback| first(&policy, Answer::new(Outcome::Overload).pushback(pushback));
    let never = says(Pushback::Never);
    assert_eq!(never, Next::GiveUp(GiveUp::PushedBack(Pushback::Never)));
    let late = Pushback::After(ms(5_001));
    assert_eq!(says(late), Next::GiveUp(GiveUp::PushedBack(late)));
    assert_eq!(GiveUp::PushedBack(late).pushback(), late, "and the caller hears when");
    assert!(is_retry(says(Pushback::After(ms(5_000)))));
}

#[test]
fn nothing_is_begun_that_cannot_end_in_time() {
    let policy = default_policy();
    let near = Ctx::default().deadline(at(100));
    let mut attempts = begin(&policy, &near, Repeat::Safe);
    let answer = Answer::new(Outcome::Overload).pushback(Pushback::After(ms(90)));
    let end = policy.handle(&mut attempts, at(0), answer);
    assert_eq!(end, Next::GiveUp(GiveUp::DeadlineNear));
    assert_eq!(policy.budget().balance(at(0)), 30.0, "and nothing is paid for it");

    let refused = policy.start(at(90), &near, Repeat::Safe).unwrap_err();
    assert_eq!(refused.reason, Rejected::DeadlinePassed);
    assert_eq!(policy.attempt(&attempts, at(95)), None, "woken too late");
}

#[test]
fn an_attempt_ends_before_its_request() {
    let policy = default_policy();
    let attempts = begin(&policy, &Ctx::default(), Repeat::Safe);
    assert_eq!(policy.attempt(&attempts, at(0)).unwrap().deadline, at(1_000));
    let attempts = begin(&policy, &Ctx::default().deadline(at(300)), Repeat::Safe);
    assert_eq!(policy.attempt(&attempts, at(0)).unwrap().deadline, at(290));
}

#[test]
fn an_endpoint_that_is_left_alone_costs_nothing_and_other_refusals_are_final() {
    let policy = default_policy();
    let refuse = |scope| Rejection::new(Rejected::BreakerOpen, scope).retry_after(ms(70));
    let mut attempts = begin(&policy, &Ctx::default(), Repeat::Unsafe);
    for _ in 0..2 {
        let next = policy.handle(&mut attempts, at(0), refuse(Scope::Endpoint));
        assert_eq!(next, Next::Retry { at: at(0) });
    }
    let end = policy.handle(&mut attempts, at(0), refuse(Scope::Endpoint));
    assert_eq!(end, Next::GiveUp(GiveUp::Refused(refuse(Scope::Endpoint))));
    for scope in [Scope::Node, Scope::Resource, Scope::Key, Scope::Caller] {
        let why = GiveUp::Refused(refuse(scope));
        assert_eq!(first(&policy, refuse(scope)), Next::GiveUp(why));
        assert_eq!(why.pushback(), Pushback::After(ms(70)));
    }
    assert_eq!(policy.budget().balance(at(0)), 30.0);
}

/// `backon` and `tokio-retry` know nothing of a request's siblings: of 1000 that fail,
/// each is tried three times.
#[test]
fn backon_and_tokio_retry_have_no_budget_and_this_has_one_by_default() {
    let policy = default_policy();
    let retries = (0..1_000).filter(|_| is_retry(first(&policy, Outcome::Failure))).count();
    assert_eq!(retries, 30, "the reserve of 3 a second for 10 s");
    assert_eq!(first(&policy, Outcome::Failure), Next::GiveUp(GiveUp::BudgetSpent));
    assert_eq!(GiveUp::BudgetSpent.pushback(), Pushback::Never);
    // 1001 requests have earned 100 more by the next slot.
    let later = |policy: &RetryPolicy| {
        let mut attempts = begin(policy, &Ctx::default(), Repeat::Safe);
        is_retry(policy.handle(&mut attempts, at(100), Outcome::Failure))
    };
    assert_eq!((0..1_000).filter(|_| later(&policy)).count(), 100);
}

#[test]
fn overloaded_answers_earn_no_retries() {
    let settings = RetrySettings {
        budget: RetryBudgetSettings { min_per_second: 0, ratio: 0.5, ..Default::default() },
        ..RetrySettings::default()
    };
    let policy = policy(settings);
    for _ in 0..10 {
        let mut attempts = begin(&policy, &Ctx::default(), Repeat::Safe);
        // Only once for a request, however often it hears it.
        policy.handle(&mut attempts, at(0), Outcome::Overload);
        policy.handle(&mut attempts, at(0), Outcome::Overload);
    }
    begin(&policy, &Ctx::default(), Repeat::Safe);
    assert_eq!(policy.budget().balance(at(100)), 0.5);
}

#[test]
fn a_throttle_stops_retries_while_most_fails() {
    let settings = RetrySettings {
        throttle: Some(RetryThrottleSettings::default()),
        ..RetrySettings::default()
    };
    let policy = policy(settings.clone());
    let retries = (0..100).filter(|_| is_retry(first(&policy, Outcome::Failure))).count();
    assert_eq!(retries, 4);
    assert_eq!(first(&policy, Outcome::Failure), Next::GiveUp(GiveUp::Throttled));
    assert_eq!(GiveUp::Throttled.pushback(), Pushback::Never);

    let other = policy.reconfigured(&settings, at(0)).unwrap();
    assert_eq!(first(&other, Outcome::Failure), Next::GiveUp(GiveUp::Throttled), "it is kept");
    for _ in 0..100 {
        first(&other, Outcome::Success);
    }
    assert!(is_retry(first(&other, Outcome::Failure)));
}

#[test]
fn without_retries_the_outer_layer_may_make_them() {
    let policy = policy(RetrySettings { retries: 0, ..RetrySettings::default() });
    assert_eq!(first(&policy, Outcome::Failure), Next::GiveUp(GiveUp::Off));
    assert_eq!(GiveUp::Off.pushback(), Pushback::Unsaid);
}

#[test]
fn other_settings_keep_the_budget() {
    let before = default_policy();
    while is_retry(first(&before, Outcome::Failure)) {}
    let settings = RetrySettings { retries: 5, ..RetrySettings::default() };
    let policy = before.reconfigured(&settings, at(0)).unwrap();
    assert_eq!(first(&policy, Outcome::Failure), Next::GiveUp(GiveUp::BudgetSpent));
    let budget = RetryBudgetSettings { min_per_second: 5, ..Default::default() };
    let more = RetrySettings { budget, ..RetrySettings::default() };
    let policy = policy.reconfigured(&more, at(0)).unwrap();
    assert_eq!(before.budget().balance(at(0)), 20.0, "50 less the 30 that were spent");
    let wrong = RetrySettings { retries: 11, ..RetrySettings::default() };
    assert_eq!(policy.reconfigured(&wrong, at(0)).unwrap_err().field, "retries");
}

#[test]
fn settings_are_read_and_checked() {
    let read: RetrySettings = serde_json::from_str(
        r#"{"retries": 1, "pushback_max_ms": 100, "deadline": {"attempt_ms": 200},
            "budget": {"ratio": 0.2}, "throttle": {"max_tokens": 20}}"#,
    )
    .unwrap();
    assert_eq!((read.retries, read.pushback_max), (1, ms(100)));
    assert_eq!((read.deadline.attempt, read.budget.ratio), (ms(200), 0.2));
    assert_eq!(read.throttle.as_ref().unwrap().max_tokens, 20);
    assert!(serde_json::from_str::<RetrySettings>(r#"{"retires": 1}"#).is_err());

    let wrong = |settings: RetrySettings| RetryPolicy::new(&settings, 1, at(0)).unwrap_err().field;
    let default = RetrySettings::default;
    assert_eq!(
        wrong(RetrySettings { pushback_max: Duration::MAX, ..default() }),
        "pushback_max_ms"
    );
    let backoff = BackoffSettings { base: Duration::ZERO, ..Default::default() };
    assert_eq!(wrong(RetrySettings { backoff, ..default() }), "base_ms");
    let budget = RetryBudgetSettings { ratio: 11.0, ..Default::default() };
    assert_eq!(wrong(RetrySettings { budget, ..default() }), "ratio");
    let throttle = Some(RetryThrottleSettings { max_tokens: 0, ..Default::default() });
    assert_eq!(wrong(RetrySettings { throttle, ..default() }), "max_tokens");
}

mod any_course {
    use proptest::{prelude::*, prop_assert, proptest};

    use super::*;

    fn verdict() -> impl Strategy<Value = Verdict> {
        let outcome = prop_oneof![
            Just(Outcome::Success),
            Just(Outcome::Failure),
            Just(Outcome::Timeout),
            Just(Outcome::Overload),
            Just(Outcome::Topology),
        ];
        let pushback = prop_oneof![
            Just(Pushback::Unsaid),
            Just(Pushback::Never),
            (0_u64..7_000).prop_map(|millis| Pushback::After(ms(millis))),
        ];
        let answer =
            (outcome, pushback, any::<bool>()).prop_map(|(outcome, pushback, unprocessed)| {
                Verdict::Answered(Answer { outcome, pushback, unprocessed })
            });
        let refused = prop_oneof![Just(Scope::Endpoint), Just(Scope::Resource)]
            .prop_map(|scope| Rejection::new(Rejected::ConcurrencyLimited, scope).into());
        prop_oneof![4 => answer, 1 => refused]
    }

    proptest! {
        /// Whatever servers answer, a request ends, within its attempts and its deadline,
        /// and what may not be repeated is not.
        #[test]
        fn of_a_request_stays_within_its_bounds(
            verdicts in proptest::collection::vec((verdict(), 0_u64..300), 12),
            retries in 0_u8..=10,
            deadline in proptest::option::of(0_u64..3_000),
            is_safe: bool,
        ) {
            let policy = policy(RetrySettings { retries, ..RetrySettings::default() });
            let repeat = if is_safe { Repeat::Safe } else { Repeat::Unsafe };
            let ctx = Ctx { deadline: deadline.map(at), ..Ctx::default() };
            let mut now = at(0);
            let Ok(mut attempts) = policy.start(now, &ctx, repeat) else {
                prop_assert!(deadline.is_some_and(|deadline| deadline <= 10));
                return Ok(());
            };
            let mut made = 0;
            for (verdict, took) in verdicts {
                let Some(attempt) = policy.attempt(&attempts, now) else { break };
                made += 1;
                prop_assert!(made <= usize::from(retries) + 1);
                prop_assert_eq!(usize::from(attempt.previous) + 1, made);
                prop_assert!(attempt.deadline > now && attempt.deadline - now <= ms(1_000));
                prop_assert!(deadline.is_none_or(|deadline| attempt.deadline + ms(10) <= at(deadline)));
                now = now + ms(took);
                let Next::Retry { at } = policy.handle(&mut attempts, now, verdict) else { break };
                prop_assert!(at >= now);
                if let Verdict::Answered(answer) = verdict {
                    let acted = !answer.unprocessed && answer.outcome != Outcome::Topology;
                    prop_assert!(is_safe || !acted);
                    prop_assert!(answer.outcome != Outcome::Success);
                    if let Pushback::After(wait) = answer.pushback {
                        prop_assert!(at >= now + wait);
                    }
                }
                now = at;
            }
        }
    }
}
