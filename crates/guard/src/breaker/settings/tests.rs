use super::*;

const MS: Duration = Duration::from_millis(1);

fn json(policy: Policy) -> String {
    serde_json::to_string(&BreakerSettings::new(policy)).unwrap()
}

#[test]
fn resilience4j_defaults_are_those_of_the_classic_policy() {
    // CircuitBreakerConfig.java, DEFAULT_*.
    assert_eq!(
        json(Policy::Classic(ClassicSettings::default())),
        r#"{"enabled":true,"policy":{"kind":"classic","window":{"calls":100},"failure_ratio":0.5,"failure_count":null,"slow_ratio":1.0,"slow_call_ms":60000,"min_calls":100,"open_ms":60000,"open_max_ms":0,"open_jitter":0.1,"probes":10}}"#,
    );
}

#[test]
fn linkerd_defaults_are_those_of_failures_in_a_row() {
    assert_eq!(
        json(Policy::Consecutive(ConsecutiveSettings::default())),
        r#"{"enabled":true,"policy":{"kind":"consecutive","failures":7,"open_ms":1000,"open_max_ms":60000,"open_jitter":0.5}}"#,
    );
}

#[test]
fn sentinel_defaults_are_those_of_its_degrade_rules() {
    // DegradeRule.java: minRequestAmount 5, statIntervalMs 1000.
    let rule = ClassicSettings::sentinel(Duration::from_secs(10));
    assert_eq!((rule.window, rule.min_calls), (Span::Time(MS * 1_000), 5));
    assert_eq!((rule.probes, rule.open), (1, MS * 10_000));
    assert_eq!((rule.failure_ratio, rule.failure_count, rule.slow_ratio), (None, None, None));
}

#[test]
fn settings_survive_writing_and_reading_and_unknown_ones_are_refused() {
    for policy in [
        Policy::default(),
        Policy::Classic(ClassicSettings::sentinel(MS * 10)),
        Policy::Consecutive(ConsecutiveSettings::default()),
    ] {
        let read: BreakerSettings = serde_json::from_str(&json(policy.clone())).unwrap();
        assert_eq!(read, BreakerSettings::new(policy));
        assert_eq!(read.validate(), Ok(()));
    }
    let sparse = r#"{"policy":{"kind":"sre","k":2.0}}"#;
    let read: BreakerSettings = serde_json::from_str(sparse).unwrap();
    let k = SreSettings { k: 2.0, ..SreSettings::default() };
    assert_eq!(read, BreakerSettings::new(Policy::Sre(k)));
    for unknown in [r#"{"enable":true}"#, r#"{"policy":{"kind":"sre","kk":2.0}}"#] {
        assert!(serde_json::from_str::<BreakerSettings>(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn what_is_out_of_range_is_named() {
    let sre = |change: fn(&mut SreSettings)| {
        let mut settings = SreSettings::default();
        change(&mut settings);
        BreakerSettings::new(Policy::Sre(settings)).validate().unwrap_err().field
    };
    assert_eq!(sre(|it| it.window = MS), "window_ms");
    assert_eq!(sre(|it| it.k = f64::NAN), "k");
    assert_eq!(sre(|it| it.k_min = 1.6), "k_min");
    assert_eq!(sre(|it| it.slow_ratio = Some(0.0)), "slow_ratio");
    assert_eq!(sre(|it| it.probe_gap = MS), "probe_gap_ms");
    let classic = |change: fn(&mut ClassicSettings)| {
        let mut settings = ClassicSettings::default();
        change(&mut settings);
        BreakerSettings::new(Policy::Classic(settings)).validate().unwrap_err().field
    };
    assert_eq!(classic(|it| it.window = Span::Calls(0)), "window");
    assert_eq!(classic(|it| it.window = Span::Time(MS)), "window");
    assert_eq!(classic(|it| it.failure_ratio = Some(1.1)), "failure_ratio");
    assert_eq!(classic(|it| it.probes = 0), "probes");
}

#[test]
fn finagle_and_linkerd_times_double_up_to_the_longest_with_jitter() {
    let hold = Policy::Consecutive(ConsecutiveSettings::default()).hold();
    let seconds = |before, draw| hold.time(before, draw).as_secs_f64();
    assert_eq!([0, 1, 2, 5].map(|before| seconds(before, 0.0)), [1.0, 2.0, 4.0, 32.0]);
    assert_eq!([6, 31, u32::MAX].map(|before| seconds(before, 0.9)), [60.0, 60.0, 60.0]);
    assert_eq!(seconds(1, 0.5), 2.5);
}

#[test]
fn a_probe_of_the_adaptive_policy_is_never_more_than_a_second_away() {
    let hold = Policy::default().hold();
    assert_eq!([0, 1, 2].map(|before| hold.time(before, 0.0)), [MS * 250, MS * 500, MS * 1_000]);
    for before in 0..40 {
        assert!(hold.time(before, 1.0) <= MS * 1_000);
    }
}

#[test]
fn a_constant_time_open_keeps_its_jitter() {
    // resilience4j has none, so a fleet that opened together probes together.
    let hold = Policy::Classic(ClassicSettings::default()).hold();
    assert_eq!(hold.time(0, 0.0), Duration::from_secs(60));
    assert_eq!(hold.time(3, 1.0), Duration::from_secs(66));
}

#[test]
fn a_trial_is_decided_as_soon_as_its_share_of_failures_is() {
    let trial = Policy::Classic(ClassicSettings::default()).trial();
    assert_eq!((trial.probes, trial.failures, trial.successes()), (10, 5, 6));
    let trial = Policy::Classic(ClassicSettings::sentinel(MS)).trial();
    assert_eq!((trial.probes, trial.failures, trial.successes()), (1, 1, 1));
    let all = ClassicSettings { failure_ratio: Some(1.0), ..ClassicSettings::default() };
    let trial = Policy::Classic(all).trial();
    assert_eq!((trial.probes, trial.failures, trial.successes()), (10, 10, 1));
}
