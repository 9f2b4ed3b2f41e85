//! All namespaces.

use std::sync::Arc;

use seawall_config::QuotaScope;
use seawall_resource::NamespaceInfo;

use crate::http::{fault::Fault, state::Http};

/// A namespace and how full it is.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) info: NamespaceInfo,
    pub(crate) items: u64,
    pub(crate) items_max: u64,
}

pub(super) fn fill(http: &Http, info: NamespaceInfo) -> Result<Filled, Fault> {
    let quota = http.configs.quota(&QuotaScope::Namespace(info.id.clone()))?;
    Ok(Filled { info, items: quota.items, items_max: quota.in_force.items_max })
}

/// Every namespace, the default one first.
pub(crate) async fn list(http: Arc<Http>, _: ()) -> Result<Vec<Filled>, Fault> {
    let infos = http.namespaces.list().await?;
    infos.into_iter().map(|info| fill(&http, info)).collect()
}
