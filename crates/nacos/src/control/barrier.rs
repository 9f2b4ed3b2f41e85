//! Counts one operation against its rule.

use std::sync::atomic::{AtomicU64, Ordering};

use seawall_clock::Instant;

use super::{MonitorMode, TpsRule};

/// What the rule says of one more operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Within the limit, or there is none.
    Within,
    /// Over it, and let through.
    Monitored,
    /// Over it, and refused.
    Refused,
}

/// Operations in the current period: the period's number in the upper half, how many
/// in the lower.
#[derive(Debug, Default)]
pub(crate) struct Barrier(AtomicU64);

impl Barrier {
    /// Counts one operation at `now`.
    pub(crate) fn pass(&self, rule: TpsRule, now: Instant) -> Verdict {
        let period = now.since_start().as_secs() / rule.period.length().as_secs();
        // Comparing 32 bits is enough: two periods that agree in them are a century apart.
        let period = (period & u64::from(u32::MAX)) << 32;
        let counted = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |seen| {
            let fresh = seen & !u64::from(u32::MAX) != period;
            Some(if fresh { period | 1 } else { seen.saturating_add(u64::from(!full(seen))) })
        });
        // The closure never declines, so this is the state before.
        let before = counted.unwrap_or_default();
        let fresh = before & !u64::from(u32::MAX) != period;
        let count = if fresh { 0 } else { before & u64::from(u32::MAX) };
        match (count < u64::from(rule.max_count), rule.monitor) {
            (true, _) => Verdict::Within,
            (false, MonitorMode::Monitor) => Verdict::Monitored,
            (false, MonitorMode::Intercept) => Verdict::Refused,
        }
    }
}

/// Whether one more would run over into the period's number.
fn full(seen: u64) -> bool {
    seen & u64::from(u32::MAX) == u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Period;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    #[test]
    fn lets_as_many_through_as_the_rule_says_in_each_period() {
        let rule =
            TpsRule { max_count: 2, period: Period::Seconds, monitor: MonitorMode::Intercept };
        let barrier = Barrier::default();
        let verdicts: Vec<_> =
            [0, 1, 2, 999, 1_000, 1_001, 1_999].map(|ms| barrier.pass(rule, at(ms))).into();
        use Verdict::{Refused, Within};
        assert_eq!(verdicts, [Within, Within, Refused, Refused, Within, Within, Refused]);
    }

    #[test]
    fn monitoring_refuses_nothing() {
        let rule = TpsRule { max_count: 0, period: Period::Minutes, monitor: MonitorMode::Monitor };
        let barrier = Barrier::default();
        assert_eq!(barrier.pass(rule, at(5)), Verdict::Monitored);
    }

    proptest::proptest! {
        #[test]
        fn never_more_than_the_rule_in_any_period(
            max in 0u32..20,
            mut times in proptest::collection::vec(0u64..5_000, 0..200),
        ) {
            times.sort_unstable();
            let rule =
                TpsRule { max_count: max, period: Period::Seconds, monitor: MonitorMode::Intercept };
            let barrier = Barrier::default();
            let mut passed = [0u32; 5];
            for ms in times {
                if barrier.pass(rule, at(ms)) == Verdict::Within {
                    passed[usize::try_from(ms / 1_000).unwrap()] += 1;
                }
            }
            proptest::prop_assert!(passed.iter().all(|count| *count <= max));
        }
    }
}
