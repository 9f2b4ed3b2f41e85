//! How much CPU time a cgroup may use.

use std::time::Duration;

use crate::signal::files::whole_line;

/// A cgroup's bandwidth limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bandwidth {
    Unlimited,
    Limited {
        /// Processors' worth of time.
        cores: f64,
        /// How often it is granted anew.
        period: Duration,
    },
}

impl Bandwidth {
    /// Reads `cpu.max`: `$MAX $PERIOD` in microseconds, where `$MAX` may be `max`
    /// (cgroup-v2.rst, "CPU Interface Files"). `None` when it reads otherwise.
    pub(super) fn parse_v2(text: &str) -> Option<Self> {
        let (quota, period) = whole_line(text)?.split_once(' ')?;
        let period: u64 = period.parse().ok()?;
        if quota == "max" { Some(Self::Unlimited) } else { Self::of(quota.parse().ok()?, period) }
    }

    /// Reads `cpu.cfs_quota_us` and `cpu.cfs_period_us`: microseconds, and a quota below
    /// zero is none (sched-bwc.rst, "Management"). `None` when they read otherwise.
    pub(super) fn parse_v1(quota: &str, period: &str) -> Option<Self> {
        let quota: i64 = whole_line(quota)?.parse().ok()?;
        let period = whole_line(period)?.parse().ok()?;
        u64::try_from(quota).map_or(Some(Self::Unlimited), |quota| Self::of(quota, period))
    }

    fn of(quota_micros: u64, period_micros: u64) -> Option<Self> {
        if quota_micros == 0 || period_micros == 0 {
            return None;
        }
        let cores = quota_micros as f64 / period_micros as f64;
        Some(Self::Limited { cores, period: Duration::from_micros(period_micros) })
    }

    /// Processors' worth of time, `None` when unlimited.
    pub(super) const fn cores(self) -> Option<f64> {
        match self {
            Self::Unlimited => None,
            Self::Limited { cores, .. } => Some(cores),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_read_as_the_kernel_writes_them() {
        let cores = |text: &str| Bandwidth::parse_v2(text).map(Bandwidth::cores);
        assert_eq!(cores("max 100000\n"), Some(None));
        assert_eq!(cores("125000 100000\n"), Some(Some(1.25)), "Sentinel#3120 saw 2");
        assert_eq!(cores("25000 100000\n"), Some(Some(0.25)), "and 1");
        for text in ["", "max", "100000", "0 100000", "1 0", "-1 100000", "a b", "1 2 3", "1 2\n3"]
        {
            assert_eq!(cores(&format!("{text}\n")), None, "{text:?}");
        }
        assert_eq!(cores("125000 1000"), None, "cut");
        let cores = |quota, period| Bandwidth::parse_v1(quota, period).map(Bandwidth::cores);
        assert_eq!(cores("-1\n", "100000\n"), Some(None));
        assert_eq!(cores("10000\n", "50000\n"), Some(Some(0.2)));
        assert_eq!(cores("10000\n", "\n"), None);
        assert_eq!(cores("10000\n", "500"), None, "cut");
        assert_eq!(cores("10000\n", "0\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_limit_or_not(text in "[0-9]* ?[0-9]*\n|max [0-9]*\n|.*", other in "[0-9]*\n|.*") {
            for limit in [Bandwidth::parse_v2(&text), Bandwidth::parse_v1(&text, &other)] {
                let cores = limit.and_then(Bandwidth::cores);
                prop_assert!(cores.is_none_or(|cores| cores > 0.0 && cores.is_finite()));
            }
        }
    }
}
