//! Why work on the folder of a store failed.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::OpenError;

/// Why work on the folder of a store failed, by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// There is no store in the folder.
    #[error("{path} holds no store; name the data folder of a node")]
    NotAStore {
        /// The folder.
        path: PathBuf,
    },
    /// There is no backup in the folder.
    #[error("{path} holds no backup; name a folder that a backup was made into")]
    NotABackup {
        /// The folder.
        path: PathBuf,
    },
    /// The folder that was to be made is there already.
    #[error("{path} is there already and not empty; name a folder that is not there")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The backup is not as it was written.
    #[error("{path} is damaged: {reason}; take another backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl OfflineError {
    /// Whether the command was refused with nothing touched, as opposed to having met
    /// damage or a failing disk.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotAStore { .. } | Self::NotABackup { .. } | Self::NotEmpty { .. } => true,
            Self::Open(error) => {
                matches!(error, OpenError::InUse { .. } | OpenError::TooNew { .. })
            }
            Self::Damaged { .. } | Self::Io { .. } => false,
        }
    }
}

/// Wraps an error of the system with the path it is about.
pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> OfflineError + use<> {
    let path = path.to_owned();
    move |source| OfflineError::Io { path, source }
}
