//! What can be set.

use std::time::Duration;

use serde::Deserialize;

use crate::OpenError;

/// Settings of the registry. Durations are written in milliseconds (`_ms`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrySettings {
    /// How long the first change of a quiet service is held back for others that come
    /// with it, in milliseconds. Default 5. This is how soon subscribers learn of a
    /// lone change.
    pub push_first_ms: u64,
    /// Shortest time between two pushes of a service, in milliseconds, in which changes
    /// are collected. Default 500. Longer: fewer pushes; shorter: sooner known.
    pub push_delay_ms: u64,
    /// How long a client may take to acknowledge a push, in milliseconds. Default 5,000.
    pub push_timeout_ms: u64,
    /// How long after a failed push it is tried again, in milliseconds. Default 1,000.
    pub push_retry_ms: u64,
    /// How often one push is tried before the client counts as stalled. Default 10.
    pub push_tries_max: u32,
    /// How often heartbeat clients are told to send a beat, in milliseconds. Default 5,000.
    pub beat_interval_ms: u64,
    /// Silence after which a heartbeat instance is unhealthy, in milliseconds. Default
    /// 15,000. An instance overrides it by its metadata.
    pub beat_timeout_ms: u64,
    /// Silence after which a heartbeat instance is removed, in milliseconds. Default
    /// 30,000. An instance overrides it by its metadata.
    pub beat_delete_ms: u64,
    /// How long a service that lost its last instance is kept, in milliseconds. Default 60,000.
    pub empty_service_ms: u64,
    /// How long after a start subscribers are not told of services whose instances
    /// have not all come back, in milliseconds. Default 30,000. 0 turns the protection off.
    pub restart_grace_ms: u64,
    /// How long after a start on a store that has data the node answers "starting",
    /// in milliseconds, counted from when that data is loaded. Default 0.
    pub warm_up_ms: u64,
    /// How long operators' edits of an instance are kept after it is gone, at least, in
    /// milliseconds. Default 86,400,000 (a day).
    pub edit_expiry_ms: u64,
    /// Most bytes of keys and values one instance's metadata may have. Default 1,024.
    pub metadata_bytes_max: usize,
    /// Most services of this node, subscribed-to ones included. Default 500,000.
    pub services_max: usize,
    /// Most instances of this node. Default 2,000,000.
    pub instances_max: usize,
    /// Most services one client subscribes to. Default 50,000.
    pub subscriptions_per_client_max: usize,
    /// Most fuzzy watch patterns of one client. Default 20.
    pub fuzzy_patterns_max: usize,
    /// Most services one fuzzy watch matches. Default 500.
    pub fuzzy_matches_max: usize,
    /// Services told in one batch of a fuzzy watch. Default 100.
    pub fuzzy_batch: usize,
    /// Active checks of stored instances.
    pub checks: CheckSettings,
}

/// Settings of the active checks of stored instances.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Whether instances are checked at all. Default true.
    pub enabled: bool,
    /// Most checks at the same time. Default 64.
    pub concurrent_max: usize,
    /// How long one check may take, in milliseconds. Default 2,000.
    pub timeout_ms: u64,
    /// Shortest time between two checks of an instance, in milliseconds. Default 1,000.
    pub interval_min_ms: u64,
    /// Longest time between two checks of an instance, in milliseconds. Default 5,000.
    pub interval_max_ms: u64,
    /// Equal results in a row that change what is believed of an instance. Default 3.
    pub confirmations: u32,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            push_first_ms: 5,
            push_delay_ms: 500,
            push_timeout_ms: 5_000,
            push_retry_ms: 1_000,
            push_tries_max: 10,
            beat_interval_ms: 5_000,
            beat_timeout_ms: 15_000,
            beat_delete_ms: 30_000,
            empty_service_ms: 60_000,
            restart_grace_ms: 30_000,
            warm_up_ms: 0,
            edit_expiry_ms: 86_400_000,
            metadata_bytes_max: 1_024,
            services_max: 500_000,
            instances_max: 2_000_000,
            subscriptions_per_client_max: 50_000,
            fuzzy_patterns_max: 20,
            fuzzy_matches_max: 500,
            fuzzy_batch: 100,
            checks: CheckSettings::default(),
        }
    }
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            concurrent_max: 64,
            timeout_ms: 2_000,
            interval_min_ms: 1_000,
            interval_max_ms: 5_000,
            confirmations: 3,
        }
    }
}

impl RegistrySettings {
    /// Checks what contradicts itself.
    pub fn validate(&self) -> Result<(), OpenError> {
        let refused =
            |setting, reason: &str| Err(OpenError::Setting { setting, reason: reason.to_owned() });
        if self.push_tries_max == 0 {
            return refused("push_tries_max", "is 0; at least one try is needed");
        }
        if self.beat_delete_ms < self.beat_timeout_ms {
            return refused("beat_delete_ms", "is shorter than beat_timeout_ms");
        }
        if self.edit_expiry_ms == 0 {
            return refused("edit_expiry_ms", "is 0; edits must outlive a new registration");
        }
        if self.fuzzy_batch == 0 {
            return refused("fuzzy_batch", "is 0; a batch needs at least one service");
        }
        if self.checks.concurrent_max == 0 {
            return refused("checks.concurrent_max", "is 0; set checks.enabled = false instead");
        }
        if self.checks.interval_min_ms == 0
            || self.checks.interval_max_ms < self.checks.interval_min_ms
        {
            return refused("checks.interval_min_ms", "must be above 0 and not above the longest");
        }
        if self.checks.confirmations == 0 || self.checks.timeout_ms == 0 {
            return refused("checks", "confirmations and timeout_ms must be above 0");
        }
        Ok(())
    }

    pub(crate) fn beat_interval(&self) -> Duration {
        Duration::from_millis(self.beat_interval_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_contradictions_are_not() {
        assert!(RegistrySettings::default().validate().is_ok());
        let contradicting = RegistrySettings { beat_delete_ms: 1, ..Default::default() };
        assert!(matches!(
            contradicting.validate(),
            Err(OpenError::Setting { setting: "beat_delete_ms", .. })
        ));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_str::<RegistrySettings>(r#"{"push_delay_ms":1}"#).is_ok());
        assert!(serde_json::from_str::<RegistrySettings>(r#"{"push_delay":1}"#).is_err());
    }
}
