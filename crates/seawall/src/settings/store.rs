//! `[store]`: the embedded store.

use confique::Config;
use seawall_store::StoreSettings;

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct StoreSection {
    /// Commits kept in the log for watchers that are behind.
    #[config(env = "SEAWALL_STORE_HISTORY_COMMITS", default = 100_000)]
    #[config(layer_attr(arg(
        id = "setting-store-history-commits",
        long = "store-history-commits",
        value_name = "COUNT"
    )))]
    pub(crate) history_commits: u64,

    /// Bytes of commits kept in the log; its files take up to about three times as
    /// much.
    #[config(env = "SEAWALL_STORE_HISTORY_BYTES", default = 67_108_864)]
    #[config(layer_attr(arg(
        id = "setting-store-history-bytes",
        long = "store-history-bytes",
        value_name = "BYTES"
    )))]
    pub(crate) history_bytes: u64,

    /// Bytes of table blocks kept in memory.
    #[config(env = "SEAWALL_STORE_CACHE_BYTES", default = 16_777_216)]
    #[config(layer_attr(arg(
        id = "setting-store-cache-bytes",
        long = "store-cache-bytes",
        value_name = "BYTES"
    )))]
    pub(crate) cache_bytes: u64,

    /// Writes that may wait for the disk; more are refused as overload.
    #[config(env = "SEAWALL_STORE_QUEUE_REQUESTS", default = 4_096)]
    #[config(layer_attr(arg(
        id = "setting-store-queue-requests",
        long = "store-queue-requests",
        value_name = "COUNT"
    )))]
    pub(crate) queue_requests: usize,

    /// When the disk has fewer bytes free, writes are refused; deletions are taken.
    /// 0 never refuses.
    #[config(env = "SEAWALL_STORE_SPACE_LOW_BYTES", default = 268_435_456)]
    #[config(layer_attr(arg(
        id = "setting-store-space-low-bytes",
        long = "store-space-low-bytes",
        value_name = "BYTES"
    )))]
    pub(crate) space_low_bytes: u64,

    /// Bytes of a file that is given up when the disk is full, so that what was
    /// accepted can still be finished. 0 keeps none.
    #[config(env = "SEAWALL_STORE_RESERVE_BYTES", default = 67_108_864)]
    #[config(layer_attr(arg(
        id = "setting-store-reserve-bytes",
        long = "store-reserve-bytes",
        value_name = "BYTES"
    )))]
    pub(crate) reserve_bytes: u64,

    /// Bytes a second that are read to look for damage in what is stored. Everything is
    /// read through, then again an hour later. 0 never looks.
    #[config(env = "SEAWALL_STORE_SCRUB_BYTES_PER_SECOND", default = 1_048_576)]
    #[config(layer_attr(arg(
        id = "setting-store-scrub-bytes-per-second",
        long = "store-scrub-bytes-per-second",
        value_name = "BYTES"
    )))]
    pub(crate) scrub_bytes_per_second: u64,
}

impl StoreSection {
    pub(crate) fn store(&self) -> StoreSettings {
        StoreSettings {
            history_commits: self.history_commits,
            history_bytes: self.history_bytes,
            cache_bytes: self.cache_bytes,
            queue_requests: self.queue_requests,
            space_low_bytes: self.space_low_bytes,
            reserve_bytes: self.reserve_bytes,
            scrub_bytes_per_second: self.scrub_bytes_per_second,
            ..StoreSettings::default()
        }
    }
}
