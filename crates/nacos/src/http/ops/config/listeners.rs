//! Who listens to what.

use std::{net::IpAddr, sync::Arc};

use seawall_config::{ConfigKey, ListenerView};
use seawall_identity::Action;
use seawall_topology::Namespace;

use crate::http::{call::Call, fault::Fault, guard::Admitted, state::Http, target};

/// Those who listen to the item.
pub(crate) async fn of_item(http: Arc<Http>, key: ConfigKey) -> Result<Vec<ListenerView>, Fault> {
    Ok(http.configs.listeners_of(&key))
}

/// What one address listens to.
pub(crate) struct ByAddress {
    ip: IpAddr,
    all: bool,
    namespace: Namespace,
    admitted: Admitted,
}

impl ByAddress {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let all = call.params.flag("all")?.unwrap_or(false);
        Self::read_with(call, all)
    }

    /// In every namespace.
    pub(crate) fn read_everywhere(call: &mut Call) -> Result<Self, Fault> {
        Self::read_with(call, true)
    }

    fn read_with(call: &Call, all: bool) -> Result<Self, Fault> {
        let names = call.generation.config_names();
        Ok(Self {
            ip: call.params.required_parsed("ip")?,
            all,
            namespace: target::namespace(&call.params, names.namespace)?,
            admitted: call.admitted.clone(),
        })
    }
}

/// The items of the namespace, or of every one, that the address listens to; those
/// of them that are the caller's to read.
pub(crate) async fn by_address(
    http: Arc<Http>,
    input: ByAddress,
) -> Result<Vec<ListenerView>, Fault> {
    let mut views = http.configs.listened_by(input.ip);
    views.retain(|view| {
        (input.all || view.key.namespace == input.namespace)
            && input.admitted.may_config(&http, Action::Read, &view.key).is_ok()
    });
    Ok(views)
}
