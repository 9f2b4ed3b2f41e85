//! What the signal is tuned with.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::settings::InvalidSetting;

/// How the machine is watched, and from when on it counts as overloaded.
///
/// An overload of the processors must be seen within a second: go-zero averages over
/// some five seconds and needs more than five from 70 % and more than eleven from idle,
/// by when a backlog has grown that is not served in time any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalSettings {
    /// How often counters of CPU and pressure are read, in milliseconds. Default 50, from
    /// 10 to 1000. Shorter sees more noise, longer sees an overload later.
    #[serde(rename = "tick_ms", with = "crate::time::millis")]
    pub tick: Duration,
    /// How often the whole machine's CPU is read, in milliseconds. Default 100, from 10
    /// to 1000. It is the one file whose cost grows with the number of processors.
    #[serde(rename = "host_ms", with = "crate::time::millis")]
    pub host: Duration,
    /// How often limits of the CPU are read, in milliseconds. Default 250, from 10 to
    /// 10000. A limit that was changed is seen no later than this.
    #[serde(rename = "limits_ms", with = "crate::time::millis")]
    pub limits: Duration,
    /// How often it is read which cgroups and processors this process has, and how full
    /// its memory is, in milliseconds. Default 1000, from 10 to 10000.
    #[serde(rename = "slow_ms", with = "crate::time::millis")]
    pub slow: Duration,
    /// For how long a source that stopped answering is believed, in milliseconds, on top
    /// of how often it is asked where that is less than once a tick. Default 1000, from
    /// 100 to 60000. Afterwards its reading is unknown.
    #[serde(rename = "stale_after_ms", with = "crate::time::millis")]
    pub stale_after: Duration,
    /// Time constant of the averages of CPU and pressure, in milliseconds. Default 400,
    /// from 1 to 60000. A processor that was idle counts as 90 % used after 2.3 of them.
    #[serde(rename = "tau_ms", with = "crate::time::millis")]
    pub tau: Duration,
    /// Used share of the CPU from which on it counts as overloaded. Default 0.90, above
    /// 0 and below 1. go-zero sheds from here on, too.
    pub cpu_enter: f64,
    /// Used share of the CPU below which it no longer counts as overloaded. Default 0.85,
    /// from 0 to `cpu_enter`.
    pub cpu_exit: f64,
    /// Share of time a cgroup is held back by its own quota from which on its CPU counts
    /// as used up. Default 0.05, from 0 to 1.
    pub throttled: f64,
    /// Share of time in which some task waits for a processor from which on pressure
    /// counts as overload. Default 0.60, above 0 and up to 1.
    pub pressure_enter: f64,
    /// The same, below which it no longer does. Default 0.50, from 0 to `pressure_enter`.
    pub pressure_exit: f64,
    /// How late tasks run, at `delay_quantile`, above which the machine is overloaded
    /// whatever else is said, in milliseconds. Default 20, from 1 to 10000: the queueing
    /// time by which DAGOR (Zhou et al., SoCC 2018) tells an overload.
    #[serde(rename = "delay_ms", with = "crate::time::millis")]
    pub delay: Duration,
    /// Which of the latenesses is looked at. Default 0.90, above 0 and up to 1.
    pub delay_quantile: f64,
    /// Over what time latenesses are looked at, in milliseconds. Default 1000, from 100 to
    /// 60000.
    #[serde(rename = "delay_window_ms", with = "crate::time::millis")]
    pub delay_window: Duration,
    /// How long a canary sleeps, in milliseconds. Default 20, from 1 to 1000 and no more
    /// than a tenth of `delay_window`.
    #[serde(rename = "canary_ms", with = "crate::time::millis")]
    pub canary: Duration,
    /// The smallest share of a limit that an overload leaves. Default 0.5, above 0 and up
    /// to 1. With 0.1, as go-zero has it, a full machine sheds far more than it must.
    pub factor_min: f64,
}

impl Default for SignalSettings {
    fn default() -> Self {
        Self {
            tick: Duration::from_millis(50),
            host: Duration::from_millis(100),
            limits: Duration::from_millis(250),
            slow: Duration::from_secs(1),
            stale_after: Duration::from_secs(1),
            tau: Duration::from_millis(400),
            cpu_enter: 0.90,
            cpu_exit: 0.85,
            throttled: 0.05,
            pressure_enter: 0.60,
            pressure_exit: 0.50,
            delay: Duration::from_millis(20),
            delay_quantile: 0.90,
            delay_window: Duration::from_secs(1),
            canary: Duration::from_millis(20),
            factor_min: 0.5,
        }
    }
}

impl SignalSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first field that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let from = |low, high, duration: Duration| {
            (Duration::from_millis(low)..=Duration::from_millis(high)).contains(&duration)
        };
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        let checks = [
            ("tick_ms", "from 10 to 1000", from(10, 1_000, self.tick)),
            ("host_ms", "from 10 to 1000", from(10, 1_000, self.host)),
            ("limits_ms", "from 10 to 10000", from(10, 10_000, self.limits)),
            ("slow_ms", "from 10 to 10000", from(10, 10_000, self.slow)),
            ("stale_after_ms", "from 100 to 60000", from(100, 60_000, self.stale_after)),
            ("tau_ms", "from 1 to 60000", from(1, 60_000, self.tau)),
            ("cpu_enter", "above 0 and below 1", is_share(self.cpu_enter) && self.cpu_enter < 1.0),
            ("cpu_exit", "from 0 to cpu_enter", (0.0..=self.cpu_enter).contains(&self.cpu_exit)),
            ("throttled", "from 0 to 1", (0.0..=1.0).contains(&self.throttled)),
            ("pressure_enter", "above 0 and up to 1", is_share(self.pressure_enter)),
            (
                "pressure_exit",
                "from 0 to pressure_enter",
                (0.0..=self.pressure_enter).contains(&self.pressure_exit),
            ),
            ("delay_ms", "from 1 to 10000", from(1, 10_000, self.delay)),
            ("delay_quantile", "above 0 and up to 1", is_share(self.delay_quantile)),
            ("delay_window_ms", "from 100 to 60000", from(100, 60_000, self.delay_window)),
            (
                "canary_ms",
                "from 1 to 1000 and no more than a tenth of delay_window_ms",
                from(1, 1_000, self.canary) && self.canary <= self.delay_window / 10,
            ),
            ("factor_min", "above 0 and up to 1", is_share(self.factor_min)),
        ];
        match checks.into_iter().find(|(_, _, is_right)| !is_right) {
            Some((field, allowed, _)) => Err(InvalidSetting { field, allowed }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(SignalSettings::default().validate(), Ok(()));
        type Spoil = fn(&mut SignalSettings);
        let spoilt: [(&str, Spoil); 16] = [
            ("tick_ms", |settings| settings.tick = Duration::ZERO),
            ("host_ms", |settings| settings.host = Duration::from_secs(2)),
            ("limits_ms", |settings| settings.limits = Duration::MAX),
            ("slow_ms", |settings| settings.slow = Duration::ZERO),
            ("stale_after_ms", |settings| settings.stale_after = Duration::from_millis(99)),
            ("tau_ms", |settings| settings.tau = Duration::ZERO),
            ("cpu_enter", |settings| settings.cpu_enter = 1.0),
            ("cpu_exit", |settings| settings.cpu_exit = 0.95),
            ("throttled", |settings| settings.throttled = -0.1),
            ("pressure_enter", |settings| settings.pressure_enter = f64::NAN),
            ("pressure_exit", |settings| settings.pressure_exit = f64::NAN),
            ("delay_ms", |settings| settings.delay = Duration::ZERO),
            ("delay_quantile", |settings| settings.delay_quantile = 0.0),
            ("delay_window_ms", |settings| settings.delay_window = Duration::ZERO),
            ("canary_ms", |settings| settings.canary = Duration::from_millis(101)),
            ("factor_min", |settings| settings.factor_min = 1.1),
        ];
        for (field, spoil) in spoilt {
            let mut settings = SignalSettings::default();
            spoil(&mut settings);
            assert_eq!(settings.validate().map_err(|error| error.field), Err(field));
        }
    }
}
