//! `/v3/admin/ns`: services, instances and clients, administered.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Console,
};

use crate::{
    Point,
    http::{
        body::BodyMax,
        forms::{client as about, instance as written, operator as state, service as shown},
        generation::Generation::V3,
        ops::{
            client,
            instance::{deregister, detail, input, list, metadata, patch, register, update},
            operator,
            service::{
                checker, cluster, create, delete, detail as service, health, input as described,
                list as services, selector, subscribers, update as change,
            },
        },
        reply::Reply,
        route::{Route, Warm, nothing},
    },
};

const INSTANCE: &str = "/v3/admin/ns/instance";
const BATCH: &str = "/v3/admin/ns/instance/metadata/batch";
const SERVICE: &str = "/v3/admin/ns/service";
const SERVICES: &str = "/v3/admin/ns/service/list";
/// What describes an instance.
const DESCRIBED: &str = "serviceName! groupName namespaceId ip! port! clusterName weight enabled \
                         healthy ephemeral metadata";

pub(super) fn routes() -> Vec<Route> {
    [instances(), service_routes(), clusters(), clients(), operators()].concat()
}

fn instances() -> Vec<Route> {
    let batch = "serviceName! groupName namespaceId consistencyType instances metadata!";
    vec![
        V3.post(INSTANCE, "Register an instance")
            .naming(Console, Write)
            .point(Point::NamingInstanceRegister)
            .takes(DESCRIBED)
            .to(input::Described::read, register::register, Reply::result_ok),
        V3.delete(INSTANCE, "Remove an instance")
            .naming(Console, Write)
            .point(Point::NamingInstanceDeregister)
            .takes("serviceName! groupName namespaceId ip! port! clusterName ephemeral")
            .to(deregister::Deregister::read, deregister::deregister, Reply::result_ok),
        V3.put(INSTANCE, "Change an instance as a whole")
            .naming(Console, Write)
            .point(Point::NamingInstanceUpdate)
            .takes(DESCRIBED)
            .to(input::Described::read, update::update, Reply::result_ok),
        V3.put("/v3/admin/ns/instance/partial", "Change some of an instance")
            .naming(Console, Write)
            .point(Point::NamingInstanceUpdate)
            .takes(
                "serviceName! groupName namespaceId ip! port! clusterName weight enabled metadata",
            )
            .to(patch::Patch::read, patch::patch, Reply::result_ok),
        V3.get(INSTANCE, "Read one instance")
            .naming(Console, Read)
            .point(Point::NamingInstanceQuery)
            .takes("serviceName! groupName namespaceId ip! port! clusterName")
            .to(detail::Which::read, detail::detail, written::result),
        V3.get("/v3/admin/ns/instance/list", "List the instances of a service, disabled ones too")
            .naming(Console, Read)
            .whole()
            .point(Point::NamingServiceSubscribe)
            .takes("serviceName! groupName namespaceId clusterName healthyOnly")
            .to(list::Survey::read_healthy_only, list::survey, written::surveyed),
        V3.put(BATCH, "Set metadata of many instances")
            .naming(Console, Write)
            .whole()
            .point(Point::NamingInstanceMetadataUpdate)
            .takes(batch)
            .body(BodyMax::LIST)
            .to(metadata::Batch::read_update, metadata::edit, written::updated_result),
        V3.delete(BATCH, "Take metadata of many instances away")
            .naming(Console, Write)
            .whole()
            .point(Point::NamingInstanceMetadataUpdate)
            .takes(batch)
            .body(BodyMax::LIST)
            .to(metadata::Batch::read_delete, metadata::edit, written::updated_result),
    ]
}

fn service_routes() -> Vec<Route> {
    let described =
        "serviceName! groupName namespaceId ephemeral protectThreshold metadata selector";
    let named = "serviceName! groupName namespaceId";
    let searched = "namespaceId serviceNameParam groupNameParam ignoreEmptyService pageNo pageSize";
    vec![
        V3.post(SERVICE, "Declare a service")
            .naming(Console, Write)
            .point(Point::NamingServiceRegister)
            .takes(described)
            .to(described::Described::read, create::create, Reply::result_ok),
        V3.delete(SERVICE, "Remove a service that has no instances")
            .naming(Console, Write)
            .point(Point::NamingServiceDeregister)
            .takes(named)
            .to(described::read_key, delete::delete, Reply::result_ok),
        V3.put(SERVICE, "Change what is declared of a service")
            .naming(Console, Write)
            .point(Point::NamingServiceUpdate)
            .takes(described)
            .to(described::Described::read, change::update, Reply::result_ok),
        V3.get(SERVICE, "Read what is known of a service")
            .naming(Console, Read)
            .point(Point::NamingServiceQuery)
            .takes(named)
            .to(described::read_key, service::detail, shown::result),
        V3.get(SERVICES, "List services")
            .naming(Console, Read)
            .point(Point::NamingServiceListQuery)
            .takes(searched)
            .to(services::List::read_search, services::list, shown::lines),
        V3.get(SERVICES, "List services with their instances")
            .when("withInstances", "true")
            .naming(Console, Read)
            .point(Point::NamingServiceListQuery)
            .takes(searched)
            .to(services::List::read_search, services::list_populated, shown::populated_result),
        V3.get("/v3/admin/ns/service/subscribers", "See who subscribes to a service")
            .naming(Console, Read)
            .takes("serviceName! groupName namespaceId pageNo pageSize aggregation")
            .to(
                subscribers::Subscribers::read,
                subscribers::subscribers,
                shown::subscribers_result,
            ),
        V3.get("/v3/admin/ns/service/selector/types", "List the types of selectors")
            .known(Console)
            .to(nothing, selector::types, Reply::result),
    ]
}

fn clusters() -> Vec<Route> {
    vec![
        V3.put("/v3/admin/ns/cluster", "Declare how a cluster is checked")
            .naming(Console, Write)
            .takes(
                "serviceName! groupName namespaceId clusterName! checkPort! \
                 useInstancePort4Check! healthChecker! metadata",
            )
            .to(cluster::Declare::read, cluster::declare, Reply::result_ok),
        V3.put(
            "/v3/admin/ns/health/instance",
            "Set the health of a persistent instance that nobody checks",
        )
        .naming(Console, Write)
        .takes("serviceName! groupName namespaceId ip! port! clusterName healthy!")
        .to(health::SetHealth::read, health::set, Reply::result_ok),
        V3.get("/v3/admin/ns/health/checkers", "List the health checkers").known(Console).to(
            nothing,
            checker::list,
            Reply::result,
        ),
    ]
}

fn clients() -> Vec<Route> {
    let of_service = "serviceName! groupName namespaceId ip port";
    vec![
        V3.get("/v3/admin/ns/client/list", "List the clients")
            .console("clients", Read)
            .warm(Warm::Naming)
            .to(nothing, client::list, about::ids),
        V3.get("/v3/admin/ns/client", "Read what is known of a client")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes("clientId!")
            .to(client::read_id, client::detail, about::detail),
        V3.get("/v3/admin/ns/client/publish/list", "See what a client has registered")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes("clientId!")
            .to(client::read_id, client::published, about::published),
        V3.get("/v3/admin/ns/client/subscribe/list", "See what a client subscribes to")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes("clientId!")
            .to(client::read_id, client::subscribed, about::subscribed),
        V3.get("/v3/admin/ns/client/service/publisher/list", "See who has instances in a service")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes(of_service)
            .to(client::OfService::read, client::publishers, about::publishers),
        V3.get("/v3/admin/ns/client/service/subscriber/list", "See who subscribes to a service")
            .console("clients", Read)
            .warm(Warm::Naming)
            .takes(of_service)
            .to(client::OfService::read, client::subscribers, about::subscribers),
        V3.get("/v3/admin/ns/client/distro", "See which node is responsible for a client")
            .console("clients", Read)
            .takes("ip! port!")
            .to(operator::read_client, operator::responsible, Reply::result),
    ]
}

fn operators() -> Vec<Route> {
    vec![
        V3.get("/v3/admin/ns/ops/metrics", "Whether the naming part is up, and what it holds")
            .console("operations", Read)
            .takes("onlyStatus")
            .to(operator::read_only_status, operator::metrics, state::wrapped),
        V3.get("/v3/admin/ns/ops/switches", "Read the switches").console("switches", Read).to(
            nothing,
            operator::switches,
            Reply::result,
        ),
        V3.put("/v3/admin/ns/ops/switches", "Set a switch")
            .console("switches", Write)
            .takes("entry! value! debug")
            .not_offered(),
        V3.put("/v3/admin/ns/ops/log", "Set a log level").known(Console).not_offered(),
    ]
}
