//! Configuration items, history, gray release, listeners.
//!
//! A [`ConfigService`] keeps items in a [`seawall_store::Store`]: one commit writes
//! an item, its content and a history entry together. Every node keeps the names
//! and fingerprints of all items in memory, follows the store's changes, tells its
//! listeners what changed, never what it changed to, and caches contents.
//!
//! What decides is plain code without I/O: `write::plan` says what a publish does,
//! `gray::resolve` who sees what, `listen::table` who is told, `history::policy`
//! what is forgotten, `archive::unpack` what an archive holds. `service` ties them
//! to the store and to time.
//!
//! ```
//! use std::sync::Arc;
//! use seawall_clock::SystemClock;
//! use seawall_config::{Caller, ConfigKey, ConfigService, ConfigSettings, Publish};
//! use seawall_store::MemoryStore;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let clock = Arc::new(SystemClock::new());
//! let store = MemoryStore::new(clock.clone());
//! let configs = ConfigService::open(store, clock, ConfigSettings::default()).await.unwrap();
//! configs.warmed().await;
//!
//! let key = ConfigKey::parse("public", "DEFAULT_GROUP", "app.yaml").unwrap();
//! configs.publish(Publish::new(key.clone(), "port: 80")).await.unwrap();
//!
//! let caller = Caller::from_ip("10.0.0.1".parse().unwrap());
//! let answer = configs.get(&key, &caller).await.unwrap().unwrap();
//! assert_eq!(&*answer.content, "port: 80");
//! # });
//! ```

mod archive;
mod content;
mod fuzzy;
mod gray;
mod history;
mod index;
mod listen;
mod metrics;
mod model;
mod names;
mod quota;
mod search;
mod service;
mod settings;
mod stored;
mod write;

pub use archive::form::{
    ArchiveError, ArchiveForm, CloneItem, Export, ExportPart, Exported, ExportedPart, Import,
    Imported, SamePolicy,
};
pub use content::{
    master_key::{MasterKey, MasterKeyError},
    position::{ContentError, Position},
    validate::validate,
};
pub use fuzzy::{
    pattern::{FuzzyPattern, PatternError},
    watches::{FuzzyChange, FuzzyError, FuzzyKind, FuzzySink},
};
pub use gray::rule::{GrayKind, GrayRule, GrayRuleError};
pub use history::entry::{
    Diff, HistoryDetail, HistoryEntry, HistoryError, HistoryId, HistoryOperation, PageOf, Paged,
};
pub use listen::sink::{ChangeSink, Changed, Listen, ListenerId, ListenerView, NamespaceSpelling};
pub use model::{
    answer::Answer,
    caller::Caller,
    content_type::ContentType,
    error::{ListenError, OpenError, PublishError},
    md5::Md5,
    meta::{Author, ConfigId, ConfigMeta, Description},
    publish::{Describe, Publish, Published, Removed},
    restore::{Restore, Restored, RestoredEntry},
};
pub use names::{ConfigKey, ConfigNameError, DataId, GrayName, Group};
pub use quota::scope::{Quota, QuotaScope, QuotaView};
pub use search::query::{Found, Search, SearchMode};
pub use seawall_store::Unavailable;
pub use service::ConfigService;
pub use settings::{
    ConfigSettings, FuzzyWatchSettings, HistorySettings, ImportSettings, QuotaSettings,
};
