use super::*;

fn sentinel(change: impl Fn(&mut ClassicSettings)) -> World {
    let mut settings = ClassicSettings::sentinel(MS * 10_000);
    settings.open_jitter = 0.0;
    change(&mut settings);
    World::new(Policy::Classic(settings))
}

#[test]
fn resilience4j_defaults_open_with_the_hundredth_call_and_ten_probes_decide() {
    let mut world = World::new(Policy::Classic(ClassicSettings::default()));
    assert_eq!(world.calls(50, MS, Outcome::Success), 50);
    assert_eq!(world.calls(50, MS, Outcome::Failure), 50);
    assert_eq!((world.state(), world.reason()), (State::Open, Some(Reason::FailureRatio)));
    let waits = world.ask().unwrap_err().retry_after;
    assert!(waits >= MS * 59_000 && waits <= MS * 66_000, "{waits:?}");
    world.wait(waits);
    let probes: Vec<_> = (0..100).filter_map(|_| world.ask().ok()).collect();
    assert_eq!(probes.len(), 10);
    for (number, probe) in probes.into_iter().enumerate() {
        let outcome = if number < 4 { Outcome::Failure } else { Outcome::Success };
        probe.finish(world.now, outcome);
    }
    assert_eq!(world.state(), State::Closed);
    assert_eq!(world.calls(99, MS, Outcome::Failure), 99, "what was before is forgotten");
    assert_eq!(world.state(), State::Closed);
    world.call(MS, Outcome::Failure);
    assert_eq!(world.state(), State::Open);
}

#[test]
fn sentinel_error_ratio_opens_with_the_fifth_call_of_a_second() {
    let mut world = sentinel(|rule| rule.failure_ratio = Some(0.6));
    world.calls(2, MS, Outcome::Success);
    world.calls(2, MS, Outcome::Failure);
    assert_eq!(world.state(), State::Closed);
    world.call(MS, Outcome::Failure);
    assert_eq!((world.state(), world.reason()), (State::Open, Some(Reason::FailureRatio)));
    assert_eq!(world.ask().unwrap_err().retry_after, MS * 10_000);
    // One probe that succeeds closes it.
    world.probe(MS, Outcome::Ignore);
    assert_eq!(world.state(), State::Closed);
}

#[test]
fn sentinel_failures_of_the_second_before_do_not_count() {
    let mut world = sentinel(|rule| rule.failure_count = Some(6));
    for _ in 0..20 {
        world.calls(5, Duration::ZERO, Outcome::Failure);
        world.wait(MS * 1_000);
    }
    assert_eq!(world.state(), State::Closed);
    world.calls(6, Duration::ZERO, Outcome::Failure);
    assert_eq!((world.state(), world.reason()), (State::Open, Some(Reason::FailureCount)));
}

#[test]
fn sentinel_slow_ratio_opens_and_a_slow_probe_does_not_close_it() {
    let mut world = sentinel(|rule| {
        rule.slow_ratio = Some(1.0);
        rule.slow_call = MS * 50;
    });
    world.calls(5, MS * 50, Outcome::Success);
    assert_eq!((world.state(), world.reason()), (State::Open, Some(Reason::SlowRatio)));
    world.probe(MS * 50, Outcome::Success);
    assert_eq!((world.state(), world.reason()), (State::Open, Some(Reason::ProbeFailed)));
    world.probe(MS * 49, Outcome::Success);
    assert_eq!(world.state(), State::Closed);
    // What the server itself calls slow is slow, however fast it says so.
    world.calls(5, MS, Outcome::Slow);
    assert_eq!(world.state(), State::Open);
}

#[test]
fn overload_counts_for_the_share() {
    let mut world = sentinel(|rule| rule.failure_ratio = Some(0.5));
    world.calls(5, MS, Outcome::Overload);
    assert_eq!(world.state(), State::Open);
}

#[test]
fn the_time_open_grows_up_to_its_limit_when_it_has_one() {
    let mut world = sentinel(|rule| {
        rule.failure_count = Some(5);
        rule.open_max = MS * 30_000;
    });
    world.calls(5, MS, Outcome::Failure);
    for seconds in [10, 20, 30, 30] {
        let waits = world.ask().unwrap_err().retry_after;
        assert_eq!(waits, Duration::from_secs(seconds));
        world.wait(waits);
        world.call(Duration::ZERO, Outcome::Failure);
    }
}

#[test]
fn polly_216_failures_of_calls_from_before_it_opened_do_not_open_it_again() {
    let mut world = sentinel(|rule| rule.failure_count = Some(5));
    let old: Vec<_> = (0..5).map(|_| world.ask().unwrap()).collect();
    world.calls(5, MS, Outcome::Failure);
    world.probe(MS, Outcome::Success);
    assert_eq!(world.state(), State::Closed);
    old.into_iter().for_each(|permit| permit.finish(world.now, Outcome::Failure));
    assert_eq!(world.state(), State::Closed);
}
