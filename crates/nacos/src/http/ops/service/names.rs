//! Finding services by name in one namespace or in all.

use std::{collections::BTreeMap, sync::Arc};

use seawall_registry::{PageRequest, ServiceFilter};
use seawall_topology::Namespace;

use crate::http::{call::Call, fault::Fault, guard::Admitted, state::Http, target};

/// What the name contains, and where to look.
pub(crate) struct Names {
    namespace: Option<Namespace>,
    contains: String,
    admitted: Admitted,
}

impl Names {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let namespace = match call.params.get("namespaceId") {
            Some(_) => Some(target::namespace(&call.params, "namespaceId")?),
            None => None,
        };
        let contains = call.params.owned("expr").unwrap_or_default();
        Ok(Self { namespace, contains, admitted: call.admitted.clone() })
    }
}

/// The namespace that was named, which must be the principal's to see, or all that
/// are.
pub(crate) async fn visible(
    http: &Http,
    named: Option<Namespace>,
    admitted: &Admitted,
) -> Result<Vec<Namespace>, Fault> {
    if let Some(one) = named {
        admitted.may_see_services(http, &one)?;
        return Ok(vec![one]);
    }
    let all = http.namespaces.list().await?.into_iter().map(|info| info.id);
    Ok(all.filter(|one| admitted.may_see_services(http, one).is_ok()).collect())
}

/// Grouped names by namespace.
pub(crate) async fn names(
    http: Arc<Http>,
    input: Names,
) -> Result<BTreeMap<Namespace, Vec<String>>, Fault> {
    let namespaces = visible(&http, input.namespace, &input.admitted).await?;
    let page = PageRequest { number: 1, size: PageRequest::SIZE_MAX };
    let found = namespaces.into_iter().map(|namespace| {
        let filter = ServiceFilter {
            namespace: namespace.clone(),
            name_contains: input.contains.clone(),
            ..ServiceFilter::default()
        };
        let services = http.registry.list_services(&filter, page).services;
        (namespace, services.iter().map(|summary| summary.key.grouped_name()).collect())
    });
    Ok(found.collect())
}
