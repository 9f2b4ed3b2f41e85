//! Whether each instance of a service is healthy.

use std::sync::Arc;

use seawall_identity::Action;
use seawall_registry::ServiceKey;

use crate::http::{call::Call, fault::Fault, guard::Admitted, state::Http};

/// Between namespace and service in the one parameter of this operation.
const CONNECTOR: &str = "##";

/// Of which service.
pub(crate) struct Statuses {
    service: ServiceKey,
    admitted: Admitted,
}

impl Statuses {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let key = call.params.required("key")?;
        let (namespace, name) = key.split_once(CONNECTOR).unwrap_or(("", key));
        let namespace = namespace.parse().map_err(|error| Fault::invalid(format!("{error}")))?;
        let service = ServiceKey::parse(namespace, "", name)?;
        Ok(Self { service, admitted: call.admitted.clone() })
    }
}

/// `ip:port_true` or `ip:port_false` for each instance.
pub(crate) async fn statuses(http: Arc<Http>, input: Statuses) -> Result<Vec<String>, Fault> {
    input.admitted.may_service(&http, Action::Read, &input.service)?;
    if http.registry.is_warming(&input.service) {
        return Err(Fault::starting());
    }
    let instances = http.registry.instances(&input.service, None);
    Ok(instances.iter().map(|one| format!("{}:{}_{}", one.ip, one.port, one.healthy)).collect())
}
