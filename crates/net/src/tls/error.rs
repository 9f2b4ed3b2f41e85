//! Why TLS cannot be used as set.

use std::{io, path::PathBuf};

/// Why certificates could not be loaded. The ones in use, if any, stay in use.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that the settings need is not named.
    #[error("tls is {mode} but `{missing}` is not set")]
    NotSet {
        /// The mode that needs it.
        mode: &'static str,
        /// The missing key.
        missing: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// A file was read but is not what it should be.
    #[error("{path} does not hold {expected}; give a file in PEM form")]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
    },
    /// Key and certificates were read but cannot be used together.
    #[error("the certificate and key cannot be used: {0}")]
    Unusable(String),
}
