//! Quotas of namespaces and groups.

use std::sync::Arc;

use http::StatusCode;
use seawall_config::{Group, Quota, QuotaScope, QuotaView};
use seawall_topology::Namespace;

use crate::http::{call::Call, code::Code, fault::Fault, state::Http, target};

/// Whose quota. A group is that of the default namespace, as in Nacos.
fn scope(call: &Call) -> Result<QuotaScope, Fault> {
    let names = call.generation.config_names();
    if let Some(group) = call.params.get(names.group) {
        let group: Group = group.parse()?;
        return Ok(QuotaScope::Group(Namespace::public(), group));
    }
    if call.params.get(names.namespace).is_some() {
        return Ok(QuotaScope::Namespace(target::namespace(&call.params, names.namespace)?));
    }
    Err(Fault::new(
        StatusCode::BAD_REQUEST,
        Code::ParameterMissing,
        format!(
            "At least one of the parameters ({} or {}) must be provided",
            names.group, names.namespace
        ),
    ))
}

/// Whose quota is asked for.
pub(crate) fn read(call: &mut Call) -> Result<QuotaScope, Fault> {
    scope(call)
}

/// The quota and how much of it is used.
pub(crate) async fn get(http: Arc<Http>, scope: QuotaScope) -> Result<QuotaView, Fault> {
    Ok(http.configs.quota(&scope)?)
}

/// A quota to set; what is left out stays.
#[derive(Debug)]
pub(crate) struct Set {
    scope: QuotaScope,
    items_max: Option<u64>,
    bytes_max: Option<u64>,
}

impl Set {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let scope = scope(call)?;
        let items_max = call.params.parsed("quota")?;
        let bytes_max = call.params.parsed("maxSize")?;
        if items_max.is_none() && bytes_max.is_none() {
            let retired = call.params.first(&["maxAggrCount", "maxAggrSize"]);
            return Err(match retired {
                Some(_) => Fault::not_offered("a limit on aggregated configuration"),
                None => Fault::new(
                    StatusCode::BAD_REQUEST,
                    Code::ParameterMissing,
                    "The parameters quota, maxSize, maxAggrCount, maxAggrSize cannot be empty at the same time",
                ),
            });
        }
        Ok(Self { scope, items_max, bytes_max })
    }
}

/// Sets the quota.
pub(crate) async fn set(http: Arc<Http>, input: Set) -> Result<QuotaScope, Fault> {
    let Set { scope, items_max, bytes_max } = input;
    let present = http.configs.quota(&scope)?.set;
    let quota = Quota {
        items_max: items_max.unwrap_or(present.items_max),
        bytes_max: bytes_max.unwrap_or(present.bytes_max),
    };
    http.configs.set_quota(&scope, quota).await?;
    Ok(scope)
}
