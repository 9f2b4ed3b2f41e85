//! What an operator can set.

use std::time::Duration;

use serde::Deserialize;

use crate::MasterKey;

/// Settings of the configuration part of a node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigSettings {
    /// Memory for contents that were read or published lately, in bytes. Other
    /// contents are read from the store. Default 64 MiB.
    pub content_cache_bytes: u64,
    /// Largest content, in bytes. Default 10 MiB, what Nacos' gRPC frames hold.
    pub content_bytes_max: u64,
    /// Whether a content must be well-formed for its declared type when a person
    /// publishes it. Default true: Nacos' console checks it, in the browser.
    pub check_content: bool,
    /// The same when a program does ([`crate::Publish::from_client`]). Default false:
    /// Nacos stores what its clients publish, and they rely on it.
    pub check_client_content: bool,
    /// Most gray releases of one item. Default 10, as in Nacos.
    pub gray_releases_max: usize,
    /// Most items one client listens to at once: a listener, or all long polls of one
    /// connection together. Default 20,000; one poll holds up to 10,000.
    pub listens_per_client_max: usize,
    /// How history is kept.
    pub history: HistorySettings,
    /// How much may be stored.
    pub quota: QuotaSettings,
    /// What imports and exports are held to.
    pub import: ImportSettings,
    /// What fuzzy watches are held to.
    pub fuzzy_watch: FuzzyWatchSettings,
    /// How often a write is tried again when others wrote the same item. Default 16.
    pub write_attempts_max: u32,
    /// How long an acknowledgement waits for the own copy to show the write, in
    /// milliseconds; after that the write is acknowledged anyway. Default 5,000.
    pub apply_wait_ms: u64,
    /// Encrypts `cipher-` items at rest. Not part of the configuration file: the
    /// binary reads the key file and passes the key. Without one such items are
    /// refused, unless clients encrypt them themselves.
    #[serde(skip)]
    pub master_key: Option<MasterKey>,
}

impl Default for ConfigSettings {
    fn default() -> Self {
        Self {
            content_cache_bytes: 64 << 20,
            content_bytes_max: 10 << 20,
            check_content: true,
            check_client_content: false,
            gray_releases_max: 10,
            listens_per_client_max: 20_000,
            history: HistorySettings::default(),
            quota: QuotaSettings::default(),
            import: ImportSettings::default(),
            fuzzy_watch: FuzzyWatchSettings::default(),
            write_attempts_max: 16,
            apply_wait_ms: 5_000,
            master_key: None,
        }
    }
}

impl ConfigSettings {
    pub(crate) fn apply_wait(&self) -> Duration {
        Duration::from_millis(self.apply_wait_ms)
    }
}

/// How long history is kept. What is current is never cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistorySettings {
    /// Days an entry is kept. Default 30, as in Nacos.
    pub days: u32,
    /// Most entries of one item; the oldest go first. Default 1,000.
    pub per_item_max: usize,
    /// Seconds between clean-ups. Default 600. 10,000 writes start one earlier.
    pub clean_every_s: u64,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { days: 30, per_item_max: 1_000, clean_every_s: 600 }
    }
}

/// Quotas of namespaces and groups that have none of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaSettings {
    /// Whether quotas are enforced. Default false, as in Nacos.
    pub enforce: bool,
    /// Most items of a namespace. Default 200.
    pub namespace_items_max: u64,
    /// Most items of a group of the public namespace. Default 200.
    pub group_items_max: u64,
    /// Largest content, in bytes. Default 102,400.
    pub bytes_max: u64,
}

impl Default for QuotaSettings {
    fn default() -> Self {
        Self {
            enforce: false,
            namespace_items_max: 200,
            group_items_max: 200,
            bytes_max: 100 * 1024,
        }
    }
}

/// What an archive is held to, so that a small import cannot fill the memory. Exports
/// are held to the same, so that what was exported can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportSettings {
    /// Most entries of an archive. Default 10,000.
    pub entries_max: usize,
    /// Most bytes an archive may unpack to. Default 100 MiB.
    pub unpacked_bytes_max: u64,
}

impl Default for ImportSettings {
    fn default() -> Self {
        Self { entries_max: 10_000, unpacked_bytes_max: 100 << 20 }
    }
}

/// What fuzzy watches are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FuzzyWatchSettings {
    /// Most different patterns watched at once. Default 20, as in Nacos.
    pub patterns_max: usize,
    /// Most items one pattern may match. Default 500, as in Nacos.
    pub matches_max: usize,
}

impl Default for FuzzyWatchSettings {
    fn default() -> Self {
        Self { patterns_max: 20, matches_max: 500 }
    }
}
