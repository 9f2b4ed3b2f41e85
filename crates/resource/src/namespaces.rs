//! Namespaces, for doors that speak of them directly.
#![allow(clippy::todo, clippy::unused_async, unused_variables, dead_code)]

use std::sync::Arc;

use seawall_clock::{Clock, WallTime};
use seawall_store::{Store, Unavailable};
use seawall_topology::Namespace;

/// The directory of namespaces. `public` is always in it.
pub struct Namespaces {}

/// What is known of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceInfo {
    /// Its id, which keys carry.
    pub id: Namespace,
    /// The name people see.
    pub show_name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// When it was made.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
}

/// Why a namespace was not read or changed. Unless [`Self::Write`], nothing was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamespaceError {
    /// There is one with this id already.
    #[error("namespace `{0}` exists already")]
    Exists(Namespace),
    /// There is none with this id.
    #[error("namespace `{0}` not found")]
    NotFound(Namespace),
    /// `public` is always there.
    #[error("namespace `{0}` cannot be deleted")]
    Protected(Namespace),
    /// The show name or the description is not acceptable.
    #[error("{0}")]
    Invalid(String),
    /// The write was refused or its outcome is not known; the text says which.
    #[error("{0}")]
    Write(String),
    /// The store cannot answer now; try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Namespaces {
    /// The namespaces of `store`; makes `public` at the first start.
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, NamespaceError> {
        todo!()
    }

    /// Makes a namespace.
    pub async fn create(
        &self,
        id: &Namespace,
        show_name: &str,
        description: &str,
    ) -> Result<NamespaceInfo, NamespaceError> {
        todo!()
    }

    /// Changes what people see of a namespace.
    pub async fn update(
        &self,
        id: &Namespace,
        show_name: &str,
        description: &str,
    ) -> Result<NamespaceInfo, NamespaceError> {
        todo!()
    }

    /// Takes a namespace out of the directory; what lives in it stays.
    pub async fn delete(&self, id: &Namespace) -> Result<(), NamespaceError> {
        todo!()
    }

    /// All namespaces: `public` first, then by id.
    pub async fn list(&self) -> Result<Vec<NamespaceInfo>, NamespaceError> {
        todo!()
    }

    /// One namespace, `None` if there is none with this id.
    pub async fn get(&self, id: &Namespace) -> Result<Option<NamespaceInfo>, NamespaceError> {
        todo!()
    }

    /// Whether there is such a namespace.
    pub async fn exists(&self, id: &Namespace) -> Result<bool, NamespaceError> {
        todo!()
    }
}
