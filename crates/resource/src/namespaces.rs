//! Namespaces, for doors that speak of them directly. They are the objects of kind
//! `Namespace`: what `seawall apply` makes is here at once, and the other way round.

use std::sync::Arc;

use seawall_clock::{Clock, WallTime};
use seawall_store::{Store, Unavailable};
use seawall_topology::{Labels, Namespace, Selector};
use serde_json::json;

use crate::{
    Document, DryRun, Generation, Kind, Kinds, ListRequest, NamespaceSpec, Object, ObjectId,
    ResourceError, ResourceStore, Spec, default_tenant,
};

/// Whom the history names when a door does not say who asked.
const AUTHOR: &str = "seawall";

/// The directory of namespaces. `public` is always in it.
pub struct Namespaces {
    objects: Arc<ResourceStore>,
    kind: Kind,
}

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
        Self::over(ResourceStore::new(store, clock, Kinds::built_in())).await
    }

    /// The same over objects that are open already; their kinds must include
    /// `Namespace`.
    pub async fn over(objects: Arc<ResourceStore>) -> Result<Arc<Self>, NamespaceError> {
        let kind = NamespaceSpec::KIND.parse().map_err(write)?;
        let namespaces = Self { objects, kind };
        let public = Namespace::public();
        match namespaces.create(&public, public.as_str(), "").await {
            Ok(_) | Err(NamespaceError::Exists(_)) => Ok(Arc::new(namespaces)),
            Err(error) => Err(error),
        }
    }

    /// Makes a namespace.
    pub async fn create(
        &self,
        id: &Namespace,
        show_name: &str,
        description: &str,
    ) -> Result<NamespaceInfo, NamespaceError> {
        if self.exists(id).await? {
            return Err(NamespaceError::Exists(id.clone()));
        }
        match self.apply(id, Labels::new(), Generation::ZERO, show_name, description).await {
            Err(NamespaceError::NotFound(id)) => Err(NamespaceError::Exists(id)),
            other => other,
        }
    }

    /// Changes what people see of a namespace; the last of several at once counts.
    pub async fn update(
        &self,
        id: &Namespace,
        show_name: &str,
        description: &str,
    ) -> Result<NamespaceInfo, NamespaceError> {
        for _ in 0..crate::store::ATTEMPTS {
            let Some(found) = self.find(id).await? else {
                return Err(NamespaceError::NotFound(id.clone()));
            };
            let Object { labels, generation, .. } = found;
            match self.apply(id, labels, generation, show_name, description).await {
                // Changed or deleted meanwhile: look again.
                Err(NamespaceError::NotFound(_)) => {}
                other => return other,
            }
        }
        Err(NamespaceError::Write(format!("others are changing namespace `{id}`; try again")))
    }

    /// Takes a namespace out of the directory; what lives in it stays.
    pub async fn delete(&self, id: &Namespace) -> Result<(), NamespaceError> {
        let deleted = self.objects.delete(&self.object(id)?, None, DryRun::No, AUTHOR).await;
        deleted.map(drop).map_err(|error| refused(id, error))
    }

    /// All namespaces: `public` first, then by id.
    pub async fn list(&self) -> Result<Vec<NamespaceInfo>, NamespaceError> {
        let (selector, mut after, mut all) = (Selector::default(), None, Vec::new());
        loop {
            let request = ListRequest {
                kind: &self.kind,
                tenant: None,
                selector: &selector,
                after: after.as_ref(),
                limit: usize::MAX,
            };
            let page = self.objects.list(&request).await.map_err(unreadable)?;
            for object in &page.objects {
                all.push(info(object)?);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        all.sort_by_key(|info| !info.id.is_public());
        Ok(all)
    }

    /// One namespace, `None` if there is none with this id.
    pub async fn get(&self, id: &Namespace) -> Result<Option<NamespaceInfo>, NamespaceError> {
        self.find(id).await?.as_ref().map(info).transpose()
    }

    /// Whether there is such a namespace.
    pub async fn exists(&self, id: &Namespace) -> Result<bool, NamespaceError> {
        Ok(self.find(id).await?.is_some())
    }

    async fn find(&self, id: &Namespace) -> Result<Option<Object>, NamespaceError> {
        self.objects.get(&self.object(id)?).await.map_err(unreadable)
    }

    /// Fails with `NotFound` if the object does not have the version `expected`.
    async fn apply(
        &self,
        id: &Namespace,
        labels: Labels,
        expected: Generation,
        show_name: &str,
        description: &str,
    ) -> Result<NamespaceInfo, NamespaceError> {
        let spec = json!({ "showName": show_name, "description": description });
        let document = Document { id: self.object(id)?, labels, expected: Some(expected), spec };
        let applied = self.objects.apply(&document, DryRun::No, AUTHOR).await;
        info(&applied.map_err(|error| refused(id, error))?.object)
    }

    fn object(&self, id: &Namespace) -> Result<ObjectId, NamespaceError> {
        let name = id.as_str().parse().map_err(write)?;
        Ok(ObjectId { kind: self.kind.clone(), tenant: default_tenant(), name })
    }
}

fn info(object: &Object) -> Result<NamespaceInfo, NamespaceError> {
    let spec: NamespaceSpec = object.spec_as().map_err(write)?;
    let id: Namespace = object.id.name.as_str().parse().map_err(write)?;
    let show_name = if spec.show_name.is_empty() { id.to_string() } else { spec.show_name };
    Ok(NamespaceInfo {
        id,
        show_name,
        description: spec.description,
        created: object.created,
        modified: object.modified,
    })
}

fn refused(id: &Namespace, error: ResourceError) -> NamespaceError {
    match error {
        ResourceError::Conflict { .. } | ResourceError::NotFound(_) => {
            NamespaceError::NotFound(id.clone())
        }
        ResourceError::Kept { .. } => NamespaceError::Protected(id.clone()),
        ResourceError::Invalid { errors, .. } => {
            NamespaceError::Invalid(crate::document::lines(&errors))
        }
        error => unreadable(error),
    }
}

fn unreadable(error: ResourceError) -> NamespaceError {
    match error {
        ResourceError::Unavailable(error) => error.into(),
        error => write(error),
    }
}

fn write(error: impl std::fmt::Display) -> NamespaceError {
    NamespaceError::Write(error.to_string())
}
