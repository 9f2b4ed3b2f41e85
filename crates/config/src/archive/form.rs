//! What exports and imports take and give.

use bytes::Bytes;
use seawall_topology::Namespace;

use crate::{Author, ConfigId, ConfigKey, DataId, Group, PublishError};

/// Which of Nacos' two forms an archive is written in. Both are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ArchiveForm {
    /// `group/dataId` entries and a `.meta.yml` with application names.
    V1,
    /// The same entries and a `.metadata.yml` with type, description, application
    /// name and tags of every item.
    #[default]
    V2,
}

/// Which items to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Where to take them from.
    pub namespace: Namespace,
    /// Only items with these numbers; empty: all.
    pub ids: Vec<ConfigId>,
    /// Only the item with this data id; empty: any. `*` stands for any text.
    pub data_id: String,
    /// Only items of this group; empty: any.
    pub group: String,
    /// Only items of this application; empty: any.
    pub app_name: String,
    /// The form to write.
    pub form: ArchiveForm,
}

/// An archive of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The zip file.
    pub zip: Bytes,
    /// Items in it.
    pub items: usize,
    /// Items that are not in it: the client encrypted them, and the V1 form has
    /// no place for the key they are useless without.
    pub left_out: Vec<ConfigKey>,
}

/// Which part of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportPart {
    /// The item before it; `None` for the first part.
    pub after: Option<ConfigId>,
    /// Most items in it.
    pub items_max: usize,
    /// Most content in it, in bytes.
    pub bytes_max: u64,
}

/// A part of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedPart {
    /// The archive.
    pub exported: Exported,
    /// Items that are left for further parts.
    pub left: usize,
    /// What the next part comes after; `None` when nothing is left.
    pub next: Option<ConfigId>,
}

/// What to do with items that are there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SamePolicy {
    /// Stop at the first one; those before it stay imported.
    #[default]
    Abort,
    /// Leave it as it is.
    Skip,
    /// Publish over it.
    Overwrite,
}

/// Where and how to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Where to.
    pub namespace: Namespace,
    /// What to do with items that are there already.
    pub policy: SamePolicy,
    /// Who imports.
    pub author: Author,
}

/// An item to clone, perhaps under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneItem {
    /// The item.
    pub from: ConfigKey,
    /// Its group in the target namespace, if it is to be another.
    pub group: Option<Group>,
    /// Its data id in the target namespace, if it is to be another.
    pub data_id: Option<DataId>,
}

/// What became of the items of an import or a clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Published.
    pub done: Vec<ConfigKey>,
    /// Left alone: there already, or behind the item at which the import stopped.
    pub skipped: Vec<ConfigKey>,
    /// Refused, and why.
    pub failed: Vec<(ConfigKey, PublishError)>,
    /// Entries of the archive that are no items, by their names.
    pub unrecognized: Vec<String>,
}

/// Why an archive was refused; nothing was imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is not a zip file, or a damaged one.
    #[error("this is not a readable zip file: {0}")]
    NotAZip(String),
    /// It holds more entries than allowed.
    #[error("the archive has {entries} entries; at most {max} are allowed")]
    TooManyEntries {
        /// How many it holds.
        entries: usize,
        /// The limit.
        max: usize,
    },
    /// It unpacks to more bytes than allowed.
    #[error("the archive unpacks to more than the {max} bytes allowed")]
    TooLarge {
        /// The limit.
        max: u64,
    },
    /// Its list of items cannot be read.
    #[error("the archive's metadata is not understood: {0}")]
    BadMetadata(String),
    /// It holds no item.
    #[error("the archive holds no configuration")]
    Empty,
    /// The store cannot answer now. Try again.
    #[error(transparent)]
    Unavailable(#[from] seawall_store::Unavailable),
}
