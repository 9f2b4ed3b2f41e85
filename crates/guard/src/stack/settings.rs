//! What stands in front of a resource.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::CallersSettings;
use crate::{
    breaker::BreakerSettings,
    limit::LimitSettings,
    rate::{HotParamSettings, KeyedRateLimitSettings, RateLimitSettings, WarmUpSettings},
    settings::InvalidSetting,
    shed::ShedSettings,
};

/// What stands in front of a resource; what is left out is not there. By default nothing
/// is: see [`GuardSettings::server`] and [`GuardSettings::client`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSettings {
    /// Whether it only counts what it would refuse, and lets everything pass; its timeout
    /// ends nothing then. Default false. Limits and breakers learn of those that would
    /// have passed, so what is counted is what they would refuse; but as the others run
    /// too, whatever goes by latency refuses rather more than it would.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Who may ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callers: Option<CallersSettings>,
    /// How long a request may take, whatever its caller would wait. Milliseconds, from 1
    /// to 3,600,000.
    #[serde(rename = "timeout_ms", with = "crate::time::optional_millis")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// How many requests a second, of all callers together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateLimitSettings>,
    /// How slowly that rate is reached after a rest; only beside `rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUpSettings>,
    /// How many requests a second of each caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_rate: Option<KeyedRateLimitSettings>,
    /// How many requests of each value of a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hot_param: Option<HotParamSettings>,
    /// When what is behind fails, it is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerSettings>,
    /// When there is too much to do, what matters least is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shed: Option<ShedSettings>,
    /// How many requests in flight, as a bulkhead beside the shedder's own limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitSettings>,
}

impl GuardSettings {
    /// For a service that is asked: a shedder and two seconds of time.
    pub fn server() -> Self {
        Self {
            timeout: Some(Duration::from_secs(2)),
            shed: Some(ShedSettings::default()),
            ..Self::default()
        }
    }

    /// For a service that asks another one or a store: a breaker, an adaptive limit and a
    /// second of time.
    pub fn client() -> Self {
        Self {
            timeout: Some(Duration::from_secs(1)),
            breaker: Some(BreakerSettings::default()),
            limit: Some(LimitSettings::default()),
            ..Self::default()
        }
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        self.invalid_parts().into_iter().next().map_or(Ok(()), |(_, invalid)| Err(invalid))?;
        if self.warm_up.is_some() && self.rate.is_none() {
            return Err(InvalidSetting { field: "warm_up", allowed: "beside a rate" });
        }
        Ok(())
    }

    /// Each part that is not in its range by itself, by its name, and the first field of it
    /// that is not.
    pub(crate) fn invalid_parts(&self) -> Vec<(&'static str, InvalidSetting)> {
        let times = Duration::from_millis(1)..=Duration::from_secs(3_600);
        let timeout = match &self.timeout {
            Some(timeout) if !times.contains(timeout) => {
                Err(InvalidSetting { field: "timeout_ms", allowed: "from 1 to 3,600,000" })
            }
            _ => Ok(()),
        };
        let parts = [
            ("timeout_ms", timeout),
            ("rate", validity(&self.rate, RateLimitSettings::validate)),
            ("warm_up", validity(&self.warm_up, WarmUpSettings::validate)),
            ("caller_rate", validity(&self.caller_rate, KeyedRateLimitSettings::validate)),
            ("hot_param", validity(&self.hot_param, HotParamSettings::validate)),
            ("breaker", validity(&self.breaker, BreakerSettings::validate)),
            ("shed", validity(&self.shed, ShedSettings::validate)),
            ("limit", validity(&self.limit, LimitSettings::validate)),
        ];
        parts.into_iter().filter_map(|(part, valid)| Some((part, valid.err()?))).collect()
    }
}

fn validity<S>(
    settings: &Option<S>,
    validate: impl FnOnce(&S) -> Result<(), InvalidSetting>,
) -> Result<(), InvalidSetting> {
    settings.as_ref().map_or(Ok(()), validate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_not_there_and_what_is_unknown_is_refused() {
        let read = |json| serde_json::from_str::<GuardSettings>(json);
        assert_eq!(read("{}").unwrap(), GuardSettings::default());
        let settings = read(r#"{"timeout_ms": 250, "breaker": {}}"#).unwrap();
        assert_eq!(settings.timeout, Some(Duration::from_millis(250)));
        assert_eq!(settings.breaker, Some(BreakerSettings::default()));
        assert!(read(r#"{"brakes": {}}"#).is_err());
    }

    #[test]
    fn settings_are_written_as_they_are_read() {
        for settings in [GuardSettings::default(), GuardSettings::server(), GuardSettings::client()]
        {
            let json = serde_json::to_string(&settings).unwrap();
            assert_eq!(serde_json::from_str::<GuardSettings>(&json).unwrap(), settings, "{json}");
            assert_eq!(settings.validate(), Ok(()));
        }
    }

    #[test]
    fn what_warms_up_is_a_rate() {
        let warm_up = Some(WarmUpSettings::default());
        let settings = GuardSettings { warm_up, ..GuardSettings::default() };
        assert_eq!(settings.validate().unwrap_err().field, "warm_up");
        let rate = Some(RateLimitSettings::default());
        assert_eq!(GuardSettings { rate, ..settings }.validate(), Ok(()));
    }

    #[test]
    fn a_timeout_of_nothing_is_refused() {
        let settings = GuardSettings { timeout: Some(Duration::ZERO), ..GuardSettings::default() };
        assert_eq!(settings.validate().unwrap_err().field, "timeout_ms");
    }
}
