//! Declaring how the instances of a cluster are checked.

use std::sync::Arc;

use seawall_registry::{ClusterDefinition, ClusterName, ServiceKey};

use super::checker;
use crate::http::{call::Call, fault::Fault, state::Http, target};

/// What is declared of which cluster.
#[derive(Debug)]
pub(crate) struct Declare {
    service: ServiceKey,
    cluster: ClusterName,
    definition: ClusterDefinition,
}

impl Declare {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let params = &call.params;
        let cluster = params.required("clusterName")?.parse()?;
        let check_port = params.required_parsed("checkPort")?;
        params.required("useInstancePort4Check")?;
        let own_port = params.flag("useInstancePort4Check")?.unwrap_or(true);
        let definition = ClusterDefinition {
            checker: checker::parse(params.required("healthChecker")?)?,
            check_port: (!own_port).then_some(check_port),
            metadata: params.metadata("metadata")?.unwrap_or_default(),
        };
        Ok(Self { service: target::service(call)?, cluster, definition })
    }
}

/// Declares the cluster.
pub(crate) async fn declare(http: Arc<Http>, input: Declare) -> Result<(), Fault> {
    Ok(http.registry.update_cluster(&input.service, input.cluster, input.definition).await?)
}
