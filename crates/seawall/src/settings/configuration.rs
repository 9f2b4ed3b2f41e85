//! `[configuration]`: configuration items and their history.

use confique::Config;
use seawall_config::{ConfigSettings, HistorySettings, MasterKey, QuotaSettings};

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct ConfigurationSection {
    /// Memory for contents that were read or published lately, in bytes. Other contents are
    /// read from the store.
    #[config(env = "SEAWALL_CONFIGURATION_CACHE_BYTES", default = 67_108_864)]
    #[config(layer_attr(arg(
        id = "setting-configuration-cache-bytes",
        long = "configuration-cache-bytes",
        value_name = "BYTES"
    )))]
    pub(crate) cache_bytes: u64,

    /// Whether a content must be well-formed for its declared type when it is published
    /// through the administration API.
    #[config(env = "SEAWALL_CONFIGURATION_CHECK_CONTENT", default = true)]
    #[config(layer_attr(arg(
        id = "setting-check-content",
        long = "check-content",
        value_name = "BOOL"
    )))]
    pub(crate) check_content: bool,

    /// Whether it must be when a client publishes it. Nacos stores whatever its clients
    /// publish.
    #[config(env = "SEAWALL_CONFIGURATION_CHECK_CLIENT_CONTENT", default = false)]
    #[config(layer_attr(arg(
        id = "setting-check-client-content",
        long = "check-client-content",
        value_name = "BOOL"
    )))]
    pub(crate) check_client_content: bool,

    /// Days a history entry is kept.
    #[config(env = "SEAWALL_CONFIGURATION_HISTORY_DAYS", default = 30)]
    #[config(layer_attr(arg(
        id = "setting-history-days",
        long = "history-days",
        value_name = "DAYS"
    )))]
    pub(crate) history_days: u32,

    /// Most history entries of one item; the oldest go first.
    #[config(env = "SEAWALL_CONFIGURATION_HISTORY_PER_ITEM_MAX", default = 1_000)]
    #[config(layer_attr(arg(
        id = "setting-history-per-item-max",
        long = "history-per-item-max",
        value_name = "COUNT"
    )))]
    pub(crate) history_per_item_max: usize,

    /// Whether quotas of namespaces and groups are enforced.
    #[config(env = "SEAWALL_CONFIGURATION_ENFORCE_QUOTAS", default = false)]
    #[config(layer_attr(arg(
        id = "setting-enforce-quotas",
        long = "enforce-quotas",
        value_name = "BOOL"
    )))]
    pub(crate) enforce_quotas: bool,

    /// Most items of a namespace that has no quota of its own.
    #[config(env = "SEAWALL_CONFIGURATION_QUOTA_ITEMS_MAX", default = 200)]
    #[config(layer_attr(arg(
        id = "setting-quota-items-max",
        long = "quota-items-max",
        value_name = "COUNT"
    )))]
    pub(crate) quota_items_max: u64,

    /// Largest content of a namespace that has no quota of its own, in bytes.
    #[config(env = "SEAWALL_CONFIGURATION_QUOTA_BYTES_MAX", default = 102_400)]
    #[config(layer_attr(arg(
        id = "setting-quota-bytes-max",
        long = "quota-bytes-max",
        value_name = "BYTES"
    )))]
    pub(crate) quota_bytes_max: u64,
}

impl ConfigurationSection {
    /// The settings of the configuration service; `master_key` encrypts `cipher-` items.
    pub(crate) fn configuration(&self, master_key: MasterKey) -> ConfigSettings {
        ConfigSettings {
            content_cache_bytes: self.cache_bytes,
            check_content: self.check_content,
            check_client_content: self.check_client_content,
            history: HistorySettings {
                days: self.history_days,
                per_item_max: self.history_per_item_max,
                ..HistorySettings::default()
            },
            quota: QuotaSettings {
                enforce: self.enforce_quotas,
                namespace_items_max: self.quota_items_max,
                bytes_max: self.quota_bytes_max,
                ..QuotaSettings::default()
            },
            master_key: Some(master_key),
            ..ConfigSettings::default()
        }
    }
}
