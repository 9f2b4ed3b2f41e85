//! Clients of the registry in JSON.

use std::sync::Arc;

use seawall_registry::{ClientDetail, ClientId, Instance, Publisher, ServiceKey, Subscriber};
use serde_json::{Value, json};

use crate::http::{ops::client::split_address, reply::Reply};

/// Ids of all clients.
pub(crate) fn ids(clients: Vec<ClientId>) -> Reply {
    Reply::result(clients.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// What is known of a client.
pub(crate) fn detail(detail: ClientDetail) -> Reply {
    let (ip, port) = split_address(&detail.info.address);
    let connected = matches!(detail.client, ClientId::Connection { .. });
    Reply::result(json!({
        "clientId": detail.client.to_string(),
        "ephemeral": !matches!(detail.client, ClientId::Stored { .. }),
        "lastUpdatedTime": detail.connected.as_millis(),
        "clientType": if connected { "connection" } else { "ipPort" },
        "connectType": connected.then_some("GRPC"),
        "appName": detail.info.app.as_str(),
        "version": detail.info.agent.as_str(),
        "clientIp": ip,
        "clientPort": port,
    }))
}

/// A service under the names of the second generation, with one more field.
fn old_service(service: &ServiceKey, field: &str, value: &Value) -> Value {
    json!({
        "namespace": service.namespace.as_str(),
        "group": service.group.as_str(),
        "serviceName": service.name.as_str(),
        field: value,
    })
}

/// A service under the names of the third generation, with one more field.
fn service(service: &ServiceKey, field: &str, value: &Value) -> Value {
    json!({
        "namespaceId": service.namespace.as_str(),
        "groupName": service.group.as_str(),
        "serviceName": service.name.as_str(),
        field: value,
    })
}

/// What a client has registered, second generation.
pub(crate) fn old_published(found: Vec<(ServiceKey, Arc<Instance>)>) -> Reply {
    let one = |(key, instance): &(ServiceKey, Arc<Instance>)| {
        let address = json!({ "ip": instance.ip.as_str(), "port": instance.port,
                              "cluster": instance.cluster.as_str() });
        old_service(key, "registeredInstance", &address)
    };
    Reply::result(found.iter().map(one).collect::<Vec<_>>())
}

/// What a client has registered, third generation.
pub(crate) fn published(found: Vec<(ServiceKey, Arc<Instance>)>) -> Reply {
    let one = |(key, instance): &(ServiceKey, Arc<Instance>)| {
        let address = json!({ "ip": instance.ip.as_str(), "port": instance.port,
                              "clusterName": instance.cluster.as_str() });
        service(key, "publisherInfo", &address)
    };
    Reply::result(found.iter().map(one).collect::<Vec<_>>())
}

/// What a client subscribes to, second generation.
pub(crate) fn old_subscribed(found: Vec<Subscriber>) -> Reply {
    let one = |subscriber: &Subscriber| {
        let about = json!({ "app": subscriber.app.as_str(), "agent": subscriber.agent.as_str(),
                            "addr": subscriber.address.as_str() });
        old_service(&subscriber.service, "subscriberInfo", &about)
    };
    Reply::result(found.iter().map(one).collect::<Vec<_>>())
}

/// What a client subscribes to, third generation.
pub(crate) fn subscribed(found: Vec<Subscriber>) -> Reply {
    let one = |subscriber: &Subscriber| {
        service(&subscriber.service, "subscriberInfo", &about(subscriber))
    };
    Reply::result(found.iter().map(one).collect::<Vec<_>>())
}

fn about(subscriber: &Subscriber) -> Value {
    json!({
        "clientId": subscriber.client.to_string(),
        "address": subscriber.address.as_str(),
        "agent": subscriber.agent.as_str(),
        "appName": subscriber.app.as_str(),
    })
}

/// Who has instances in a service; the generations name the cluster differently.
fn publishers_with(found: &[Publisher], cluster: &str) -> Reply {
    let one = |publisher: &Publisher| {
        json!({
            "clientId": publisher.client.to_string(),
            "ip": publisher.address.ip.as_str(),
            "port": publisher.address.port,
            cluster: publisher.address.cluster.as_str(),
        })
    };
    Reply::result(found.iter().map(one).collect::<Vec<_>>())
}

/// Who has instances in a service, second generation.
pub(crate) fn old_publishers(found: Vec<Publisher>) -> Reply {
    publishers_with(&found, "cluster")
}

/// Who has instances in a service, third generation.
pub(crate) fn publishers(found: Vec<Publisher>) -> Reply {
    publishers_with(&found, "clusterName")
}

/// Who subscribes to a service, second generation.
pub(crate) fn old_subscribers(found: Vec<Subscriber>) -> Reply {
    let one = |subscriber: &Subscriber| {
        let (ip, port) = split_address(&subscriber.address);
        json!({ "clientId": subscriber.client.to_string(), "ip": ip, "port": port })
    };
    Reply::result(found.iter().map(one).collect::<Vec<_>>())
}

/// Who subscribes to a service, third generation.
pub(crate) fn subscribers(found: Vec<Subscriber>) -> Reply {
    Reply::result(found.iter().map(about).collect::<Vec<_>>())
}
