//! Services and instances (`CatalogController`, `ServiceController`,
//! `InstanceController` and the latter's second generation).

use serde_json::{Value, json};

use super::{Query, Reply, Version, asked, page_of, result};

/// An instance of [`SERVICES`].
struct Host {
    ip: &'static str,
    cluster: &'static str,
    weight: f64,
    enabled: bool,
    ephemeral: bool,
}

const fn host(ip: &'static str, cluster: &'static str) -> Host {
    Host { ip, cluster, weight: 1.0, enabled: true, ephemeral: false }
}

/// A service; all are in the group `shop`.
struct Service {
    name: &'static str,
    hosts: &'static [Host],
    threshold: f32,
    selector: Option<&'static str>,
}

const SERVICES: &[Service] = &[
    Service {
        name: "orders",
        hosts: &[
            host("10.0.0.1", "DEFAULT"),
            Host { enabled: false, ..host("10.0.0.2", "DEFAULT") },
            Host { weight: 0.5, ..host("10.0.0.3", "east") },
            Host { ephemeral: true, ..host("10.0.0.9", "DEFAULT") },
        ],
        threshold: 0.4,
        selector: None,
    },
    Service { name: "planned", hosts: &[], threshold: 0.25, selector: None },
    Service {
        name: "picky",
        hosts: &[host("10.0.1.1", "DEFAULT")],
        threshold: 0.0,
        selector: Some("CONSUMER.label.site = PROVIDER.label.site"),
    },
    Service {
        name: "visitors",
        hosts: &[Host { ephemeral: true, ..host("10.0.2.1", "DEFAULT") }],
        threshold: 0.0,
        selector: None,
    },
];

pub(super) fn answer(version: Version, path: &str, query: &Query) -> Reply {
    match (version, path) {
        (_, "/v1/ns/catalog/services") => list(query),
        (_, "/v1/ns/catalog/service") => {
            with(query, |service| Reply::Json(detail(version, service)))
        }
        (_, "/v1/ns/catalog/instances") => instances(version, query),
        (_, "/v1/ns/service") => with(query, |service| Reply::Json(bare(service))),
        (Version::V2, "/v2/ns/service") => {
            with(query, |service| Reply::Json(result(wrapped(service))))
        }
        (_, "/v1/ns/instance/list") => {
            with(query, |service| Reply::Json(for_clients(version, service)))
        }
        (Version::V2, "/v2/ns/instance/list") => {
            with(query, |service| Reply::Json(result(for_clients(version, service))))
        }
        _ => Reply::Refused(404, format!("no handler for {path}")),
    }
}

/// Calls `show` with the service that is asked for by its grouped name, or by group
/// and name.
fn with(query: &Query, show: impl Fn(&Service) -> Reply) -> Reply {
    let name = asked(query, "serviceName");
    let (group, name) = match name.split_once("@@") {
        Some(split) => split,
        None if asked(query, "groupName").is_empty() => ("DEFAULT_GROUP", name),
        None => (asked(query, "groupName"), name),
    };
    match SERVICES.iter().find(|service| group == "shop" && service.name == name) {
        Some(service) => show(service),
        None => Reply::Refused(404, format!("service {group}@@{name} is not found!")),
    }
}

fn clusters(service: &Service) -> Vec<&'static str> {
    let mut clusters: Vec<_> = service.hosts.iter().map(|host| host.cluster).collect();
    clusters.sort_unstable();
    clusters.dedup();
    clusters
}

fn list(query: &Query) -> Reply {
    let views: Vec<Value> = SERVICES
        .iter()
        .map(|service| {
            json!({ "name": service.name, "groupName": "shop",
                "clusterCount": clusters(service).len(), "ipCount": service.hosts.len(),
                "healthyInstanceCount": service.hosts.len(), "triggerFlag": "false" })
        })
        .collect();
    Reply::Json(json!({ "serviceList": page_of(query, &views), "count": views.len() }))
}

fn selector(version: Version, service: &Service) -> Value {
    match (version, service.selector) {
        (Version::V1, None) => json!({ "type": "none" }),
        (Version::V2, None) => json!({ "type": "none", "contextType": "NONE" }),
        (Version::V1, Some(expression)) => {
            json!({ "type": "label", "expression": expression, "labels": ["site"] })
        }
        (Version::V2, Some(expression)) => json!({ "type": "label", "labels": ["site"],
            "expression": expression, "contextType": "CMDB" }),
    }
}

fn checker(cluster: &str) -> Value {
    match cluster {
        "east" => json!({ "type": "HTTP", "path": "/up", "headers": "host:orders|x-check:1",
            "expectedResponseCode": 204 }),
        _ => json!({ "type": "TCP" }),
    }
}

fn cluster_metadata(cluster: &str) -> Value {
    if cluster == "east" { json!({ "site": "e1" }) } else { json!({}) }
}

fn detail(version: Version, service: &Service) -> Value {
    let cluster = |name: &&str| {
        let own_port = *name != "east";
        let port = if own_port { 80 } else { 8081 };
        let mut cluster = json!({
            "serviceName": format!("shop@@{}", service.name), "name": name,
            "healthChecker": checker(name), "defaultPort": 80, "defaultCheckPort": port,
            "useIPPort4Check": own_port, "metadata": cluster_metadata(name),
        });
        if version == Version::V1 {
            let more = json!({ "serviceName": null, "sitegroup": "", "defCkport": port,
                "defaultCheckPort": 80, "defIPPort": port, "empty": false });
            cluster.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        cluster
    };
    json!({
        "service": { "name": service.name, "groupName": "shop",
            "protectThreshold": service.threshold, "selector": selector(version, service),
            "metadata": metadata(service) },
        "clusters": clusters(service).iter().map(cluster).collect::<Vec<_>>(),
    })
}

fn metadata(service: &Service) -> Value {
    if service.threshold > 0.0 { json!({ "team": "shop" }) } else { json!({}) }
}

fn bare(service: &Service) -> Value {
    let cluster = |name: &&str| json!({ "name": name, "healthChecker": checker(name), "metadata": cluster_metadata(name) });
    json!({ "namespaceId": "public", "groupName": "shop", "name": service.name,
        "protectThreshold": service.threshold, "metadata": metadata(service),
        "selector": selector(Version::V1, service),
        "clusters": clusters(service).iter().map(cluster).collect::<Vec<_>>() })
}

fn wrapped(service: &Service) -> Value {
    let cluster = |name: &str| {
        let cluster = json!({ "clusterName": name, "healthChecker": checker(name),
            "metadata": cluster_metadata(name), "hosts": null });
        (name.to_owned(), cluster)
    };
    let clusters: serde_json::Map<_, _> = clusters(service).into_iter().map(cluster).collect();
    let ephemeral = service.hosts.first().is_some_and(|host| host.ephemeral);
    json!({ "namespace": "public", "serviceName": service.name, "groupName": "shop",
        "clusterMap": clusters, "metadata": metadata(service),
        "protectThreshold": service.threshold, "selector": selector(Version::V2, service),
        "ephemeral": ephemeral })
}

fn instance(version: Version, service: &Service, host: &Host) -> Value {
    let grouped = format!("shop@@{}", service.name);
    let mut instance = json!({
        "instanceId": format!("{}#80#{}#{grouped}", host.ip, host.cluster), "ip": host.ip,
        "port": 80, "weight": host.weight, "healthy": true, "enabled": host.enabled,
        "ephemeral": host.ephemeral, "clusterName": host.cluster, "serviceName": grouped,
        "metadata": { "rack": "r1" }, "instanceHeartBeatInterval": 5000,
        "instanceHeartBeatTimeOut": 15000, "ipDeleteTimeout": 30000,
        "instanceIdGenerator": "simple",
    });
    if version == Version::V1 {
        let more = json!({ "lastBeat": 1_700_000_000_000_u64, "marked": false, "app": "unknown" });
        instance.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    instance
}

fn instances(version: Version, query: &Query) -> Reply {
    with(query, |service| {
        let cluster = asked(query, "clusterName");
        if !clusters(service).contains(&cluster) {
            return Reply::Refused(404, format!("cluster {cluster} is not found!"));
        }
        let of_cluster: Vec<Value> = service
            .hosts
            .iter()
            .filter(|host| host.cluster == cluster)
            .map(|host| instance(version, service, host))
            .collect();
        Reply::Json(json!({ "list": page_of(query, &of_cluster), "count": of_cluster.len() }))
    })
}

/// What clients see: not what is disabled.
fn for_clients(version: Version, service: &Service) -> Value {
    let enabled = service.hosts.iter().filter(|host| host.enabled);
    let hosts: Vec<Value> = enabled.map(|host| instance(version, service, host)).collect();
    json!({ "name": format!("shop@@{}", service.name), "groupName": "shop", "clusters": "",
        "cacheMillis": 3000, "hosts": hosts, "lastRefTime": 1_700_000_000_000_u64,
        "checksum": "", "allIPs": false, "reachProtectionThreshold": false, "valid": true })
}
