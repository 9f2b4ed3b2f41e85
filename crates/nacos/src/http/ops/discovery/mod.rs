//! For those who look for servers: the list of ours, and Prometheus's targets.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use seawall_registry::{Instance, PageRequest, ServiceFilter, ServiceKey};
use seawall_topology::Namespace;

use super::service::names::visible;
use crate::http::{call::Call, fault::Fault, guard::Admitted, state::Http, target};

/// The addresses of all servers: those that are set, else the one that was asked.
pub(crate) async fn servers(http: Arc<Http>, local: SocketAddr) -> Result<Vec<String>, Fault> {
    let set = &http.settings.http.server_list;
    Ok(if set.is_empty() { vec![local.to_string()] } else { set.clone() })
}

/// Whose instances are targets.
pub(crate) struct Targets {
    namespace: Option<Namespace>,
    service: Option<String>,
    admitted: Admitted,
}

impl Targets {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let namespace = match call.params.get("namespaceId") {
            Some(_) => Some(target::namespace(&call.params, "namespaceId")?),
            None => None,
        };
        let service = call.params.owned("service");
        Ok(Self { namespace, service, admitted: call.admitted.clone() })
    }
}

/// One target: where to scrape, and its labels.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Target {
    targets: [String; 1],
    labels: BTreeMap<String, String>,
}

/// The instances as Prometheus's HTTP service discovery wants them.
///
/// # Errors
///
/// While instances may still be coming back after a restart, "unavailable":
/// Prometheus then keeps the targets it has.
pub(crate) async fn targets(http: Arc<Http>, input: Targets) -> Result<Vec<Target>, Fault> {
    let namespaces = visible(&http, input.namespace, &input.admitted).await?;
    let named =
        |key: &ServiceKey| input.service.as_deref().is_none_or(|name| name == key.name.as_str());
    if http.registry.any_warming(|key| named(key) && namespaces.contains(&key.namespace)) {
        return Err(Fault::starting());
    }
    let page = PageRequest { number: 1, size: PageRequest::SIZE_MAX };
    let mut targets = Vec::new();
    for namespace in namespaces {
        let filter = ServiceFilter { namespace, with_instances: true, ..Default::default() };
        for summary in http.registry.list_services(&filter, page).services {
            if !named(&summary.key) {
                continue;
            }
            let instances = http.registry.instances(&summary.key, None);
            targets.extend(instances.iter().map(|instance| as_target(instance)));
        }
    }
    Ok(targets)
}

/// Metadata becomes labels, with `_` for what a label name may not contain.
fn as_target(instance: &Instance) -> Target {
    let label = |(key, value): (&String, &String)| (key.replace(['.', '-'], "_"), value.clone());
    let mut labels: BTreeMap<_, _> = instance.metadata.iter().map(label).collect();
    labels.insert("__meta_clusterName".to_owned(), instance.cluster.to_string());
    Target { targets: [format!("{}:{}", instance.ip, instance.port)], labels }
}
