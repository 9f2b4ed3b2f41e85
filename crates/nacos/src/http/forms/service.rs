//! Services in JSON.

use std::collections::BTreeMap;

use seawall_registry::{ClusterDefinition, ClusterName, ServiceDetail, ServiceSummary, Subscriber};
use seawall_topology::Namespace;
use serde_json::{Map, Value, json};

use super::{instance::instances, page::page};
use crate::http::{
    ops::{
        client::split_address,
        instance::list::Surveyed,
        service::{
            checker,
            list::{Listed, Populated},
            selector,
            subscribers::Found,
        },
    },
    reply::Reply,
};

/// The port Nacos checks when an instance's own is not to be checked.
const CHECK_PORT: u16 = 80;

/// Clusters that have instances or are declared.
fn clusters(detail: &ServiceDetail) -> BTreeMap<&ClusterName, ClusterDefinition> {
    let declared = &detail.definition.clusters;
    let names = detail.clusters.keys().chain(declared.keys());
    names.map(|name| (name, declared.get(name).cloned().unwrap_or_default())).collect()
}

/// A service, first generation.
pub(crate) fn bare(detail: ServiceDetail) -> Reply {
    let clusters: Vec<Value> = clusters(&detail)
        .into_iter()
        .map(|(name, declared)| {
            json!({ "name": name.as_str(), "healthChecker": checker::to_json(&declared.checker),
                    "metadata": declared.metadata })
        })
        .collect();
    Reply::json(&json!({
        "namespaceId": detail.key.namespace.as_str(),
        "groupName": detail.key.group.as_str(),
        "name": detail.key.name.as_str(),
        "protectThreshold": detail.definition.protect_threshold,
        "metadata": detail.definition.metadata,
        "selector": selector::to_json(&detail.definition.selector),
        "clusters": clusters,
    }))
}

fn cluster_map(detail: &ServiceDetail) -> Map<String, Value> {
    clusters(detail)
        .into_iter()
        .map(|(name, declared)| {
            let cluster = json!({
                "clusterName": name.as_str(),
                "healthChecker": checker::to_json(&declared.checker),
                "healthyCheckPort": declared.check_port.unwrap_or(CHECK_PORT),
                "useInstancePortForCheck": declared.check_port.is_none(),
                "metadata": declared.metadata,
                "hosts": [],
            });
            (name.to_string(), cluster)
        })
        .collect()
}

/// A service under the name this generation has for its namespace.
fn whole(detail: &ServiceDetail, namespace: &str) -> Value {
    json!({
        namespace: detail.key.namespace.as_str(),
        "groupName": detail.key.group.as_str(),
        "serviceName": detail.key.name.as_str(),
        "clusterMap": cluster_map(detail),
        "metadata": detail.definition.metadata,
        "protectThreshold": detail.definition.protect_threshold,
        "selector": selector::to_json(&detail.definition.selector),
        "ephemeral": detail.definition.ephemeral.unwrap_or(true),
    })
}

/// A service, second generation.
pub(crate) fn wrapped(detail: ServiceDetail) -> Reply {
    Reply::result(whole(&detail, "namespace"))
}

/// A service, third generation.
pub(crate) fn result(detail: ServiceDetail) -> Reply {
    Reply::result(whole(&detail, "namespaceId"))
}

/// A service as the first generation's console shows it.
pub(crate) fn catalog(detail: ServiceDetail) -> Reply {
    let clusters: Vec<Value> = clusters(&detail)
        .into_iter()
        .map(|(name, declared)| {
            json!({
                "name": name.as_str(),
                "serviceName": detail.key.grouped_name(),
                "healthChecker": checker::to_json(&declared.checker),
                "defaultPort": CHECK_PORT,
                "defaultCheckPort": declared.check_port.unwrap_or(CHECK_PORT),
                "useIPPort4Check": declared.check_port.is_none(),
                "metadata": declared.metadata,
            })
        })
        .collect();
    Reply::json(&json!({
        "service": {
            "name": detail.key.name.as_str(),
            "groupName": detail.key.group.as_str(),
            "protectThreshold": detail.definition.protect_threshold,
            "selector": selector::to_json(&detail.definition.selector),
            "metadata": detail.definition.metadata,
        },
        "clusters": clusters,
    }))
}

fn names(listed: &Listed) -> Vec<&str> {
    listed.found.services.iter().map(|summary| summary.key.name.as_str()).collect()
}

/// Names of services, first generation.
pub(crate) fn doms(listed: Listed) -> Reply {
    Reply::json(&json!({ "count": listed.found.total, "doms": names(&listed) }))
}

/// Names of services, second generation.
pub(crate) fn names_result(listed: Listed) -> Reply {
    Reply::result(json!({ "count": listed.found.total, "services": names(&listed) }))
}

fn line(summary: &ServiceSummary) -> Value {
    json!({
        "name": summary.key.name.as_str(),
        "groupName": summary.key.group.as_str(),
        "clusterCount": summary.clusters,
        "ipCount": summary.instances.total,
        "healthyInstanceCount": summary.instances.healthy,
        // A text in Nacos as well.
        "triggerFlag": summary.reached_protection.to_string(),
    })
}

/// Lines of the console's list, first generation.
pub(crate) fn catalog_lines(listed: Listed) -> Reply {
    let lines: Vec<Value> = listed.found.services.iter().map(line).collect();
    Reply::json(&json!({ "count": listed.found.total, "serviceList": lines }))
}

/// Lines of the console's list, third generation.
pub(crate) fn lines(Listed { page: number, found }: Listed) -> Reply {
    Reply::result(page(number, found.total, found.services.iter().map(line).collect()))
}

fn populated(populated: &Populated) -> Vec<Value> {
    let one = |(summary, members): &(ServiceSummary, Vec<_>)| {
        let mut clusters: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (instance, json) in Iterator::zip(members.iter(), instances(&summary.key, members)) {
            let instance: &std::sync::Arc<seawall_registry::Instance> = instance;
            clusters.entry(instance.cluster.to_string()).or_default().push(json);
        }
        let clusters: Map<String, Value> =
            clusters.into_iter().map(|(name, hosts)| (name, json!({ "hosts": hosts }))).collect();
        json!({
            "serviceName": summary.key.name.as_str(),
            "groupName": summary.key.group.as_str(),
            "clusterMap": clusters,
        })
    };
    populated.services.iter().map(one).collect()
}

/// Services with their instances, first generation.
pub(crate) fn catalog_populated(found: Populated) -> Reply {
    Reply::json(&populated(&found))
}

/// Services with their instances, third generation.
pub(crate) fn populated_result(found: Populated) -> Reply {
    Reply::result(page(found.page, found.total, populated(&found)))
}

/// Instances as the first generation's console lists them.
pub(crate) fn catalog_instances((number, found): (crate::http::call::Page, Surveyed)) -> Reply {
    let list = instances(&found.service, &found.instances);
    Reply::json(&json!({ "count": list.len(), "list": number.slice(list) }))
}

/// Instances as the second generation's console lists them.
pub(crate) fn catalog_instances_result(
    (number, found): (crate::http::call::Page, Surveyed),
) -> Reply {
    let list = instances(&found.service, &found.instances);
    Reply::result(json!({ "count": list.len(), "instances": number.slice(list) }))
}

/// Names by namespace. Nacos names the field after a folder of its own; clients of
/// other servers know it as `services`.
pub(crate) fn names_by_namespace(found: BTreeMap<Namespace, Vec<String>>) -> Reply {
    let count: usize = found.values().map(Vec::len).sum();
    let names: Map<String, Value> =
        found.into_iter().map(|(namespace, names)| (namespace.to_string(), json!(names))).collect();
    Reply::json(&json!({ "META-INF/services": names, "services": names, "count": count }))
}

/// Subscribers, first generation.
pub(crate) fn subscribers(found: Found) -> Reply {
    let one = |subscriber: &Subscriber| {
        let (ip, port) = split_address(&subscriber.address);
        let clusters: Vec<&str> = subscriber.clusters.iter().map(ClusterName::as_str).collect();
        json!({
            "addrStr": subscriber.address.as_str(),
            "agent": subscriber.agent.as_str(),
            "app": subscriber.app.as_str(),
            "ip": ip,
            "port": port,
            "namespaceId": subscriber.service.namespace.as_str(),
            "serviceName": subscriber.service.grouped_name(),
            "cluster": clusters.join(","),
        })
    };
    let subscribers: Vec<Value> = found.subscribers.iter().map(one).collect();
    Reply::json(&json!({ "subscribers": subscribers, "count": found.total }))
}

/// Subscribers, third generation.
pub(crate) fn subscribers_result(found: Found) -> Reply {
    let one = |subscriber: &Subscriber| {
        let (ip, port) = split_address(&subscriber.address);
        json!({
            "namespaceId": subscriber.service.namespace.as_str(),
            "groupName": subscriber.service.group.as_str(),
            "serviceName": subscriber.service.name.as_str(),
            "ip": ip,
            "port": port,
            "agent": subscriber.agent.as_str(),
            "appName": subscriber.app.as_str(),
            "address": subscriber.address.as_str(),
        })
    };
    Reply::result(page(found.page, found.total, found.subscribers.iter().map(one).collect()))
}
