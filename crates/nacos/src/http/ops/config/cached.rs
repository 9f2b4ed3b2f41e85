//! What clients say they have cached of an item.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use seawall_config::ConfigKey;
use serde_json::Value;

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which clients are asked about which item.
#[derive(Debug)]
pub(crate) struct Ask {
    ip: IpAddr,
    key: ConfigKey,
}

impl Ask {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { ip: call.params.required_parsed("ip")?, key: target::config(call)? })
    }
}

/// The answers of all clients at the address that answer in time, in one map.
pub(crate) async fn ask(http: Arc<Http>, input: Ask) -> Result<BTreeMap<String, Value>, Fault> {
    Ok(http.client_config_metrics(input.ip, &[input.key]).await)
}
