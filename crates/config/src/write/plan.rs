//! From what is there and what is asked to what is to be stored.

use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::Revision;

use crate::{
    Author, ConfigId, ConfigMeta, Describe, Description, GrayName, GrayRule, HistoryId,
    HistoryOperation, Md5, Publish, PublishError, Restore, index::slot::Slot,
    model::meta::ContentVersion,
};

/// What one write does to one item or one of its gray releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The gray release; `None` for the item itself.
    pub(crate) gray: Option<GrayName>,
    /// When the target was last written; zero if it is not there.
    pub(crate) expected: Revision,
    /// What is to be stored; `None` to remove.
    pub(crate) item: Option<ConfigMeta>,
    /// Whether the content is to be stored under the item's version; if not, that
    /// version is there already.
    pub(crate) new_content: bool,
    /// What is to be recorded; `None` for changes that history does not hold.
    pub(crate) history: Option<Recorded>,
}

/// An entry for history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) id: HistoryId,
    pub(crate) operation: HistoryOperation,
    pub(crate) item: Arc<ConfigMeta>,
    pub(crate) at: WallTime,
    pub(crate) author: Author,
}

impl Plan {
    /// Whether the target comes into being.
    pub(crate) fn creates(&self) -> bool {
        self.expected == Revision::ZERO
    }
}

/// Plans a publish under the fresh `number`.
pub(crate) fn publish(
    slot: &Slot,
    publish: &Publish,
    now: WallTime,
    number: u64,
    grays_max: usize,
) -> Result<Plan, PublishError> {
    let name = publish.gray.as_ref().map(|rule| &rule.name);
    let present = slot.target(name);
    admit(slot, present, publish, grays_max)?;
    let md5 = Md5::of(&publish.content);
    // A changed data key means another cipher text even if, absurdly, the MD5 agrees.
    let same = present.filter(|present| {
        present.md5 == md5 && *present.encrypted_data_key == *publish.encrypted_data_key
    });
    let author = Arc::new(publish.author.clone());
    let item = ConfigMeta {
        id: present.map_or(ConfigId::new(number), |present| present.id),
        key: publish.key.clone(),
        md5,
        bytes: publish.content.len() as u64,
        content_type: publish
            .content_type
            .or_else(|| present.or(slot.formal.as_ref()).map(|known| known.content_type))
            .unwrap_or_default(),
        encrypted_data_key: publish.encrypted_data_key.as_str().into(),
        about: about(present, publish),
        created: present.map_or(now, |present| present.created),
        modified: present.map_or(now, |present| now.max(present.modified)),
        created_by: Arc::clone(present.map_or(&author, |present| &present.created_by)),
        modified_by: author,
        gray: publish.gray.clone().map(Arc::new),
        revision: Revision::ZERO,
        version: same.map_or(ContentVersion(number), |same| same.version),
    };
    let (operation, recorded) = match present {
        None => (HistoryOperation::Insert, Arc::new(item.clone())),
        Some(present) => (HistoryOperation::Update, Arc::clone(present)),
    };
    let history = Recorded {
        id: HistoryId::new(number),
        operation,
        item: recorded,
        at: item.modified,
        author: publish.author.clone(),
    };
    Ok(Plan {
        gray: name.cloned(),
        expected: present.map_or(Revision::ZERO, |present| present.revision),
        new_content: same.is_none(),
        item: Some(item),
        history: Some(history),
    })
}

/// Plans an item or a gray release taken over from elsewhere, which is not there, under
/// the fresh `number`, with its own times. Its creation is recorded unless it brings a
/// history along.
pub(crate) fn restore(restore: &Restore, now: WallTime, number: u64) -> Plan {
    let item = restored(restore, now, number);
    let history = (!restore.has_history).then(|| Recorded {
        id: HistoryId::new(number),
        operation: HistoryOperation::Insert,
        item: Arc::new(item.clone()),
        at: item.modified,
        author: item.modified_by.as_ref().clone(),
    });
    Plan {
        gray: restore.publish.gray.as_ref().map(|rule| rule.name.clone()),
        expected: Revision::ZERO,
        item: Some(item),
        new_content: true,
        history,
    }
}

/// The item a restore brings; what it does not know happened `now`.
pub(crate) fn restored(restore: &Restore, now: WallTime, number: u64) -> ConfigMeta {
    let publish = &restore.publish;
    let modified = restore.modified.unwrap_or(now);
    let author = Arc::new(publish.author.clone());
    ConfigMeta {
        id: ConfigId::new(number),
        key: publish.key.clone(),
        md5: Md5::of(&publish.content),
        bytes: publish.content.len() as u64,
        content_type: publish.content_type.unwrap_or_default(),
        encrypted_data_key: publish.encrypted_data_key.as_str().into(),
        about: about(None, publish),
        created: restore.created.unwrap_or(modified).min(modified),
        modified,
        created_by: Arc::clone(&author),
        modified_by: author,
        gray: publish.gray.clone().map(Arc::new),
        revision: Revision::ZERO,
        version: ContentVersion(number),
    }
}

/// Plans the removal of what is there; `None` if nothing is.
pub(crate) fn remove(
    slot: &Slot,
    name: Option<&GrayName>,
    author: Author,
    now: WallTime,
    number: u64,
) -> Option<Plan> {
    let present = slot.target(name)?;
    let history = Recorded {
        id: HistoryId::new(number),
        operation: HistoryOperation::Delete,
        item: Arc::clone(present),
        at: now.max(present.modified),
        author,
    };
    Some(Plan {
        gray: name.cloned(),
        expected: present.revision,
        item: None,
        new_content: false,
        history: Some(history),
    })
}

/// Plans new words about an item. `modified` stays: clients see no change.
pub(crate) fn describe(
    slot: &Slot,
    words: &Describe,
    author: Author,
) -> Result<Plan, PublishError> {
    let present = slot.formal.as_ref().ok_or(PublishError::NotFound)?;
    let mut about = present.about.as_ref().clone();
    if let Some(description) = &words.description {
        about.description = description.as_str().into();
    }
    if let Some(tags) = &words.tags {
        about.tags = clean_tags(tags);
    }
    let item = ConfigMeta {
        about: about.shared(),
        modified_by: Arc::new(author),
        ..present.as_ref().clone()
    };
    Ok(Plan {
        gray: None,
        expected: present.revision,
        item: Some(item),
        new_content: false,
        history: None,
    })
}

/// Plans a new rule for a gray release; its content stays.
pub(crate) fn regray(
    slot: &Slot,
    rule: &GrayRule,
    author: Author,
    now: WallTime,
) -> Result<Plan, PublishError> {
    let present = slot.gray(&rule.name).ok_or(PublishError::NotFound)?;
    let item = ConfigMeta {
        modified: now.max(present.modified),
        modified_by: Arc::new(author),
        gray: Some(Arc::new(rule.clone())),
        ..present.as_ref().clone()
    };
    Ok(Plan {
        gray: Some(rule.name.clone()),
        expected: present.revision,
        item: Some(item),
        new_content: false,
        history: None,
    })
}

fn admit(
    slot: &Slot,
    present: Option<&Arc<ConfigMeta>>,
    publish: &Publish,
    grays_max: usize,
) -> Result<(), PublishError> {
    if publish.only_new && present.is_some() {
        return Err(PublishError::Exists);
    }
    let cas = publish.cas_md5.as_deref().map(str::trim).filter(|md5| !md5.is_empty());
    if cas.is_some_and(|wanted| !present.is_some_and(|present| present.md5.is(wanted))) {
        let found = present.map(|present| present.md5.to_string()).unwrap_or_default();
        return Err(PublishError::Md5Mismatch { found });
    }
    if publish.gray.is_some() && present.is_none() && slot.grays.len() >= grays_max {
        return Err(PublishError::TooManyGrays { max: grays_max });
    }
    Ok(())
}

fn about(present: Option<&Arc<ConfigMeta>>, publish: &Publish) -> Arc<Description> {
    let before = present.map(|present| present.about.as_ref().clone()).unwrap_or_default();
    let keep = |said: &Option<String>, before: Box<str>| said.as_deref().map_or(before, Into::into);
    Description {
        app_name: keep(&publish.app_name, before.app_name),
        description: keep(&publish.description, before.description),
        tags: publish.tags.as_deref().map_or(before.tags, clean_tags),
        schema: keep(&publish.schema, before.schema),
        usage: keep(&publish.usage, before.usage),
        effect: keep(&publish.effect, before.effect),
    }
    .shared()
}

/// Without blanks and repetitions, in the order they were written.
fn clean_tags(tags: &[String]) -> Box<[Box<str>]> {
    let mut clean: Vec<Box<str>> = Vec::with_capacity(tags.len());
    for tag in tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if !clean.iter().any(|known| **known == *tag) {
            clean.push(tag.into());
        }
    }
    clean.into()
}
