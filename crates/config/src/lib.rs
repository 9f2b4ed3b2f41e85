//! Configuration items, history, gray release, listeners.

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
    ArchiveError, ArchiveForm, CloneItem, Export, Exported, Import, Imported, SamePolicy,
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
    error::{OpenError, PublishError},
    md5::Md5,
    meta::{Author, ConfigId, ConfigMeta, Description},
    publish::{Describe, Publish, Published, Removed},
};
pub use names::{ConfigKey, ConfigNameError, DataId, GrayName, Group};
pub use quota::scope::{Quota, QuotaScope, QuotaView};
pub use search::query::{Found, Search, SearchMode};
pub use seawall_store::Unavailable;
pub use service::ConfigService;
pub use settings::{
    ConfigSettings, FuzzyWatchSettings, HistorySettings, ImportSettings, QuotaSettings,
};
