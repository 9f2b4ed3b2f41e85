//! The two lists of items an archive may carry.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::ArchiveError;

/// Name of the V1 list.
pub(crate) const V1_ENTRY: &str = ".meta.yml";
/// Name of the V2 list.
pub(crate) const V2_ENTRY: &str = ".metadata.yml";

/// One item of the V2 list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MetadataItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) config_tags: Option<String>,
    pub(crate) data_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) desc: Option<String>,
    /// Ours: the key without which a content the client encrypted is useless.
    /// Nacos ignores what it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encrypted_data_key: Option<String>,
    pub(crate) group: String,
    #[serde(rename = "type")]
    pub(crate) content_type: String,
}

/// The V2 list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct MetadataList {
    metadata: Vec<MetadataItem>,
}

pub(crate) fn write_v2(items: Vec<MetadataItem>) -> Result<String, ArchiveError> {
    serde_yaml_ng::to_string(&MetadataList { metadata: items })
        .map_err(|error| ArchiveError::BadMetadata(error.to_string()))
}

/// Reads the V2 list; like Nacos, refuses one that is empty or has an item without
/// data id, group or type.
pub(crate) fn read_v2(text: &str) -> Result<Vec<MetadataItem>, ArchiveError> {
    let bad = |reason: String| ArchiveError::BadMetadata(reason);
    let list: MetadataList =
        serde_yaml_ng::from_str(text).map_err(|error| bad(error.to_string()))?;
    if list.metadata.is_empty() {
        return Err(bad("it lists no configuration".to_owned()));
    }
    let blank = |text: &str| text.trim().is_empty();
    let lacking = |item: &&MetadataItem| {
        blank(&item.data_id) || blank(&item.group) || blank(&item.content_type)
    };
    match list.metadata.iter().find(lacking) {
        Some(item) => {
            Err(bad(format!("`{}/{}` lacks its dataId, group or type", item.group, item.data_id)))
        }
        None => Ok(list.metadata),
    }
}

/// What ends an entry of the V1 list.
const V1_ENDS: [char; 3] = ['\r', '\n', '|'];

/// Whether the V1 list has a way to write `app_name`: one that means something else
/// there would make the whole archive unreadable, also to Nacos.
pub(crate) fn v1_can_carry(app_name: &str) -> bool {
    !app_name.contains(V1_ENDS) && !app_name.contains('=')
}

/// The line of the V1 list that names an item's application.
pub(crate) fn v1_line(group: &str, data_id: &str, app_name: &str) -> String {
    format!("{}={app_name}\r\n", v1_name(group, data_id))
}

/// What the V1 list calls the application of an item.
pub(crate) fn v1_name(group: &str, data_id: &str) -> String {
    match data_id.rsplit_once('.') {
        Some((stem, extension)) => format!("{group}.{stem}~{extension}.app"),
        None => format!("{group}.{data_id}.app"),
    }
}

/// Reads the V1 list: application names by [`v1_name`].
pub(crate) fn read_v1(text: &str) -> Result<HashMap<String, String>, ArchiveError> {
    text.split(V1_ENDS)
        .filter(|line| !line.is_empty())
        .map(|line| match line.split_once('=') {
            Some((name, app)) if !app.contains('=') => Ok((name.to_owned(), app.to_owned())),
            _ => Err(ArchiveError::BadMetadata(format!("`{line}` is not name=value"))),
        })
        .collect()
}
