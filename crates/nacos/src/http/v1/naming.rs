//! `/v1/ns`: services and instances.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::{Client, Console},
};
use serde_json::json;

use crate::{
    Point,
    http::{
        body::BodyMax,
        forms::{instance as written, operator as state, service as shown},
        generation::Generation::V1,
        ops::{
            instance::{
                beat, deregister, detail, input, list, metadata, patch, register, statuses, update,
            },
            operator,
            service::{
                checker, cluster, create, delete, detail as service, health, input as described,
                list as services, names, selector, subscribers, update as change,
            },
        },
        reply::Reply,
        route::{Route, Warm, nothing},
        v1::console,
    },
};

const INSTANCE: &str = "/v1/ns/instance";
const BATCH: &str = "/v1/ns/instance/metadata/batch";
const SERVICE: &str = "/v1/ns/service";
/// What describes an instance.
const DESCRIBED: &str = "serviceName! groupName namespaceId ip! port! clusterName cluster weight \
                         enabled enable healthy ephemeral metadata app";

pub(super) fn routes() -> Vec<Route> {
    [instances(), more_instances(), services_routes(), catalog(), operators()].concat()
}

fn instances() -> Vec<Route> {
    vec![
        V1.post(INSTANCE, "Register an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceRegister)
            .takes(DESCRIBED)
            .to(input::Described::read, register::register, Reply::ok),
        V1.delete(INSTANCE, "Remove an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceDeregister)
            .takes("serviceName! groupName namespaceId ip! port! clusterName cluster ephemeral")
            .to(deregister::Deregister::read, deregister::deregister, Reply::ok),
        V1.put(INSTANCE, "Change an instance as a whole")
            .naming(Client, Write)
            .point(Point::NamingInstanceUpdate)
            .takes(DESCRIBED)
            .to(input::Described::read, update::update, Reply::ok),
        V1.patch(INSTANCE, "Change some of an instance")
            .naming(Client, Write)
            .point(Point::NamingInstanceUpdate)
            .takes(DESCRIBED)
            .to(patch::Patch::read, patch::patch, Reply::ok),
        V1.get(INSTANCE, "Read one instance")
            .naming(Client, Read)
            .point(Point::NamingInstanceQuery)
            .takes("serviceName! groupName namespaceId ip! port! clusterName cluster")
            .to(detail::Which::read, detail::detail, written::bare),
        V1.get("/v1/ns/instance/list", "Find the instances of a service")
            .naming(Client, Read)
            .point(Point::NamingServiceSubscribe)
            .takes("serviceName! groupName namespaceId clusters healthyOnly clientIP udpPort app")
            .to(list::List::read, list::list, written::service_info),
    ]
}

fn more_instances() -> Vec<Route> {
    vec![
        V1.put("/v1/ns/instance/beat", "Send a sign of life")
            .naming(Client, Write)
            .point(Point::HttpHealthCheck)
            .takes("serviceName! groupName namespaceId beat ip port clusterName cluster")
            .to(beat::Beating::read, beat::beat, written::beat),
        V1.any("/v1/ns/instance/statuses", "See the health of each instance of a service")
            .known(Client)
            .warm(Warm::Naming)
            .takes("key!")
            .to(statuses::Statuses::read, statuses::statuses, written::statuses),
        V1.put(BATCH, "Set metadata of many instances")
            .naming(Client, Write)
            .whole()
            .point(Point::NamingInstanceMetadataUpdate)
            .takes("serviceName! groupName namespaceId consistencyType instances metadata!")
            .body(BodyMax::LIST)
            .to(metadata::Batch::read_update, metadata::edit, written::updated),
        V1.delete(BATCH, "Take metadata of many instances away")
            .naming(Client, Write)
            .whole()
            .point(Point::NamingInstanceMetadataUpdate)
            .takes("serviceName! groupName namespaceId consistencyType instances metadata!")
            .body(BodyMax::LIST)
            .to(metadata::Batch::read_delete, metadata::edit, written::updated),
    ]
}

fn services_routes() -> Vec<Route> {
    let described = "serviceName! groupName namespaceId protectThreshold metadata selector";
    vec![
        V1.post(SERVICE, "Declare a service")
            .naming(Client, Write)
            .point(Point::NamingServiceRegister)
            .takes(described)
            .to(described::Described::read, create::create, Reply::ok),
        V1.delete(SERVICE, "Remove a service that has no instances")
            .naming(Client, Write)
            .point(Point::NamingServiceDeregister)
            .takes("serviceName! groupName namespaceId")
            .to(described::read_key, delete::delete, Reply::ok),
        V1.put(SERVICE, "Change what is declared of a service")
            .naming(Client, Write)
            .point(Point::NamingServiceUpdate)
            .takes("serviceName! groupName namespaceId protectThreshold! metadata selector")
            .to(described::Described::read_with_threshold, change::update, Reply::ok),
        V1.get(SERVICE, "Read what is known of a service")
            .naming(Client, Read)
            .point(Point::NamingServiceQuery)
            .takes("serviceName! groupName namespaceId")
            .to(described::read_key, service::detail, shown::bare),
        V1.get("/v1/ns/service/list", "List names of services of a group")
            .naming(Client, Read)
            .point(Point::NamingServiceListQuery)
            .takes("pageNo! pageSize! namespaceId groupName selector")
            .to(services::List::read_group, services::list, shown::doms),
        V1.any("/v1/ns/service/names", "Find services by name")
            .known(Client)
            .warm(Warm::Naming)
            .takes("namespaceId expr")
            .to(names::Names::read, names::names, shown::names_by_namespace),
        V1.get("/v1/ns/service/subscribers", "See who subscribes to a service")
            .naming(Client, Read)
            .takes("serviceName! groupName namespaceId pageNo pageSize aggregation")
            .to(subscribers::Subscribers::read, subscribers::subscribers, shown::subscribers),
        V1.get("/v1/ns/service/selector/types", "List the types of selectors").to(
            nothing,
            selector::types,
            |types| Reply::rest(None, types),
        ),
        V1.put("/v1/ns/cluster", "Declare how a cluster is checked")
            .naming(Client, Write)
            .takes(
                "serviceName! groupName namespaceId clusterName! checkPort! \
                 useInstancePort4Check! healthChecker! metadata",
            )
            .to(cluster::Declare::read, cluster::declare, Reply::ok),
    ]
}

fn catalog() -> Vec<Route> {
    let set = |path| {
        V1.put(path, "Set the health of a persistent instance that nobody checks")
            .naming(Client, Write)
            .takes("serviceName! groupName namespaceId ip! port! clusterName healthy valid")
            .to(health::SetHealth::read, health::set, Reply::ok)
    };
    vec![
        set("/v1/ns/health"),
        set("/v1/ns/health/instance"),
        V1.get("/v1/ns/health/checkers", "List the health checkers").to(
            nothing,
            checker::list,
            Reply::bare,
        ),
        V1.any("/v1/ns/health/server", "Whether the naming part is well").to(
            console::read_local,
            operator::greeting,
            |(services, port)| {
                let greeting = "Hello! I am Nacos-Naming and healthy! total services: ";
                Reply::json(&json!({ "msg": format!("{greeting}{services}, local port:{port}") }))
            },
        ),
        V1.get("/v1/ns/catalog/service", "Read a service as a console shows it")
            .naming(Client, Read)
            .takes("serviceName! groupName namespaceId")
            .to(described::read_key, service::detail, shown::catalog),
        V1.any("/v1/ns/catalog/instances", "List the instances of a service, disabled ones too")
            .naming(Client, Read)
            .whole()
            .takes("serviceName! groupName namespaceId clusterName pageNo! pageSize!")
            .to(list::SurveyPage::read, list::survey_page, shown::catalog_instances),
        V1.get("/v1/ns/catalog/services", "List services as a console shows them")
            .naming(Client, Read)
            .takes("namespaceId pageNo pageSize serviceNameParam groupNameParam hasIpCount")
            .to(services::List::read_catalog, services::list, shown::catalog_lines),
        V1.get("/v1/ns/catalog/services", "List services with their instances")
            .when("withInstances", "true")
            .naming(Client, Read)
            .takes("namespaceId pageNo pageSize serviceNameParam groupNameParam")
            .to(services::List::read_catalog, services::list_populated, shown::catalog_populated),
    ]
}

fn operators() -> Vec<Route> {
    let group = |[metrics, switches, push, distro, log]: [&'static str; 5]| {
        vec![
            V1.get(metrics, "Whether the naming part is up, and what it holds")
                .takes("onlyStatus")
                .to(operator::read_only_status, operator::metrics, state::bare),
            V1.get(switches, "Read the switches").to(nothing, operator::switches, Reply::bare),
            V1.put(switches, "Set a switch")
                .console("switches", Write)
                .takes("entry! value! debug")
                .not_offered(),
            V1.any(push, "See how pushes do").known(Console).not_offered(),
            V1.get(distro, "See which node is responsible for a client")
                .console("clients", Read)
                .takes("ip! port!")
                .to(operator::read_client, operator::responsible, Reply::bare),
            V1.put(log, "Set a log level").known(Console).not_offered(),
        ]
    };
    [
        group([
            "/v1/ns/operator/metrics",
            "/v1/ns/operator/switches",
            "/v1/ns/operator/push/state",
            "/v1/ns/operator/distro/client",
            "/v1/ns/operator/log",
        ]),
        group([
            "/v1/ns/ops/metrics",
            "/v1/ns/ops/switches",
            "/v1/ns/ops/push/state",
            "/v1/ns/ops/distro/client",
            "/v1/ns/ops/log",
        ]),
    ]
    .concat()
}
