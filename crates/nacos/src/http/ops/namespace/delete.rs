//! Removing a namespace.

use std::sync::Arc;

use seawall_resource::NamespaceError;
use seawall_topology::Namespace;

use crate::http::{fault::Fault, state::Http};

/// Takes the namespace out of the directory; also when it was not in it.
pub(crate) async fn delete(http: Arc<Http>, id: Namespace) -> Result<(), Fault> {
    match http.namespaces.delete(&id).await {
        Ok(()) | Err(NamespaceError::NotFound(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
