//! What a fuzzy watch is told, as far as it is the same for items and services.

use serde::Serialize;

/// What a new watch names, in Nacos's words.
pub(crate) const FIRST: &str = "FUZZY_WATCH_INIT_NOTIFY";
/// That this was all.
pub(crate) const FIRST_DONE: &str = "FINISH_FUZZY_WATCH_INIT_NOTIFY";
/// What a client with an old watch lacks or has too much.
pub(crate) const DIFFERENCE: &str = "FUZZY_WATCH_DIFF_SYNC_NOTIFY";
/// One thing that changed.
pub(crate) const CHANGED: &str = "FUZZY_WATCH_RESOURCE_CHANGED";

/// Some of what a watch names; each context is one item or one service.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncJson<'a, C> {
    /// `config` or `naming`.
    pub(crate) module: &'static str,
    pub(crate) group_key_pattern: &'a str,
    pub(crate) sync_type: &'static str,
    pub(crate) contexts: Vec<C>,
    pub(crate) total_batch: usize,
    pub(crate) current_batch: usize,
}

impl<'a> SyncJson<'a, ()> {
    /// That the watch was told all it names.
    pub(crate) fn done(module: &'static str, pattern: &'a str) -> Self {
        Self {
            module,
            group_key_pattern: pattern,
            sync_type: FIRST_DONE,
            contexts: Vec::new(),
            total_batch: 0,
            current_batch: 0,
        }
    }
}
