//! What nodes and store have to agree on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::limit::check_rate;
use crate::settings::InvalidSetting;

/// One limit of many nodes. All of them and the store are given the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeaseSettings {
    /// Permits in each period, of all nodes together; default 1,000; 1 to 100 for each
    /// microsecond of the period.
    pub permits: u32,
    /// The period, in milliseconds; default 1,000; 1 ms to a day.
    #[serde(rename = "period_ms", with = "crate::time::millis")]
    pub period: Duration,
    /// What a node may let pass at once after a rest, as the time in which its share earns
    /// it, in milliseconds; default 100; 1 ms to a minute.
    #[serde(rename = "burst_ms", with = "crate::time::millis")]
    pub burst: Duration,
    /// The term of a share that is still changing, in milliseconds; default 100; 10 ms to a
    /// minute.
    #[serde(rename = "shortest_term_ms", with = "crate::time::millis")]
    pub shortest_term: Duration,
    /// The longest term, in milliseconds; default 1,000; `shortest_term_ms` to a minute. A
    /// node asks twice in a term.
    #[serde(rename = "longest_term_ms", with = "crate::time::millis")]
    pub longest_term: Duration,
    /// In what time a node forgets what was asked for, in milliseconds; default 1,000; 10 ms
    /// to an hour.
    #[serde(rename = "demand_ms", with = "crate::time::millis")]
    pub demand: Duration,
    /// In what time a share that cannot be renewed comes to a fair one, but for 1/e, in
    /// milliseconds; default 10,000; 10 ms to an hour.
    #[serde(rename = "decay_ms", with = "crate::time::millis")]
    pub decay: Duration,
    /// After what time the store gives the share of a node that is not heard of to others, in
    /// milliseconds; default 60,000; `longest_term_ms` to a day. A node cut off for longer
    /// may let a fair share pass above the limit.
    #[serde(rename = "forget_ms", with = "crate::time::millis")]
    pub forget: Duration,
    /// How many nodes there are expected to be; default 10; 1 to 10,000. A node that never
    /// had a share takes the limit divided by this.
    pub nodes: u32,
    /// How many nodes may have a share; default 1,000; 1 to 100,000. More get none.
    pub max_nodes: u32,
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self {
            permits: 1_000,
            period: Duration::from_secs(1),
            burst: Duration::from_millis(100),
            shortest_term: Duration::from_millis(100),
            longest_term: Duration::from_secs(1),
            demand: Duration::from_secs(1),
            decay: Duration::from_secs(10),
            forget: Duration::from_secs(60),
            nodes: 10,
            max_nodes: 1_000,
        }
    }
}

impl LeaseSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        const MINUTE: Duration = Duration::from_mins(1);
        const HOUR: Duration = Duration::from_hours(1);
        const TEN: Duration = Duration::from_millis(10);
        check_rate(self.permits, self.period)?;
        let one = Duration::from_millis(1);
        let longest = self.longest_term;
        let checks = [
            ("permits", "at least 1", self.permits > 0),
            ("burst_ms", "1 ms to a minute", (one..=MINUTE).contains(&self.burst)),
            ("shortest_term_ms", "10 ms to a minute", (TEN..=MINUTE).contains(&self.shortest_term)),
            (
                "longest_term_ms",
                "shortest_term_ms to a minute",
                (self.shortest_term..=MINUTE).contains(&longest),
            ),
            ("demand_ms", "10 ms to an hour", (TEN..=HOUR).contains(&self.demand)),
            ("decay_ms", "10 ms to an hour", (TEN..=HOUR).contains(&self.decay)),
            ("forget_ms", "longest_term_ms to a day", (longest..=24 * HOUR).contains(&self.forget)),
            ("nodes", "1 to 10,000", (1..=10_000).contains(&self.nodes)),
            ("max_nodes", "1 to 100,000", (1..=100_000).contains(&self.max_nodes)),
        ];
        let wrong = checks.into_iter().find(|(.., is_right)| !is_right);
        wrong.map_or(Ok(()), |(field, allowed, _)| Err(InvalidSetting { field, allowed }))
    }

    /// The whole limit, in permits a second.
    pub(super) fn total(&self) -> f64 {
        f64::from(self.permits) / self.period.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let default = LeaseSettings::default;
        default().validate().unwrap();
        let zero = Duration::ZERO;
        let wrong = [
            ("permits", LeaseSettings { permits: 0, ..default() }),
            ("period_ms", LeaseSettings { period: zero, ..default() }),
            ("burst_ms", LeaseSettings { burst: zero, ..default() }),
            ("shortest_term_ms", LeaseSettings { shortest_term: zero, ..default() }),
            ("longest_term_ms", LeaseSettings { longest_term: zero, ..default() }),
            ("demand_ms", LeaseSettings { demand: zero, ..default() }),
            ("decay_ms", LeaseSettings { decay: zero, ..default() }),
            ("forget_ms", LeaseSettings { forget: zero, ..default() }),
            ("nodes", LeaseSettings { nodes: 0, ..default() }),
            ("max_nodes", LeaseSettings { max_nodes: 0, ..default() }),
        ];
        for (field, settings) in wrong {
            assert_eq!(settings.validate().unwrap_err().field, field);
        }
        let read: LeaseSettings = serde_json::from_str(r#"{"decay_ms": 5000}"#).unwrap();
        assert_eq!(read, LeaseSettings { decay: Duration::from_secs(5), ..default() });
    }
}
