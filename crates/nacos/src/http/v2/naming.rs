//! `/v2/ns`: services, instances and clients.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Client,
};

use crate::{
    Point,
    http::{
        body::BodyMax,
        forms::{client as about, instance as written, operator as state, service as shown},
        generation::Generation::V2,
        ops::{
            client,
            instance::{
                beat, deregister, detail, input, list, metadata, patch, register, statuses, update,
            },
            operator,
            service::{
                create, delete, detail as service, health, input as described, list as services,
                update as change,
            },
        },
        reply::Reply,
        route::{Route, Warm, nothing},
    },
};

const INSTANCE: &str = "/v2/ns/instance";
const BATCH: &str = "/v2/ns/instance/metadata/batch";
const SERVICE: &str = "/v2/ns/service";
/// What describes an instance.
const DESCRIBED: &str = "serviceName! groupName namespaceId ip! port! clusterName weight enabled \
                         healthy ephemeral metadata";

pub(super) fn routes() -> Vec<Route> {
    [instances(), more_instances(), service_routes(), clients(), operators()].concat()
}

fn instances() -> Vec<Route> {
    vec![
        V2.post(INSTANCE, "Register an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceRegister)
            .takes(DESCRIBED)
            .to(input::Described::read, register::register, Reply::result_ok),
        V2.delete(INSTANCE, "Remove an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceDeregister)
            .takes("serviceName! groupName namespaceId ip! port! clusterName ephemeral")
            .to(deregister::Deregister::read, deregister::deregister, Reply::result_ok),
        V2.put(INSTANCE, "Change an instance as a whole")
            .naming(Client, Write)
            .point(Point::NamingInstanceUpdate)
            .takes(DESCRIBED)
            .to(input::Described::read, update::update, Reply::result_ok),
        V2.patch(INSTANCE, "Change some of an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceUpdate)
            .takes("serviceName! groupName namespaceId ip! port! cluster weight enabled metadata")
            .to(patch::Patch::read, patch::patch, Reply::ok),
        V2.get(INSTANCE, "Read one instance")
            .naming(Client, Read)
            .point(Point::NamingInstanceQuery)
            .takes("serviceName! groupName namespaceId ip! port! clusterName")
            .to(detail::Which::read, detail::detail, written::wrapped),
        V2.get("/v2/ns/instance/list", "Find the instances of a service")
            .naming(Client, Read)
            .point(Point::NamingServiceSubscribe)
            .takes("serviceName! groupName namespaceId clusterName ip port healthyOnly app")
            .to(list::List::read, list::list, written::wrapped_service_info),
    ]
}

fn more_instances() -> Vec<Route> {
    vec![
        V2.put("/v2/ns/instance/beat", "Send a sign of life")
            .naming(Client, Write)
            .point(Point::HttpHealthCheck)
            .takes("serviceName! groupName namespaceId beat ip port clusterName")
            .to(beat::Beating::read, beat::beat, written::beat),
        V2.any("/v2/ns/instance/statuses/{key}", "See the health of each instance of a service")
            .known(Client)
            .warm(Warm::Naming)
            .takes("key!")
            .to(statuses::Statuses::read, statuses::statuses, written::statuses),
        V2.put(BATCH, "Set metadata of many instances")
            .naming(Client, Write)
            .whole()
            .point(Point::NamingInstanceMetadataUpdate)
            .takes("serviceName! groupName namespaceId consistencyType instances metadata!")
            .body(BodyMax::LIST)
            .to(metadata::Batch::read_update, metadata::edit, written::updated_result),
        V2.delete(BATCH, "Take metadata of many instances away")
            .naming(Client, Write)
            .whole()
            .point(Point::NamingInstanceMetadataUpdate)
            .takes("serviceName! groupName namespaceId consistencyType instances metadata!")
            .body(BodyMax::LIST)
            .to(metadata::Batch::read_delete, metadata::edit, written::updated_result),
        V2.any("/v2/ns/catalog/instances", "List the instances of a service, disabled ones too")
            .naming(Client, Read)
            .whole()
            .takes("serviceName! groupName namespaceId healthyOnly enabledOnly pageNo! pageSize!")
            .to(list::SurveyPage::read_sides, list::survey_page, shown::catalog_instances_result),
    ]
}

fn service_routes() -> Vec<Route> {
    let described =
        "serviceName! groupName namespaceId ephemeral protectThreshold metadata selector";
    let set = |path| {
        V2.put(path, "Set the health of a persistent instance that nobody checks")
            .naming(Client, Write)
            .takes("serviceName! groupName namespaceId ip! port! clusterName healthy!")
            .to(health::SetHealth::read, health::set, Reply::result_ok)
    };
    vec![
        V2.post(SERVICE, "Declare a service")
            .naming(Client, Write)
            .point(Point::NamingServiceRegister)
            .takes(described)
            .to(described::Described::read, create::create, Reply::result_ok),
        V2.delete(SERVICE, "Remove a service that has no instances")
            .naming(Client, Write)
            .point(Point::NamingServiceDeregister)
            .takes("serviceName! groupName namespaceId")
            .to(described::read_key, delete::delete, Reply::result_ok),
        V2.put(SERVICE, "Change what is declared of a service")
            .naming(Client, Write)
            .point(Point::NamingServiceUpdate)
            .takes(described)
            .to(described::Described::read, change::update, Reply::result_ok),
        V2.get(SERVICE, "Read what is known of a service")
            .naming(Client, Read)
            .point(Point::NamingServiceQuery)
            .takes("serviceName! groupName namespaceId")
            .to(described::read_key, service::detail, shown::wrapped),
        V2.get("/v2/ns/service/list", "List names of services of a group")
            .naming(Client, Read)
            .point(Point::NamingServiceListQuery)
            .takes("pageNo pageSize namespaceId groupName selector")
            .to(services::List::read_group_paged, services::list, shown::names_result),
        set("/v2/ns/health"),
        set("/v2/ns/health/instance"),
    ]
}

fn clients() -> Vec<Route> {
    let of_service = "serviceName! groupName namespaceId ephemeral ip port";
    vec![
        V2.get("/v2/ns/client/list", "List the clients")
            .console("clients", Read)
            .warm(Warm::Naming)
            .to(nothing, client::list, about::ids),
        V2.get("/v2/ns/client", "Read what is known of a client")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes("clientId!")
            .to(client::read_id, client::detail, about::detail),
        V2.get("/v2/ns/client/publish/list", "See what a client has registered")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes("clientId!")
            .to(client::read_id, client::published, about::old_published),
        V2.get("/v2/ns/client/subscribe/list", "See what a client subscribes to")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes("clientId!")
            .to(client::read_id, client::subscribed, about::old_subscribed),
        V2.get("/v2/ns/client/service/publisher/list", "See who has instances in a service")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes(of_service)
            .to(client::OfService::read, client::publishers, about::old_publishers),
        V2.get("/v2/ns/client/service/subscriber/list", "See who subscribes to a service")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes(of_service)
            .to(client::OfService::read, client::subscribers, about::old_subscribers),
    ]
}

fn operators() -> Vec<Route> {
    let group = |[metrics, switches]: [&'static str; 2]| {
        vec![
            V2.get(metrics, "Whether the naming part is up, and what it holds")
                .takes("onlyStatus")
                .to(operator::read_only_status, operator::metrics, state::wrapped),
            V2.get(switches, "Read the switches").to(nothing, operator::switches, Reply::result),
            V2.put(switches, "Set a switch")
                .console("switches", Write)
                .takes("entry! value! debug")
                .not_offered(),
        ]
    };
    [
        group(["/v2/ns/operator/metrics", "/v2/ns/operator/switches"]),
        group(["/v2/ns/ops/metrics", "/v2/ns/ops/switches"]),
    ]
    .concat()
}
