//! What a limit for each value is told.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{super::limit::check_rate, ParamValue};
use crate::settings::InvalidSetting;

/// What is limited of each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HotParamMode {
    /// Requests in a period; those above are refused.
    Rate,
    /// Requests in a period, evenly apart; those above wait for their turn.
    Queue,
    /// Requests in flight.
    Concurrency,
}

/// A limit for each value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HotParamSettings {
    /// Which parameter of [`Ctx::params`](crate::Ctx::params); default 0; negative ones count
    /// from the end. A request without it passes.
    pub index: i32,
    /// What is limited; default `rate`.
    pub mode: HotParamMode,
    /// Requests of each value in a period, or in flight; default 100; for a rate at most 100
    /// for each microsecond of the period. 0 lets nothing pass but exceptions.
    pub permits: u32,
    /// The period of a rate, in milliseconds; default 1,000; 1 ms to a day. Not used for
    /// requests in flight.
    #[serde(rename = "period_ms", with = "crate::time::millis")]
    pub period: Duration,
    /// Requests of a value that may pass at once after a rest; default 100; from 1 on. Only
    /// for `rate`.
    pub burst: u32,
    /// The longest wait of a queue, in milliseconds; default 500; up to a day. Only for
    /// `queue`.
    #[serde(rename = "max_wait_ms", with = "crate::time::millis")]
    pub max_wait: Duration,
    /// Values with permits of their own; none by default; at most 1,000.
    pub exceptions: Vec<HotParamException>,
    /// Values that have an entry of their own at once, exceptions besides; default 200,000;
    /// 64 to 10 million, and used as the next multiple of 64. When there is no room, the
    /// entry that was not used for longest goes.
    pub max_values: u32,
    /// Memory for all of it, in bytes; default 32 MiB; at least 2 MiB.
    pub max_bytes: u64,
    /// Values that are named as the hottest; default 1,024; 1 to 100,000.
    pub top: u32,
}

/// A value with permits of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotParamException {
    /// The value.
    pub value: ParamValue,
    /// What it has instead of the others' permits. Its burst is larger or smaller by as much;
    /// where the others have no permits, it is as large as its permits.
    pub permits: u32,
}

impl Default for HotParamSettings {
    fn default() -> Self {
        Self {
            index: 0,
            mode: HotParamMode::Rate,
            permits: 100,
            period: Duration::from_secs(1),
            burst: 100,
            max_wait: Duration::from_millis(500),
            exceptions: Vec::new(),
            max_values: 200_000,
            max_bytes: 32 << 20,
            top: 1_024,
        }
    }
}

impl HotParamSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let invalid = |field, allowed| Err(InvalidSetting { field, allowed });
        if self.mode != HotParamMode::Concurrency {
            check_rate(self.permits, self.period)?;
            for exception in &self.exceptions {
                check_rate(exception.permits, self.period)?;
            }
        }
        if self.burst == 0 {
            return invalid("burst", "at least 1");
        }
        if self.max_wait > Duration::from_hours(24) {
            return invalid("max_wait_ms", "at most a day");
        }
        if self.exceptions.len() > 1_000 {
            return invalid("exceptions", "at most 1,000");
        }
        if !(64..=10_000_000).contains(&self.max_values) {
            return invalid("max_values", "64 to 10,000,000");
        }
        if self.max_bytes < 2 << 20 {
            return invalid("max_bytes", "at least 2 MiB");
        }
        if !(1..=100_000).contains(&self.top) {
            return invalid("top", "1 to 100,000");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_those_out_of_range_are_refused_by_name() {
        let text = r#"{"mode": "queue", "exceptions": [{"value": "gold", "permits": 5}]}"#;
        let read: HotParamSettings = serde_json::from_str(text).unwrap();
        assert_eq!(read.mode, HotParamMode::Queue);
        assert_eq!(read.exceptions[0].value, ParamValue::Text("gold".into()));
        read.validate().unwrap();
        let refused = |settings: HotParamSettings| settings.validate().unwrap_err().field;
        let default = HotParamSettings::default;
        assert_eq!(refused(HotParamSettings { burst: 0, ..default() }), "burst");
        assert_eq!(refused(HotParamSettings { max_values: 1, ..default() }), "max_values");
        assert_eq!(refused(HotParamSettings { max_bytes: 1, ..default() }), "max_bytes");
        assert_eq!(refused(HotParamSettings { top: 0, ..default() }), "top");
        assert_eq!(refused(HotParamSettings { permits: u32::MAX, ..default() }), "permits");
        let exceptions =
            vec![HotParamException { value: ParamValue::Number(1), permits: 1 }; 1_001];
        assert_eq!(refused(HotParamSettings { exceptions, ..default() }), "exceptions");
        let flight = HotParamSettings { mode: HotParamMode::Concurrency, ..default() };
        HotParamSettings { permits: u32::MAX, ..flight }.validate().unwrap();
    }
}
