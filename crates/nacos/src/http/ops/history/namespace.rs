//! The items of a namespace, as the history page lists them.

use std::sync::Arc;

use seawall_config::ConfigMeta;
use seawall_topology::Namespace;

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which namespace; it must be named.
pub(crate) fn read(call: &mut Call) -> Result<Namespace, Fault> {
    let name = call.generation.config_names().namespace;
    call.params.raw(name).ok_or_else(|| Fault::missing(name))?;
    target::namespace(&call.params, name)
}

/// Its items without their contents, by name.
pub(crate) async fn items(
    http: Arc<Http>,
    namespace: Namespace,
) -> Result<Vec<Arc<ConfigMeta>>, Fault> {
    let keys = http.configs.keys(&namespace)?;
    let mut metas = Vec::with_capacity(keys.len());
    for key in keys {
        // One may be removed meanwhile.
        metas.extend(http.configs.meta(&key)?);
    }
    Ok(metas)
}
