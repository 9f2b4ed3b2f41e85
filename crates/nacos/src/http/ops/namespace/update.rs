//! Changing what people see of a namespace.

use std::sync::Arc;

use seawall_topology::Namespace;

use super::check_name;
use crate::http::{call::Call, fault::Fault, state::Http, target};

/// What changes.
#[derive(Debug)]
pub(crate) struct Update {
    id: Namespace,
    name: String,
    description: String,
}

impl Update {
    fn read(call: &Call, id: &str, name: &str) -> Result<Self, Fault> {
        call.params.required(id)?;
        let shown = call.params.required(name)?;
        check_name(shown)?;
        Ok(Self {
            id: target::namespace(&call.params, id)?,
            name: shown.to_owned(),
            description: call.params.or("namespaceDesc", "").to_owned(),
        })
    }

    /// The first generation has its own names here.
    pub(crate) fn read_v1(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "namespace", "namespaceShowName")
    }

    pub(crate) fn read_form(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "namespaceId", "namespaceName")
    }
}

/// Changes the namespace.
pub(crate) async fn update(http: Arc<Http>, input: Update) -> Result<(), Fault> {
    http.namespaces.update(&input.id, &input.name, &input.description).await?;
    Ok(())
}
