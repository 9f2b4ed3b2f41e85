use super::*;

#[test]
fn gozero_3580_a_breaker_can_be_left_out_and_put_back() {
    let mut world = World::consecutive(1);
    world.call(MS, Outcome::Failure);
    let enabled = world.breaker.settings();
    let disabled = BreakerSettings { enabled: false, ..(*enabled).clone() };
    world.breaker.reconfigure(disabled, world.now).unwrap();
    assert_eq!((world.state(), world.reason()), (State::Disabled, Some(Reason::Reconfigured)));
    assert_eq!(world.calls(1_000, MS, Outcome::Failure), 1_000);
    world.breaker.reconfigure((*enabled).clone(), world.now).unwrap();
    assert_eq!(world.state(), State::Closed);
    world.call(MS, Outcome::Failure);
    assert_eq!(world.state(), State::Open);
}

#[test]
fn gozero_3589_a_breaker_can_be_tuned_while_it_is_open() {
    let mut world = World::consecutive(1);
    world.call(MS, Outcome::Failure);
    let tuned = ConsecutiveSettings {
        failures: 3,
        open: MS * 10,
        open_max: MS * 10,
        ..ConsecutiveSettings::default()
    };
    let tuned = BreakerSettings::new(Policy::Consecutive(tuned));
    world.breaker.reconfigure(tuned, world.now).unwrap();
    assert_eq!(world.state(), State::Open, "where it stands is kept");
    world.probe(MS, Outcome::Failure);
    assert!(world.ask().unwrap_err().retry_after <= MS * 10);
    world.probe(MS, Outcome::Success);
    world.calls(2, MS, Outcome::Failure);
    assert_eq!(world.state(), State::Closed);
}

#[test]
fn another_policy_starts_closed_and_knows_how_long_calls_take() {
    let mut world = World::warm(30);
    let usual = world.breaker.status().patience;
    while world.state() != State::Open {
        world.call(MS * 10, Outcome::Failure);
    }
    let policy =
        Policy::Classic(ClassicSettings { window: Span::Calls(10), ..ClassicSettings::default() });
    world.breaker.reconfigure(BreakerSettings::new(policy), world.now).unwrap();
    assert_eq!(world.state(), State::Closed);
    assert_eq!(world.breaker.status().patience, usual);
    world.calls(10, MS * 10, Outcome::Failure);
    assert_eq!(world.reason(), Some(Reason::FailureRatio));
}

#[test]
fn what_is_out_of_range_changes_nothing() {
    let world = World::consecutive(1);
    let before = world.breaker.settings();
    let wrong = ConsecutiveSettings { failures: 0, ..ConsecutiveSettings::default() };
    let wrong = BreakerSettings::new(Policy::Consecutive(wrong));
    let refused = world.breaker.reconfigure(wrong.clone(), world.now).unwrap_err();
    assert_eq!(refused.field, "failures");
    assert_eq!(world.breaker.settings(), before);
    assert!(Breaker::new(wrong, Scope::Node, 1, world.now).is_err());
}

#[test]
fn another_policy_judges_as_often_as_it_has_to() {
    let (window, span) = (Duration::from_secs(600), Span::Time);
    let settings = ClassicSettings { window: span(window), ..ClassicSettings::default() };
    let mut world = World::new(Policy::Classic(settings));
    world.breaker.reconfigure(BreakerSettings::default(), world.now).unwrap();
    let began = world.now;
    while world.state() != State::Open {
        world.call(MS * 10, Outcome::Failure);
    }
    assert!(world.now - began <= MS * 1_000, "{:?}", world.now - began);
}
