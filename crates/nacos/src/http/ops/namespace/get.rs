//! One namespace.

use std::sync::Arc;

use http::StatusCode;
use seawall_topology::Namespace;

use super::list::{Filled, fill};
use crate::http::{call::Call, code::Code, fault::Fault, state::Http, target};

/// Which one.
pub(crate) fn read(call: &mut Call) -> Result<Namespace, Fault> {
    call.params.raw("namespaceId").ok_or_else(|| Fault::missing("namespaceId"))?;
    target::namespace(&call.params, "namespaceId")
}

/// The namespace and how full it is.
pub(crate) async fn get(http: Arc<Http>, id: Namespace) -> Result<Filled, Fault> {
    let info = http.namespaces.get(&id).await?.ok_or_else(|| {
        let message = format!("namespaceId [ {id} ] not exist");
        Fault::new(StatusCode::NOT_FOUND, Code::NamespaceNotFound, message)
    })?;
    fill(&http, info)
}

/// An id that may be free; anything goes.
pub(crate) fn read_candidate(call: &mut Call) -> Result<Option<Namespace>, Fault> {
    let names = ["customNamespaceId", "namespaceId"];
    if names.iter().all(|name| call.params.raw(name).is_none()) {
        return Err(Fault::missing("namespaceId"));
    }
    let id = call.params.first(&names);
    Ok(id.and_then(|text| text.parse().ok()))
}

/// Whether there is such a namespace; an id that cannot be one is free.
pub(crate) async fn exists(http: Arc<Http>, id: Option<Namespace>) -> Result<bool, Fault> {
    match id {
        Some(id) => Ok(http.namespaces.exists(&id).await?),
        None => Ok(false),
    }
}
