//! News of configurations on their way to a client.

use std::sync::Arc;

use seawall_config::{
    Changed, ConfigKey, ConfigNameError, FuzzyChange, FuzzyKind, NamespaceSpelling,
};
use serde::Serialize;

use super::fuzzy_sync::{self, SyncJson};
use crate::grpc::reply::{Message, joined, request_start};

/// Something a client is told and has to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// An item it listens to is not what it has. Carries no content (trap T20).
    Changed(Changed),
    /// Part of what a fuzzy watch of it names.
    FuzzySync(Arc<FuzzyBatch>),
    /// An item that a fuzzy watch of it names changed. The number tells two changes of
    /// one item apart: each is told, in order.
    FuzzyChange { number: u64, change: FuzzyChange },
    /// The services of a fuzzy watch have all been told.
    ServicesDone(Arc<str>),
}

/// One batch of a fuzzy watch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FuzzyBatch {
    /// Unique for the connection.
    pub(crate) number: u64,
    /// As the client wrote it.
    pub(crate) pattern: Box<str>,
    pub(crate) sync: &'static str,
    pub(crate) changes: Vec<FuzzyChange>,
    /// From 1; 0 of 0 says that all were told.
    pub(crate) batch: usize,
    pub(crate) batches: usize,
}

/// What makes two pieces of news the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NewsKey {
    Changed(ConfigKey, NamespaceSpelling),
    Fuzzy(u64),
    ServicesDone(Arc<str>),
}

impl News {
    pub(crate) fn key(&self) -> NewsKey {
        match self {
            Self::Changed(changed) => NewsKey::Changed(changed.key.clone(), changed.spelling),
            Self::FuzzySync(batch) => NewsKey::Fuzzy(batch.number),
            Self::FuzzyChange { number, .. } => NewsKey::Fuzzy(*number),
            Self::ServicesDone(pattern) => NewsKey::ServicesDone(Arc::clone(pattern)),
        }
    }

    /// The message, which the client confirms by `request_id`.
    pub(crate) fn encode(&self, request_id: &str) -> Result<Message, serde_json::Error> {
        let start = request_start(request_id);
        let (kind, json) = match self {
            Self::Changed(changed) => {
                ("ConfigChangeNotifyRequest", joined(&start, &ChangedJson::of(changed)))
            }
            Self::FuzzySync(batch) => {
                ("ConfigFuzzyWatchSyncRequest", joined(&start, &sync_json(batch)))
            }
            Self::FuzzyChange { change, .. } => {
                ("ConfigFuzzyWatchChangeNotifyRequest", joined(&start, &ChangeJson::of(change)))
            }
            Self::ServicesDone(pattern) => {
                ("NamingFuzzyWatchSyncRequest", joined(&start, &SyncJson::done("naming", pattern)))
            }
        };
        Ok(Message::of_json(kind, &json?))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedJson<'a> {
    module: &'static str,
    data_id: &'a str,
    group: &'a str,
    /// As the client spelled it, or it would not know its own key (trap T6).
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
}

impl<'a> ChangedJson<'a> {
    fn of(changed: &'a Changed) -> Self {
        Self {
            module: "config",
            data_id: changed.key.data_id.as_str(),
            group: changed.key.group.as_str(),
            tenant: changed.spelling.spell(&changed.key),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContextJson {
    group_key: String,
    changed_type: &'static str,
}

fn sync_json(batch: &FuzzyBatch) -> SyncJson<'_, ContextJson> {
    let context = |change: &FuzzyChange| ContextJson {
        group_key: group_key(&change.key),
        changed_type: word(change.kind),
    };
    SyncJson {
        module: "config",
        group_key_pattern: &batch.pattern,
        sync_type: batch.sync,
        contexts: batch.changes.iter().map(context).collect(),
        total_batch: batch.batches,
        current_batch: batch.batch,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeJson {
    module: &'static str,
    sync_type: &'static str,
    group_key: String,
    change_type: &'static str,
}

impl ChangeJson {
    fn of(change: &FuzzyChange) -> Self {
        Self {
            module: "config",
            sync_type: fuzzy_sync::CHANGED,
            group_key: group_key(&change.key),
            change_type: word(change.kind),
        }
    }
}

fn word(kind: FuzzyKind) -> &'static str {
    match kind {
        FuzzyKind::Added => "ADD_CONFIG",
        FuzzyKind::Changed => "CONFIG_CHANGED",
        FuzzyKind::Deleted => "DELETE_CONFIG",
    }
}

/// The item in one text, `dataId+group+namespace`, as Nacos's `GroupKey` writes it:
/// `+` and `%` inside a part are percent-encoded.
pub(crate) fn group_key(key: &ConfigKey) -> String {
    let escape = |part: &str| part.replace('%', "%25").replace('+', "%2B");
    let (data_id, group) = (escape(key.data_id.as_str()), escape(key.group.as_str()));
    format!("{data_id}+{group}+{}", escape(key.namespace.as_str()))
}

/// Reads what [`group_key`] writes; the namespace may be absent.
pub(crate) fn parse_group_key(text: &str) -> Result<ConfigKey, ConfigNameError> {
    let unescape = |part: &str| part.replace("%2B", "+").replace("%25", "%");
    let mut parts = text.split('+').map(unescape);
    let mut part = || parts.next().unwrap_or_default();
    let (data_id, group, namespace) = (part(), part(), part());
    ConfigKey::parse(&namespace, &group, &data_id)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::grpc::{frame::Deframer, payload::Payload};

    fn json(news: &News) -> (String, String) {
        let (head, tail) = news.encode("c7").unwrap().into_parts();
        let mut deframer = Deframer::new(1 << 20);
        deframer.push(head);
        deframer.push(tail);
        let payload = Payload::decode(deframer.next().unwrap().unwrap()).unwrap();
        let (metadata, json) = payload.into_parts();
        (metadata.r#type, String::from_utf8(json.to_vec()).unwrap())
    }

    #[test]
    fn t06_news_spells_the_namespace_as_the_client_did() {
        let key = ConfigKey::parse("", "g", "d").unwrap();
        let table = [
            (NamespaceSpelling::Missing, ""),
            (NamespaceSpelling::Blank, r#","tenant":"""#),
            (NamespaceSpelling::Named, r#","tenant":"public""#),
        ];
        for (spelling, tenant) in table {
            let (kind, json) = json(&News::Changed(Changed { key: key.clone(), spelling }));
            assert_eq!(kind, "ConfigChangeNotifyRequest");
            assert_eq!(
                json,
                format!(
                    r#"{{"headers":{{}},"requestId":"c7","module":"config","dataId":"d","group":"g"{tenant}}}"#
                )
            );
        }
    }

    #[test]
    fn a_group_key_is_read_as_it_is_written() {
        for (namespace, group, data_id) in [("", "g", "d"), ("dev", "a:b", "x.yaml")] {
            let key = ConfigKey::parse(namespace, group, data_id).unwrap();
            assert_eq!(parse_group_key(&group_key(&key)), Ok(key));
        }
        let short = parse_group_key("d+g").unwrap();
        assert_eq!(short, ConfigKey::parse("public", "g", "d").unwrap());
        assert!(parse_group_key("+g").is_err());
    }

    #[test]
    fn a_batch_of_a_fuzzy_watch_names_its_items() {
        let key = ConfigKey::parse("dev", "g", "d").unwrap();
        let batch = FuzzyBatch {
            number: 1,
            pattern: "dev>>*>>*".into(),
            sync: fuzzy_sync::FIRST,
            changes: vec![FuzzyChange { key, kind: FuzzyKind::Added }],
            batch: 1,
            batches: 1,
        };
        let (kind, json) = json(&News::FuzzySync(Arc::new(batch)));
        assert_eq!(kind, "ConfigFuzzyWatchSyncRequest");
        assert!(json.contains(r#""contexts":[{"groupKey":"d+g+dev","changedType":"ADD_CONFIG"}]"#));
    }
}
