use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn counts(good: u64, bad: u64, slow: u64) -> Counts {
    Counts { good, bad, slow, ..Counts::default() }
}

#[test]
fn resilience4j_the_default_opens_with_the_hundredth_call_when_half_failed() {
    let settings = ClassicSettings::default();
    let mut classic = Classic::new(&settings);
    for call in 1..=99 {
        classic.add(counts(call % 2, 1 - call % 2, 0), 0);
        assert_eq!(classic.judge(&settings), None, "{call}");
    }
    classic.add(counts(0, 1, 0), 0);
    assert_eq!(classic.judge(&settings), Some(Reason::FailureRatio));
}

#[test]
fn a_window_of_calls_forgets_what_is_older() {
    let settings =
        ClassicSettings { window: Span::Calls(10), min_calls: 10, ..ClassicSettings::default() };
    let mut classic = Classic::new(&settings);
    (0..4).for_each(|_| classic.add(counts(0, 1, 0), 0));
    (0..6).for_each(|_| classic.add(counts(1, 0, 0), 0));
    assert_eq!(classic.sum(), counts(6, 4, 0));
    (0..4).for_each(|_| classic.add(counts(1, 0, 0), 0));
    assert_eq!(classic.sum(), counts(10, 0, 0));
    // What comes at once counts at once.
    classic.add(counts(900, 100, 0), 0);
    assert_eq!(classic.sum(), counts(900, 100, 0));
}

#[test]
fn a_window_of_time_slides_by_tenths() {
    let settings = ClassicSettings {
        failure_ratio: Some(0.5),
        ..ClassicSettings::sentinel(Duration::from_secs(1))
    };
    let mut classic = Classic::new(&settings);
    classic.add(counts(0, 5, 0), 1);
    assert_eq!(classic.judge(&settings), Some(Reason::FailureRatio));
    classic.add(counts(4, 0, 0), 8);
    assert_eq!(classic.sum(), counts(4, 5, 0));
    classic.add(Counts::default(), 1);
    assert_eq!(classic.sum(), counts(4, 0, 0), "the tenth tenth is the one that fills");
}

#[test]
fn sentinel_1769_a_ratio_of_one_is_reached_when_all_are() {
    let settings = ClassicSettings {
        slow_ratio: Some(1.0),
        ..ClassicSettings::sentinel(Duration::from_secs(1))
    };
    let mut classic = Classic::new(&settings);
    classic.add(counts(4, 0, 4), 0);
    assert_eq!(classic.judge(&settings), None, "four calls are too few");
    classic.add(counts(1, 0, 1), 0);
    assert_eq!(classic.judge(&settings), Some(Reason::SlowRatio));
    classic.add(counts(1, 0, 0), 0);
    assert_eq!(classic.judge(&settings), None);
}

#[test]
fn sentinel_error_count_opens_with_so_many_failures() {
    let settings = ClassicSettings {
        failure_count: Some(3),
        ..ClassicSettings::sentinel(Duration::from_secs(1))
    };
    let mut classic = Classic::new(&settings);
    classic.add(counts(10_000, 2, 0), 0);
    assert_eq!(classic.judge(&settings), None);
    assert_eq!(classic.margin(&settings), 1);
    classic.add(counts(0, 1, 0), 0);
    assert_eq!(classic.judge(&settings), Some(Reason::FailureCount));
}

fn settings() -> impl Strategy<Value = ClassicSettings> {
    let ratio = || prop::option::of(0.01_f64..=1.0);
    let span = prop_oneof![
        (1_u32..300).prop_map(Span::Calls),
        (100_u64..5_000).prop_map(|millis| Span::Time(Duration::from_millis(millis))),
    ];
    (span, ratio(), ratio(), prop::option::of(1_u32..100), 1_u32..200).prop_map(
        |(window, failure_ratio, slow_ratio, failure_count, min_calls)| ClassicSettings {
            window,
            failure_ratio,
            failure_count,
            slow_ratio,
            min_calls,
            ..ClassicSettings::default()
        },
    )
}

proptest! {
    /// Judging only when as many calls failed or were slow as the margin says finds the
    /// threshold with the same call as judging after every call.
    #[test]
    fn no_threshold_is_reached_before_the_margin_is_used_up(
        settings in settings(),
        calls in prop::collection::vec((0_u8..4, 0_u64..20), 1..400),
    ) {
        let mut classic = Classic::new(&settings);
        let mut margin = classic.margin(&settings);
        for (kind, ticks) in calls {
            let (news, bad) = match kind {
                0 | 1 => (counts(1, 0, 0), false),
                2 => (counts(0, 1, 0), true),
                _ => (counts(1, 0, 1), true),
            };
            // One tick in twenty passes, and then the margin is known anew.
            let ticks = u64::from(ticks == 0);
            classic.add(news, ticks);
            if bad {
                margin -= 1;
            }
            if margin > 0 && ticks == 0 && bad {
                prop_assert_eq!(classic.judge(&settings), None);
            }
            if margin == 0 || ticks > 0 {
                margin = classic.margin(&settings);
            }
        }
    }
}
