//! From stored forms to what the rest of the crate speaks of, and back.

use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::{Revision, Value, record};

use super::record::{
    AboutRecord, AuthorRecord, ContentRecord, GrayRecord, HistoryRecord, ItemRecord, QuotaRecord,
};
use crate::{
    Author, ConfigId, ConfigKey, ConfigMeta, ContentType, Description, GrayKind, GrayRule,
    HistoryEntry, HistoryId, HistoryOperation, Md5, Quota, content::cipher::Sealed,
    model::meta::ContentVersion,
};

/// A stored record makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error(transparent)]
    Record(#[from] record::RecordError),
    #[error("a stored {0} makes no sense")]
    Field(&'static str),
}

pub(crate) fn encode_item(meta: &ConfigMeta) -> Value {
    record::encode(&item_record(meta))
}

pub(crate) fn decode_item(
    key: ConfigKey,
    value: &[u8],
    revision: Revision,
) -> Result<ConfigMeta, Unreadable> {
    item_meta(key, record::decode::<ItemRecord>(value)?, revision)
}

pub(crate) fn encode_history(
    operation: HistoryOperation,
    recorded: &ConfigMeta,
    at: WallTime,
    author: &Author,
) -> Value {
    let operation = match operation {
        HistoryOperation::Insert => 1,
        HistoryOperation::Update => 2,
        HistoryOperation::Delete => 3,
    };
    record::encode(&HistoryRecord {
        operation,
        item: Some(item_record(recorded)),
        at_ms: at.as_millis(),
        author: Some(author_record(author)),
    })
}

/// The entry, and the item as it recorded it.
pub(crate) fn decode_history(
    key: ConfigKey,
    id: HistoryId,
    value: &[u8],
) -> Result<(HistoryEntry, ConfigMeta), Unreadable> {
    let stored = record::decode::<HistoryRecord>(value)?;
    let operation = match stored.operation {
        1 => HistoryOperation::Insert,
        2 => HistoryOperation::Update,
        3 => HistoryOperation::Delete,
        _ => return Err(Unreadable::Field("history operation")),
    };
    let item = stored.item.ok_or(Unreadable::Field("history entry without an item"))?;
    let meta = item_meta(key, item, Revision::ZERO)?;
    let entry = HistoryEntry {
        id,
        key: meta.key.clone(),
        gray: meta.gray.as_ref().map(|rule| rule.name.clone()),
        gray_expression: meta.gray.as_ref().map(|rule| rule.expression()).unwrap_or_default(),
        operation,
        md5: meta.md5,
        bytes: meta.bytes,
        content_type: meta.content_type,
        encrypted_data_key: meta.encrypted_data_key.to_string(),
        about: meta.about.as_ref().clone(),
        created: meta.created,
        at: WallTime::from_millis(stored.at_ms),
        author: author(stored.author),
        version: meta.version,
    };
    Ok((entry, meta))
}

/// A stored content: plain, or sealed.
pub(crate) enum StoredContent {
    Plain(String),
    Sealed(Sealed),
}

pub(crate) fn encode_content(content: StoredContent) -> Value {
    record::encode(&match content {
        StoredContent::Plain(plain) => {
            ContentRecord { plain: Some(plain), wrapped_key: Vec::new(), sealed: Vec::new() }
        }
        StoredContent::Sealed(Sealed { wrapped_key, content }) => {
            ContentRecord { plain: None, wrapped_key, sealed: content }
        }
    })
}

pub(crate) fn decode_content(value: &[u8]) -> Result<StoredContent, Unreadable> {
    let stored = record::decode::<ContentRecord>(value)?;
    Ok(match stored.plain {
        Some(plain) => StoredContent::Plain(plain),
        None => StoredContent::Sealed(Sealed {
            wrapped_key: stored.wrapped_key,
            content: stored.sealed,
        }),
    })
}

pub(crate) fn encode_quota(quota: Quota) -> Value {
    record::encode(&QuotaRecord { items_max: quota.items_max, bytes_max: quota.bytes_max })
}

pub(crate) fn decode_quota(value: &[u8]) -> Result<Quota, Unreadable> {
    let stored = record::decode::<QuotaRecord>(value)?;
    Ok(Quota { items_max: stored.items_max, bytes_max: stored.bytes_max })
}

fn item_record(meta: &ConfigMeta) -> ItemRecord {
    ItemRecord {
        id: meta.id.get(),
        version: meta.version.0,
        md5: meta.md5.as_bytes().to_vec(),
        bytes: meta.bytes,
        content_type: meta.content_type.as_str().to_owned(),
        encrypted_data_key: meta.encrypted_data_key.to_string(),
        about: Some(about_record(&meta.about)),
        created_ms: meta.created.as_millis(),
        modified_ms: meta.modified.as_millis(),
        created_by: Some(author_record(&meta.created_by)),
        modified_by: Some(author_record(&meta.modified_by)),
        gray: meta.gray.as_deref().map(gray_record),
    }
}

fn item_meta(
    key: ConfigKey,
    stored: ItemRecord,
    revision: Revision,
) -> Result<ConfigMeta, Unreadable> {
    // Most items have one author, who is kept once.
    let created_by = Arc::new(author(stored.created_by));
    let modified_by = author(stored.modified_by);
    let md5 = stored.md5.try_into().map_err(|_| Unreadable::Field("md5"))?;
    Ok(ConfigMeta {
        id: ConfigId::new(stored.id),
        key,
        md5: Md5::from_bytes(md5),
        bytes: stored.bytes,
        // A type added by a later version is text to this one.
        content_type: ContentType::parse(&stored.content_type).unwrap_or_default(),
        encrypted_data_key: stored.encrypted_data_key.into(),
        about: about(stored.about.unwrap_or_default()).shared(),
        created: WallTime::from_millis(stored.created_ms),
        modified: WallTime::from_millis(stored.modified_ms),
        modified_by: if modified_by == *created_by {
            Arc::clone(&created_by)
        } else {
            Arc::new(modified_by)
        },
        created_by,
        gray: stored.gray.map(gray_rule).transpose()?.map(Arc::new),
        revision,
        version: ContentVersion(stored.version),
    })
}

fn gray_record(rule: &GrayRule) -> GrayRecord {
    let kind = match rule.kind {
        GrayKind::ClientIps(_) => 1,
        GrayKind::Tag(_) => 2,
        GrayKind::Labels(_) => 3,
    };
    GrayRecord {
        name: rule.name.as_str().to_owned(),
        kind,
        expression: rule.expression(),
        priority: rule.priority,
    }
}

fn gray_rule(stored: GrayRecord) -> Result<GrayRule, Unreadable> {
    let senseless = || Unreadable::Field("gray rule");
    let rule = match stored.kind {
        1 => GrayRule::beta(&stored.expression),
        2 => GrayRule::tag(&stored.expression),
        3 => GrayRule::labels(&stored.name, &stored.expression, stored.priority),
        _ => return Err(senseless()),
    };
    let name = stored.name.parse().map_err(|_| senseless())?;
    let rule = rule.map_err(|_| senseless())?;
    Ok(GrayRule { name, priority: stored.priority, ..rule })
}

fn about_record(about: &Description) -> AboutRecord {
    AboutRecord {
        app_name: about.app_name.to_string(),
        description: about.description.to_string(),
        tags: about.tags.iter().map(ToString::to_string).collect(),
        schema: about.schema.to_string(),
        usage: about.usage.to_string(),
        effect: about.effect.to_string(),
    }
}

fn about(stored: AboutRecord) -> Description {
    Description {
        app_name: stored.app_name.into(),
        description: stored.description.into(),
        tags: stored.tags.into_iter().map(Into::into).collect(),
        schema: stored.schema.into(),
        usage: stored.usage.into(),
        effect: stored.effect.into(),
    }
}

fn author_record(author: &Author) -> AuthorRecord {
    AuthorRecord { user: author.user.clone(), ip: author.ip.clone() }
}

fn author(stored: Option<AuthorRecord>) -> Author {
    stored.map(|AuthorRecord { user, ip }| Author { user, ip }).unwrap_or_default()
}
