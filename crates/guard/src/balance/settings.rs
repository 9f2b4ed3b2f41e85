//! The settings of a balancer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::settings::InvalidSetting;

/// How endpoints are chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BalanceSettings {
    /// How long an endpoint's latency is remembered: it counts 1/e after this time.
    /// Milliseconds; default 10,000, from 1.
    #[serde(rename = "decay_ms", with = "crate::time::millis")]
    pub decay: Duration,
    /// The same for its failures, which are to be noticed sooner. Milliseconds; default
    /// 5,000, from 1.
    #[serde(rename = "failure_decay_ms", with = "crate::time::millis")]
    pub failure_decay: Duration,
    /// The latency of an endpoint nobody was ever asked of, while its peers have none
    /// either. Milliseconds; default 30.
    #[serde(rename = "default_latency_ms", with = "crate::time::millis")]
    pub default_latency: Duration,
    /// What a failed request costs its caller, in latency: an endpoint that fails one
    /// request in a hundred is chosen like one that is a hundredth of this slower, and
    /// one that fails many like a much slower one. Milliseconds; default 1,000, the usual
    /// patience; from 1.
    #[serde(rename = "failure_price_ms", with = "crate::time::millis")]
    pub failure_price: Duration,
    /// How long an endpoint that is new or back grows to its full share, with the square
    /// of the time. Milliseconds; default 30,000, 0 for at once.
    #[serde(rename = "warm_up_ms", with = "crate::time::millis")]
    pub warm_up: Duration,
    /// The share of its weight that a warm-up starts from. Default 0.1, from 0.01 to 1.
    pub warm_up_from: f64,
    /// How much more than its share a tier can carry: at 1.4 a nearer tier keeps all
    /// requests until less than 1/1.4, 71 %, of it is healthy. Default 1.4, from 1.
    pub overprovisioning: f64,
    /// When less than this share is healthy and no other tier has room, health is
    /// disregarded; also, never more than the rest is left out. Default 0.5, from 0 to 1.
    pub panic_below: f64,
    /// An endpoint that has requests and has answered nothing for so long, and for four
    /// times its usual latency, is taken for unhealthy until it answers. Milliseconds;
    /// default 250, 0 for never.
    #[serde(rename = "stall_ms", with = "crate::time::millis")]
    pub stall: Duration,
    /// When an endpoint is left out, and for how long.
    pub ejection: EjectionSettings,
    /// Which of many endpoints this client uses; default none: all.
    pub subset: Option<SubsetSettings>,
}

/// When an endpoint is left out, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EjectionSettings {
    /// So many failures in a row. Default 5, 0 for never.
    pub consecutive_failures: u32,
    /// Less than this share of success in the window, and not by chance. Default 0.8, 0
    /// for never.
    pub success_below: f64,
    /// The window. Milliseconds; default 10,000, from 1,000.
    #[serde(rename = "window_ms", with = "crate::time::millis")]
    pub window: Duration,
    /// Requests in the window before its success counts. Default 20, from 1.
    pub min_requests: u32,
    /// So many standard deviations below the mean of all in success. Default 1.9, 0 for
    /// never.
    pub outlier_sigmas: f64,
    /// Endpoints with enough requests before deviations are looked at. Default 5, from 3.
    pub outlier_hosts: u32,
    /// Requests in the window that are enough for it. Default 100, from 1.
    pub outlier_requests: u32,
    /// An endpoint that is above the others less this share in success is no outlier,
    /// however little they deviate. Default 0.05, from 0 to 1.
    pub outlier_gap: f64,
    /// So many failures of a zone without any success between them, and all of the zone
    /// is down. Default 10, 0 for never.
    pub zone_failures: u32,
    /// How long the first time, less a random part of up to a half. It doubles each
    /// time, and halves again for each window without a reason. Milliseconds; default
    /// 5,000, from 100.
    #[serde(rename = "time_min_ms", with = "crate::time::millis")]
    pub time_min: Duration,
    /// How long at most. Milliseconds; default 300,000, from `time_min_ms`.
    #[serde(rename = "time_max_ms", with = "crate::time::millis")]
    pub time_max: Duration,
    /// The largest share of a zone's endpoints to leave out while others in the zone are
    /// well; at least one. Default 0.3, from 0 to 1.
    pub max_share: f64,
    /// How often a zone that is down is tried, by one request, less a random part of up
    /// to a half; less often while that were more than one request in two hundred.
    /// Milliseconds; default 2,000, from 100.
    #[serde(rename = "zone_probe_ms", with = "crate::time::millis")]
    pub zone_probe: Duration,
}

/// Which endpoints one of many clients uses, so that thousands of clients do not each
/// hold a connection to each of thousands of endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubsetSettings {
    /// The number of this client among its kind, from 0.
    pub client: u32,
    /// How many clients there are. From 1, and above `client`.
    pub clients: u32,
    /// How many endpoints of a tier to use at least. From 1; Finagle advises 12.
    pub endpoints: u32,
}

impl Default for BalanceSettings {
    fn default() -> Self {
        Self {
            decay: Duration::from_secs(10),
            failure_decay: Duration::from_millis(5_000),
            default_latency: Duration::from_millis(30),
            failure_price: Duration::from_secs(1),
            warm_up: Duration::from_secs(30),
            warm_up_from: 0.1,
            overprovisioning: 1.4,
            panic_below: 0.5,
            stall: Duration::from_millis(250),
            ejection: EjectionSettings::default(),
            subset: None,
        }
    }
}

impl Default for EjectionSettings {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            success_below: 0.8,
            window: Duration::from_secs(10),
            min_requests: 20,
            outlier_sigmas: 1.9,
            outlier_hosts: 5,
            outlier_requests: 100,
            outlier_gap: 0.05,
            zone_failures: 10,
            time_min: Duration::from_secs(5),
            time_max: Duration::from_secs(300),
            max_share: 0.3,
            zone_probe: Duration::from_secs(2),
        }
    }
}

impl BalanceSettings {
    /// Whether a balancer can work with them.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let millis = Duration::from_millis;
        require(self.decay >= millis(1), "decay_ms", "1 or more")?;
        require(self.failure_decay >= millis(1), "failure_decay_ms", "1 or more")?;
        require(self.failure_price >= millis(1), "failure_price_ms", "1 or more")?;
        require((0.01..=1.0).contains(&self.warm_up_from), "warm_up_from", "from 0.01 to 1")?;
        let overprovisioning = self.overprovisioning;
        require(
            overprovisioning >= 1.0 && overprovisioning.is_finite(),
            "overprovisioning",
            "1 or more",
        )?;
        require((0.0..=1.0).contains(&self.panic_below), "panic_below", "from 0 to 1")?;
        self.ejection.validate()?;
        self.subset.as_ref().map_or(Ok(()), SubsetSettings::validate)
    }
}

impl EjectionSettings {
    fn validate(&self) -> Result<(), InvalidSetting> {
        let millis = Duration::from_millis;
        let share = 0.0..=1.0;
        require(share.contains(&self.success_below), "success_below", "from 0 to 1")?;
        require(self.window >= millis(1_000), "window_ms", "1000 or more")?;
        require(self.min_requests >= 1, "min_requests", "1 or more")?;
        let sigmas = self.outlier_sigmas;
        require(sigmas >= 0.0 && sigmas.is_finite(), "outlier_sigmas", "0 or more")?;
        require(self.outlier_hosts >= 3, "outlier_hosts", "3 or more")?;
        require(self.outlier_requests >= 1, "outlier_requests", "1 or more")?;
        require(share.contains(&self.outlier_gap), "outlier_gap", "from 0 to 1")?;
        require(self.time_min >= millis(100), "time_min_ms", "100 or more")?;
        require(self.time_max >= self.time_min, "time_max_ms", "time_min_ms or more")?;
        require(share.contains(&self.max_share), "max_share", "from 0 to 1")?;
        require(self.zone_probe >= millis(100), "zone_probe_ms", "100 or more")
    }
}

impl SubsetSettings {
    fn validate(&self) -> Result<(), InvalidSetting> {
        require(self.clients >= 1, "clients", "1 or more")?;
        require(self.client < self.clients, "client", "below clients")?;
        require(self.endpoints >= 1, "endpoints", "1 or more")
    }
}

fn require(holds: bool, field: &'static str, allowed: &'static str) -> Result<(), InvalidSetting> {
    if holds { Ok(()) } else { Err(InvalidSetting { field, allowed }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_survive_a_file() {
        let mut settings = BalanceSettings::default();
        assert_eq!(settings.validate(), Ok(()));
        settings.subset = Some(SubsetSettings { client: 1, clients: 3, endpoints: 12 });
        let file = serde_json::to_string(&settings).unwrap();
        assert!(file.contains(r#""time_max_ms":300000"#), "{file}");
        assert_eq!(serde_json::from_str::<BalanceSettings>(&file).unwrap(), settings);
        assert_eq!(
            serde_json::from_str::<BalanceSettings>("{}").unwrap(),
            BalanceSettings::default()
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error = serde_json::from_str::<BalanceSettings>(r#"{"ejection":{"max_percent":30}}"#);
        assert!(error.unwrap_err().to_string().contains("max_percent"));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let invalid = |change: fn(&mut BalanceSettings)| {
            let mut settings = BalanceSettings::default();
            change(&mut settings);
            settings.validate().unwrap_err().to_string()
        };
        assert_eq!(invalid(|s| s.overprovisioning = 0.9), "overprovisioning must be 1 or more");
        assert_eq!(invalid(|s| s.panic_below = f64::NAN), "panic_below must be from 0 to 1");
        assert_eq!(
            invalid(|s| s.ejection.time_max = Duration::from_secs(1)),
            "time_max_ms must be time_min_ms or more"
        );
        let subset = |s: &mut BalanceSettings| {
            s.subset = Some(SubsetSettings { client: 3, clients: 3, endpoints: 12 });
        };
        assert_eq!(invalid(subset), "client must be below clients");
    }
}
