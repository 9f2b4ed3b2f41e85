//! Instances in JSON.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use seawall_registry::{Instance, ServiceKey, ServiceView};
use serde_json::{Value, json};

use crate::{
    http::{
        code::Code,
        fault::Fault,
        generation::Generation,
        ops::instance::{detail::Found, list::Surveyed},
        reply::Reply,
    },
    wire::{self, InstanceView},
};

/// What a beat is answered with when the instance is known (trap T15).
const BEAT_KNOWN: u32 = 10_200;
/// When it is not: the client registers again.
const BEAT_UNKNOWN: u32 = 20_404;
/// What clients hear when the interval is not known for want of an instance.
const BEAT_INTERVAL: Duration = Duration::from_secs(5);

/// Instances as Nacos writes them.
pub(super) fn instances(service: &ServiceKey, instances: &[Arc<Instance>]) -> Vec<Value> {
    let grouped = service.grouped_name();
    let view = |one: &Arc<Instance>| {
        serde_json::to_value(InstanceView::new(service, &grouped, one)).unwrap_or_default()
    };
    instances.iter().map(view).collect()
}

fn encode(error: &serde_json::Error) -> Reply {
    tracing::error!(%error, "answer.not_json");
    let message = "the service cannot be written as JSON";
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Server, message).reply(Generation::V1, "")
}

/// The service with its instances, bare.
pub(crate) fn service_info(view: Arc<ServiceView>) -> Reply {
    match wire::service_info_grouped(&view) {
        Ok(json) => Reply::encoded_json(json),
        Err(error) => encode(&error),
    }
}

/// The service with its instances, wrapped without being taken apart.
pub(crate) fn wrapped_service_info(view: Arc<ServiceView>) -> Reply {
    match wire::service_info_grouped(&view) {
        Ok(json) => {
            let parts: [&[u8]; 3] = [br#"{"code":0,"message":"success","data":"#, &json, b"}"];
            Reply::encoded_json(parts.concat().into())
        }
        Err(error) => encode(&error),
    }
}

/// The instances alone, as the third generation's clients get them.
pub(crate) fn hosts(view: Arc<ServiceView>) -> Reply {
    Reply::result(instances(&view.service, &view.instances))
}

/// The instances an operator sees, third generation.
pub(crate) fn surveyed(found: Surveyed) -> Reply {
    Reply::result(instances(&found.service, &found.instances))
}

/// One instance, first generation.
pub(crate) fn bare(found: Found) -> Reply {
    let Found { service, instance } = found;
    Reply::json(&json!({
        "service": service.grouped_name(),
        "ip": instance.ip.as_str(),
        "port": instance.port,
        "clusterName": instance.cluster.as_str(),
        "weight": instance.weight,
        "healthy": instance.healthy,
        "instanceId": instance.id_in(&service),
        "metadata": &*instance.metadata,
        // Beyond Nacos, which leaves them out here.
        "enabled": instance.enabled,
        "ephemeral": instance.ephemeral,
    }))
}

/// One instance, second generation.
pub(crate) fn wrapped(found: Found) -> Reply {
    let Found { service, instance } = found;
    Reply::result(json!({
        "serviceName": service.grouped_name(),
        "ip": instance.ip.as_str(),
        "port": instance.port,
        "clusterName": instance.cluster.as_str(),
        "weight": instance.weight,
        "healthy": instance.healthy,
        "instanceId": instance.id_in(&service),
        "metadata": &*instance.metadata,
    }))
}

/// One instance, third generation.
pub(crate) fn result(found: Found) -> Reply {
    let grouped = found.service.grouped_name();
    Reply::result(InstanceView::new(&found.service, &grouped, &found.instance))
}

/// How a beat is answered.
pub(crate) fn beat(known: Option<Duration>) -> Reply {
    let interval = known.unwrap_or(BEAT_INTERVAL);
    Reply::json(&json!({
        "code": if known.is_some() { BEAT_KNOWN } else { BEAT_UNKNOWN },
        "clientBeatInterval": u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
        "lightBeatEnabled": true,
    }))
}

/// How a beat of the third generation is answered.
pub(crate) fn beat_result(known: Option<Duration>) -> Reply {
    match known {
        Some(_) => Reply::result("ok"),
        // Nacos answers this one with status 200.
        None => Fault::new(StatusCode::OK, Code::InstanceNotFound, "instance not found")
            .reply(Generation::V3, ""),
    }
}

/// `ip:port_true` texts.
pub(crate) fn statuses(ips: Vec<String>) -> Reply {
    Reply::json(&json!({ "ips": ips }))
}

/// Instances whose metadata was edited, bare.
pub(crate) fn updated(updated: Vec<String>) -> Reply {
    Reply::json(&json!({ "updated": updated }))
}

/// Instances whose metadata was edited, wrapped.
pub(crate) fn updated_result(updated: Vec<String>) -> Reply {
    Reply::result(json!({ "updated": updated }))
}
