//! `/v3/client`: what services ask.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Client,
};

use crate::{
    Point,
    http::{
        forms::{config_raw, instance as written},
        generation::Generation::V3,
        ops::{
            config::get,
            instance::{beat, deregister, input, list, register},
        },
        reply::Reply,
        route::Route,
    },
};

const INSTANCE: &str = "/v3/client/ns/instance";

pub(super) fn routes() -> Vec<Route> {
    vec![
        V3.get("/v3/client/cs/config", "Read an item")
            .config(Client, Read)
            .point(Point::ConfigQuery)
            .takes("dataId! groupName! namespaceId tag")
            .to(get::Get::read, get::get_softly, config_raw::query_response),
        V3.post(INSTANCE, "Register an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceRegister)
            .takes(
                "serviceName! groupName namespaceId ip! port! clusterName weight enabled healthy \
                 ephemeral metadata",
            )
            .to(input::Described::read, register::register, Reply::result_ok),
        V3.post(INSTANCE, "Send a sign of life")
            .when("heartBeat", "true")
            .naming(Client, Write)
            .point(Point::HttpHealthCheck)
            .takes("serviceName! groupName namespaceId ip! port! clusterName")
            .to(beat::Beating::read_light, beat::beat, written::beat_result),
        V3.delete(INSTANCE, "Remove an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceDeregister)
            .takes("serviceName! groupName namespaceId ip! port! clusterName ephemeral")
            .to(deregister::Deregister::read, deregister::deregister, Reply::result_ok),
        V3.get("/v3/client/ns/instance/list", "Find the instances of a service")
            .naming(Client, Read)
            .point(Point::NamingServiceSubscribe)
            .takes("serviceName! groupName namespaceId clusterName healthyOnly")
            .to(list::List::read, list::list, written::hosts),
    ]
}
