//! Listing services.

use std::sync::Arc;

use seawall_registry::{
    GroupFilter, GroupName, Instance, PageRequest, ServiceFilter, ServicePage, ServiceSummary,
};

use super::selector;
use crate::http::{
    call::{Call, Page},
    fault::Fault,
    state::Http,
    target,
};

/// Which services.
#[derive(Debug)]
pub(crate) struct List {
    filter: ServiceFilter,
    page: Page,
}

impl List {
    fn of_group(call: &Call, page: Page) -> Result<Self, Fault> {
        let group = GroupName::or_default(call.params.or("groupName", ""))?;
        let filter = ServiceFilter {
            namespace: target::namespace(&call.params, "namespaceId")?,
            group: GroupFilter::Is(group),
            selector: call
                .params
                .get("selector")
                .map(selector::parse)
                .transpose()?
                .unwrap_or_default(),
            ..ServiceFilter::default()
        };
        Ok(Self { filter, page })
    }

    /// The names of one group; the page must be named.
    pub(crate) fn read_group(call: &mut Call) -> Result<Self, Fault> {
        let page = call.required_page()?;
        Self::of_group(call, page)
    }

    /// The names of one group; the first twenty unless the page is named.
    pub(crate) fn read_group_paged(call: &mut Call) -> Result<Self, Fault> {
        let page = call.page(1, 20)?;
        Self::of_group(call, page)
    }

    /// As an operator searches: by parts of group and name. `ip_count` is the
    /// parameter that leaves out services without instances.
    fn searched(call: &Call, ip_count: &str) -> Result<Self, Fault> {
        let group = match call.params.get("groupNameParam") {
            Some(part) => GroupFilter::Contains(part.to_owned()),
            None => GroupFilter::Any,
        };
        let filter = ServiceFilter {
            namespace: target::namespace(&call.params, "namespaceId")?,
            group,
            name_contains: call.params.owned("serviceNameParam").unwrap_or_default(),
            with_instances: call.params.flag(ip_count)?.unwrap_or(false),
            ..ServiceFilter::default()
        };
        Ok(Self { filter, page: call.page(1, 100)? })
    }

    /// A search of the first generation's catalogue.
    pub(crate) fn read_catalog(call: &mut Call) -> Result<Self, Fault> {
        Self::searched(call, "hasIpCount")
    }

    /// A search of the third generation.
    pub(crate) fn read_search(call: &mut Call) -> Result<Self, Fault> {
        Self::searched(call, "ignoreEmptyService")
    }
}

/// One page of services.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) page: Page,
    pub(crate) found: ServicePage,
}

/// The services of the page.
pub(crate) async fn list(http: Arc<Http>, input: List) -> Result<Listed, Fault> {
    let List { filter, page } = input;
    let request = PageRequest { number: page.number, size: page.size };
    Ok(Listed { page, found: http.registry.list_services(&filter, request) })
}

/// One page of services with all their instances.
#[derive(Debug)]
pub(crate) struct Populated {
    pub(crate) page: Page,
    pub(crate) total: usize,
    pub(crate) services: Vec<(ServiceSummary, Vec<Arc<Instance>>)>,
}

/// The services of the page with their instances.
pub(crate) async fn list_populated(http: Arc<Http>, input: List) -> Result<Populated, Fault> {
    let Listed { page, found } = list(http.clone(), input).await?;
    if found.services.iter().any(|summary| http.registry.is_warming(&summary.key)) {
        return Err(Fault::starting());
    }
    let services = found
        .services
        .into_iter()
        .map(|summary| {
            let instances = http.registry.instances(&summary.key, None);
            (summary, instances)
        })
        .collect();
    Ok(Populated { page, total: found.total, services })
}
