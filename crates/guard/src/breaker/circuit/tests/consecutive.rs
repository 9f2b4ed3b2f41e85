use super::*;

#[test]
fn it_opens_after_so_many_failures_in_a_row_and_an_answer_ends_the_row() {
    let mut world = World::consecutive(3);
    for _ in 0..10 {
        world.calls(2, MS, Outcome::Failure);
        world.call(MS, Outcome::Success);
    }
    assert_eq!(world.state(), State::Closed);
    world.calls(2, MS, Outcome::Failure);
    world.call(MS * 60, Outcome::Timeout);
    assert_eq!(world.state(), State::Open);
    let last = world.breaker.status().last.unwrap();
    assert_eq!((last.from, last.at), (State::Closed, world.now));
    assert_eq!(last.reason, Reason::FailureStreak);
}

#[test]
fn linkerd_times_double_while_probes_fail_and_start_over_after_one_succeeds() {
    let mut world = World::consecutive(1);
    world.call(Duration::ZERO, Outcome::Failure);
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let waits = world.ask().unwrap_err().retry_after;
        assert_eq!(waits, Duration::from_secs(seconds));
        world.wait(waits - MS);
        assert_eq!(world.ask().unwrap_err().retry_after, MS);
        world.wait(MS);
        assert!(world.call(Duration::ZERO, Outcome::Failure));
        assert_eq!(world.reason(), Some(Reason::ProbeFailed));
    }
    world.wait(Duration::from_secs(60));
    assert!(world.call(Duration::ZERO, Outcome::Success));
    assert_eq!(world.reason(), Some(Reason::ProbeSucceeded));
    world.call(Duration::ZERO, Outcome::Failure);
    assert_eq!(world.ask().unwrap_err().retry_after, MS * 1_000);
}

#[test]
fn linkerd_429_is_no_failure_in_a_row_but_fails_a_probe() {
    let mut world = World::consecutive(2);
    world.calls(100, MS, Outcome::Overload);
    assert_eq!(world.state(), State::Closed);
    world.call(MS, Outcome::Failure);
    world.call(MS, Outcome::Overload);
    world.call(MS, Outcome::Failure);
    assert_eq!(world.state(), State::Closed, "it ends a row, as in linkerd");
    world.call(MS, Outcome::Failure);
    world.probe(MS, Outcome::Overload);
    assert_eq!((world.state(), world.reason()), (State::Open, Some(Reason::ProbeFailed)));
}

#[test]
fn sentinel_1638_a_probe_refused_further_down_does_not_keep_it_half_open() {
    let mut world = World::consecutive(1);
    world.call(MS, Outcome::Failure);
    world.wait(MS * 1_000);
    // The limiter behind the breaker says no, and the permit is dropped.
    drop(world.ask().unwrap());
    assert_eq!(world.state(), State::HalfOpen);
    let probe = world.ask().unwrap();
    assert!(probe.is_probe() && world.ask().is_err());
    drop(probe);
    world.probe(MS, Outcome::Success);
    assert_eq!(world.state(), State::Closed);
}

#[test]
fn failsafe_answers_from_before_it_opened_do_not_close_it() {
    // failsafe lets every call pass while half open, and closes with any that
    // succeeds; Sentinel and Hystrix (Netflix/Hystrix#1350) close with an old one too.
    let mut world = World::consecutive(1);
    let old = [world.ask().unwrap(), world.ask().unwrap()];
    world.call(MS, Outcome::Failure);
    world.wait(MS * 1_000);
    let probe = world.ask().unwrap();
    assert!(world.ask().is_err(), "one passes, not all");
    let [good, bad] = old;
    good.finish(world.now, Outcome::Success);
    assert_eq!(world.state(), State::HalfOpen);
    bad.finish(world.now, Outcome::Failure);
    assert_eq!(world.state(), State::HalfOpen);
    probe.finish(world.now, Outcome::Success);
    assert_eq!(world.state(), State::Closed);
}

#[test]
fn a_late_failure_does_not_open_one_that_closed_meanwhile() {
    let mut world = World::consecutive(1);
    let late = world.ask().unwrap();
    world.call(MS, Outcome::Failure);
    world.probe(MS, Outcome::Success);
    late.finish(world.now, Outcome::Timeout);
    assert_eq!(world.state(), State::Closed);
}
