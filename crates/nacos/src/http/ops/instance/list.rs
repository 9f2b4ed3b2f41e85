//! Finding the instances of a service.

use std::sync::Arc;

use seawall_registry::{ClusterName, Instance, Query, ServiceKey, ServiceView};

use crate::http::{
    call::{Call, Page},
    fault::Fault,
    state::Http,
    target,
};

/// Which instances are wanted.
#[derive(Debug)]
pub(crate) struct List {
    service: ServiceKey,
    query: Query,
}

impl List {
    /// As clients ask: any number of clusters, none for all (trap T14).
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let clusters = call.params.first(&["clusters", "clusterName"]).unwrap_or_default();
        let clusters = ClusterName::parse_list(clusters)?;
        let healthy_only = call.params.flag("healthyOnly")?.unwrap_or(false);
        Ok(Self { service: target::service(call)?, query: Query { clusters, healthy_only } })
    }
}

/// The service as subscribers see it.
///
/// # Errors
///
/// While instances may still be coming back after a restart, "unavailable": a
/// client keeps the list it has.
pub(crate) async fn list(http: Arc<Http>, input: List) -> Result<Arc<ServiceView>, Fault> {
    let view = http.registry.query(&input.service, &input.query);
    if view.is_warming() {
        return Err(Fault::unavailable("server is STARTING now, please try again later!"));
    }
    Ok(view)
}

/// Which instances an operator wants to see, disabled ones included.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) service: ServiceKey,
    cluster: Option<ClusterName>,
    healthy: Option<bool>,
    enabled: Option<bool>,
}

impl Survey {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let cluster = call.params.get("clusterName").map(str::parse).transpose()?;
        Ok(Self { service: target::service(call)?, cluster, healthy: None, enabled: None })
    }

    /// As the third generation asks: `healthyOnly=false` does not mean "only
    /// unhealthy ones".
    pub(crate) fn read_healthy_only(call: &mut Call) -> Result<Self, Fault> {
        let healthy = call.params.flag("healthyOnly")?.filter(|only| *only);
        Ok(Self { healthy, ..Self::read(call)? })
    }

    /// As the second generation's catalogue asks: both flags choose a side.
    pub(crate) fn read_sides(call: &mut Call) -> Result<Self, Fault> {
        let healthy = call.params.flag("healthyOnly")?;
        let enabled = call.params.flag("enabledOnly")?;
        Ok(Self { healthy, enabled, ..Self::read(call)? })
    }
}

/// What an operator finds.
#[derive(Debug)]
pub(crate) struct Surveyed {
    pub(crate) service: ServiceKey,
    pub(crate) instances: Vec<Arc<Instance>>,
}

/// All instances, as operators see them.
///
/// # Errors
///
/// When there is no such service.
pub(crate) async fn survey(http: Arc<Http>, input: Survey) -> Result<Surveyed, Fault> {
    let Survey { service, cluster, healthy, enabled } = input;
    let mut instances = http.registry.instances(&service, cluster.as_ref());
    if instances.is_empty() && http.registry.service(&service).is_none() {
        let message = format!("service {} is not found!", service.grouped_name());
        return Err(Fault::not_found(message));
    }
    instances.retain(|instance| {
        healthy.is_none_or(|side| instance.healthy == side)
            && enabled.is_none_or(|side| instance.enabled == side)
    });
    Ok(Surveyed { service, instances })
}

/// One page of what an operator wants to see.
#[derive(Debug)]
pub(crate) struct SurveyPage {
    survey: Survey,
    page: Page,
}

impl SurveyPage {
    /// As the first generation's catalogue asks.
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { survey: Survey::read(call)?, page: call.required_page()? })
    }

    /// As the second generation's catalogue asks.
    pub(crate) fn read_sides(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { survey: Survey::read_sides(call)?, page: call.required_page()? })
    }
}

/// All instances, and which page of them was asked for.
pub(crate) async fn survey_page(
    http: Arc<Http>,
    input: SurveyPage,
) -> Result<(Page, Surveyed), Fault> {
    Ok((input.page, survey(http, input.survey).await?))
}
