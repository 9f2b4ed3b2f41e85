//! Reading an archive somebody sent.

use std::{
    collections::{HashMap, HashSet},
    io::{Cursor, Read},
};

use seawall_topology::Namespace;
use zip::ZipArchive;

use super::metadata;
use crate::{ArchiveError, ConfigKey, ContentType, ImportSettings};

/// An item of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchivedItem {
    pub(crate) key: ConfigKey,
    pub(crate) content: String,
    pub(crate) content_type: Option<ContentType>,
    pub(crate) app_name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) encrypted_data_key: String,
}

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unpacked {
    pub(crate) items: Vec<ArchivedItem>,
    /// Names of entries that are no items.
    pub(crate) unrecognized: Vec<String>,
}

/// Reads an archive of either form for `namespace`, within the limits: however
/// small the archive, no more than `unpacked_bytes_max` is ever held.
pub(crate) fn unpack(
    bytes: &[u8],
    namespace: &Namespace,
    limits: ImportSettings,
) -> Result<Unpacked, ArchiveError> {
    let entries = read_entries(bytes, limits)?;
    if entries.v2.is_some() { unpack_v2(entries, namespace) } else { unpack_v1(entries, namespace) }
}

/// The raw entries of an archive.
#[derive(Default)]
struct Entries {
    /// Contents by `(group, data id)`, in the order of the archive.
    contents: Vec<((String, String), String)>,
    v1: Option<String>,
    v2: Option<String>,
    unrecognized: Vec<String>,
}

fn read_entries(bytes: &[u8], limits: ImportSettings) -> Result<Entries, ArchiveError> {
    let damaged = |reason: String| ArchiveError::NotAZip(reason);
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    if archive.len() > limits.entries_max {
        let entries = archive.len();
        return Err(ArchiveError::TooManyEntries { entries, max: limits.entries_max });
    }
    let mut left = limits.unpacked_bytes_max;
    let mut entries = Entries::default();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| damaged(error.to_string()))?;
        let name = entry
            .name()
            .map(|name| name.into_owned())
            .map_err(|error| damaged(error.to_string()))?;
        if entry.is_dir() {
            continue;
        }
        let mut body = Vec::new();
        // The size an entry declares is not believed: what comes out is counted.
        entry
            .take(left.saturating_add(1))
            .read_to_end(&mut body)
            .map_err(|error| damaged(error.to_string()))?;
        left = left
            .checked_sub(body.len() as u64)
            .ok_or(ArchiveError::TooLarge { max: limits.unpacked_bytes_max })?;
        entries.add(name, body);
    }
    Ok(entries)
}

impl Entries {
    fn add(&mut self, name: String, body: Vec<u8>) {
        let Ok(body) = String::from_utf8(body) else {
            self.unrecognized.push(name);
            return;
        };
        match name.as_str() {
            metadata::V1_ENTRY => self.v1 = Some(body),
            metadata::V2_ENTRY => self.v2 = Some(body),
            _ => match name.split_once('/') {
                Some((group, data_id))
                    if !group.is_empty() && !data_id.is_empty() && !data_id.contains('/') =>
                {
                    self.contents.push(((group.to_owned(), data_id.to_owned()), body));
                }
                _ => self.unrecognized.push(name),
            },
        }
    }
}

fn unpack_v1(entries: Entries, namespace: &Namespace) -> Result<Unpacked, ArchiveError> {
    let mut apps = metadata::read_v1(entries.v1.as_deref().unwrap_or_default())?;
    let mut unpacked = Unpacked { items: Vec::new(), unrecognized: entries.unrecognized };
    for ((group, data_id), content) in entries.contents {
        match ConfigKey::parse(namespace.as_str(), &group, &data_id) {
            Ok(key) => unpacked.items.push(ArchivedItem {
                key,
                content,
                content_type: None,
                app_name: apps.remove(&metadata::v1_name(&group, &data_id)),
                description: None,
                tags: None,
                encrypted_data_key: String::new(),
            }),
            Err(_) => unpacked.unrecognized.push(format!("{group}/{data_id}")),
        }
    }
    Ok(unpacked)
}

fn unpack_v2(entries: Entries, namespace: &Namespace) -> Result<Unpacked, ArchiveError> {
    let list = metadata::read_v2(entries.v2.as_deref().unwrap_or_default())?;
    let mut unpacked = Unpacked { items: Vec::new(), unrecognized: entries.unrecognized };
    let mut contents: HashMap<(String, String), String> = entries.contents.into_iter().collect();
    let mut seen = HashSet::new();
    for item in list {
        let name = (item.group.clone(), item.data_id.clone());
        if !seen.insert(name.clone()) {
            continue;
        }
        let key = ConfigKey::parse(namespace.as_str(), &item.group, &item.data_id);
        let (Some(content), Ok(key)) = (contents.remove(&name), key) else {
            unpacked.unrecognized.push(format!("{}/{}", item.group, item.data_id));
            continue;
        };
        let tags = item.config_tags.map(|tags| tags.split(',').map(str::to_owned).collect());
        unpacked.items.push(ArchivedItem {
            key,
            content,
            // Nacos takes a type it does not know as text.
            content_type: Some(ContentType::parse(&item.content_type).unwrap_or_default()),
            app_name: item.app_name,
            description: item.desc,
            tags,
            encrypted_data_key: item.encrypted_data_key.unwrap_or_default(),
        });
    }
    // Entries the list does not name, in a fixed order.
    let mut unlisted: Vec<_> =
        contents.into_keys().map(|(group, data_id)| format!("{group}/{data_id}")).collect();
    unlisted.sort();
    unpacked.unrecognized.append(&mut unlisted);
    Ok(unpacked)
}
