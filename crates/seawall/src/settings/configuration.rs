//! `[configuration]`: configuration items and their history.

use confique::Config;
use seawall_config::{
    ConfigSettings, FuzzyWatchSettings, HistorySettings, ImportSettings, MasterKey, QuotaSettings,
};

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

    /// Most items of a group of the public namespace that has no quota of its own.
    #[config(env = "SEAWALL_CONFIGURATION_QUOTA_GROUP_ITEMS_MAX", default = 200)]
    #[config(layer_attr(arg(
        id = "setting-quota-group-items-max",
        long = "quota-group-items-max",
        value_name = "COUNT"
    )))]
    pub(crate) quota_group_items_max: u64,

    /// Largest content, in bytes. Over gRPC also `nacos.message_bytes_max` bounds it, over
    /// HTTP a form of 32 MiB.
    #[config(env = "SEAWALL_CONFIGURATION_CONTENT_BYTES_MAX", default = 10_485_760)]
    #[config(layer_attr(arg(
        id = "setting-content-bytes-max",
        long = "content-bytes-max",
        value_name = "BYTES"
    )))]
    pub(crate) content_bytes_max: u64,

    /// Most gray releases of one item.
    #[config(env = "SEAWALL_CONFIGURATION_GRAY_RELEASES_MAX", default = 10)]
    #[config(layer_attr(arg(
        id = "setting-gray-releases-max",
        long = "gray-releases-max",
        value_name = "COUNT"
    )))]
    pub(crate) gray_releases_max: usize,

    /// Most items one client listens to at once: a gRPC connection, or all long polls of one
    /// HTTP connection together. One long poll holds up to 10,000.
    #[config(env = "SEAWALL_CONFIGURATION_LISTENS_PER_CLIENT_MAX", default = 20_000)]
    #[config(layer_attr(arg(
        id = "setting-listens-per-client-max",
        long = "listens-per-client-max",
        value_name = "COUNT"
    )))]
    pub(crate) listens_per_client_max: usize,

    /// Most entries of a zip that is imported or exported.
    #[config(env = "SEAWALL_CONFIGURATION_IMPORT_ENTRIES_MAX", default = 10_000)]
    #[config(layer_attr(arg(
        id = "setting-import-entries-max",
        long = "import-entries-max",
        value_name = "COUNT"
    )))]
    pub(crate) import_entries_max: usize,

    /// Most bytes a zip that is imported or exported may unpack to.
    #[config(env = "SEAWALL_CONFIGURATION_IMPORT_UNPACKED_BYTES_MAX", default = 104_857_600)]
    #[config(layer_attr(arg(
        id = "setting-import-unpacked-bytes-max",
        long = "import-unpacked-bytes-max",
        value_name = "BYTES"
    )))]
    pub(crate) import_unpacked_bytes_max: u64,

    /// Most different patterns of fuzzy watches of configuration at once.
    #[config(env = "SEAWALL_CONFIGURATION_FUZZY_PATTERNS_MAX", default = 20)]
    #[config(layer_attr(arg(
        id = "setting-configuration-fuzzy-patterns-max",
        long = "configuration-fuzzy-patterns-max",
        value_name = "COUNT"
    )))]
    pub(crate) fuzzy_patterns_max: usize,

    /// Most items one pattern of a fuzzy watch may name.
    #[config(env = "SEAWALL_CONFIGURATION_FUZZY_MATCHES_MAX", default = 500)]
    #[config(layer_attr(arg(
        id = "setting-configuration-fuzzy-matches-max",
        long = "configuration-fuzzy-matches-max",
        value_name = "COUNT"
    )))]
    pub(crate) fuzzy_matches_max: usize,
}

impl ConfigurationSection {
    /// The settings of the configuration service; `master_key` encrypts `cipher-` items.
    pub(crate) fn configuration(&self, master_key: MasterKey) -> ConfigSettings {
        ConfigSettings {
            content_cache_bytes: self.cache_bytes,
            content_bytes_max: self.content_bytes_max,
            gray_releases_max: self.gray_releases_max,
            listens_per_client_max: self.listens_per_client_max,
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
                group_items_max: self.quota_group_items_max,
                bytes_max: self.quota_bytes_max,
            },
            import: ImportSettings {
                entries_max: self.import_entries_max,
                unpacked_bytes_max: self.import_unpacked_bytes_max,
            },
            fuzzy_watch: FuzzyWatchSettings {
                patterns_max: self.fuzzy_patterns_max,
                matches_max: self.fuzzy_matches_max,
            },
            master_key: Some(master_key),
            ..ConfigSettings::default()
        }
    }
}
