//! The stored forms. Fields are only ever added; see `seawall_store::record`.

use seawall_store::record::Record;

/// An item or a gray release, without its content.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ItemRecord {
    #[prost(uint64, tag = "1")]
    pub(crate) id: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) version: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) md5: Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub(crate) bytes: u64,
    #[prost(string, tag = "5")]
    pub(crate) content_type: String,
    #[prost(string, tag = "6")]
    pub(crate) encrypted_data_key: String,
    #[prost(message, optional, tag = "7")]
    pub(crate) about: Option<AboutRecord>,
    #[prost(uint64, tag = "8")]
    pub(crate) created_ms: u64,
    #[prost(uint64, tag = "9")]
    pub(crate) modified_ms: u64,
    #[prost(message, optional, tag = "10")]
    pub(crate) created_by: Option<AuthorRecord>,
    #[prost(message, optional, tag = "11")]
    pub(crate) modified_by: Option<AuthorRecord>,
    #[prost(message, optional, tag = "12")]
    pub(crate) gray: Option<GrayRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AboutRecord {
    #[prost(string, tag = "1")]
    pub(crate) app_name: String,
    #[prost(string, tag = "2")]
    pub(crate) description: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) tags: Vec<String>,
    #[prost(string, tag = "4")]
    pub(crate) schema: String,
    #[prost(string, tag = "5")]
    pub(crate) usage: String,
    #[prost(string, tag = "6")]
    pub(crate) effect: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AuthorRecord {
    #[prost(string, tag = "1")]
    pub(crate) user: String,
    #[prost(string, tag = "2")]
    pub(crate) ip: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GrayRecord {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    /// 1: client addresses, 2: tag, 3: labels.
    #[prost(uint32, tag = "2")]
    pub(crate) kind: u32,
    #[prost(string, tag = "3")]
    pub(crate) expression: String,
    #[prost(sint32, tag = "4")]
    pub(crate) priority: i32,
}

/// One content. Either `plain`, or sealed under the master key.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContentRecord {
    #[prost(string, optional, tag = "1")]
    pub(crate) plain: Option<String>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) wrapped_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) sealed: Vec<u8>,
}

/// One change.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoryRecord {
    /// 1: insert, 2: update, 3: delete.
    #[prost(uint32, tag = "1")]
    pub(crate) operation: u32,
    /// What was recorded: the item as created, or as it was before.
    #[prost(message, optional, tag = "2")]
    pub(crate) item: Option<ItemRecord>,
    #[prost(uint64, tag = "3")]
    pub(crate) at_ms: u64,
    #[prost(message, optional, tag = "4")]
    pub(crate) author: Option<AuthorRecord>,
}

/// A quota somebody set.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct QuotaRecord {
    #[prost(uint64, tag = "1")]
    pub(crate) items_max: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) bytes_max: u64,
}

/// How many items there were when one was last added.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UsageRecord {
    #[prost(uint64, tag = "1")]
    pub(crate) items: u64,
}

/// Tells which master key this store's contents are sealed with.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MasterKeyRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) fingerprint: Vec<u8>,
}

macro_rules! records {
    ($($name:ident = $kind:literal, $version:literal;)*) => {$(
        impl Record for $name {
            const KIND: &'static str = $kind;
            const VERSION: u8 = $version;
        }
    )*};
}

records! {
    ItemRecord = "configuration item", 1;
    ContentRecord = "configuration content", 1;
    HistoryRecord = "configuration history entry", 1;
    QuotaRecord = "configuration quota", 1;
    UsageRecord = "configuration usage", 1;
    MasterKeyRecord = "master key mark", 1;
}
