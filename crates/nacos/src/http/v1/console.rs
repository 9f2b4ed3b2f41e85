//! `/v1/console`, `/v1/core`, and what has no generation: server list, Prometheus.

use std::sync::Arc;

use seawall_identity::{
    Action::{Read, Write},
    Entrance::{Client, Console},
};

pub(crate) use crate::http::ops::node::read_local;
use crate::http::{
    code::Code,
    fault::Fault,
    forms::{namespace as shown, node as written},
    generation::Generation::V1,
    ops::{
        discovery,
        namespace::{create, delete, get, list, update},
        node,
    },
    reply::Reply,
    route::{Route, Warm, nothing},
    state::Http,
};

const NAMESPACES: &str = "/v1/console/namespaces";

pub(super) fn routes() -> Vec<Route> {
    [namespaces(), states(), cluster(), discoveries()].concat()
}

/// A wish for a namespace that may break a rule.
type Wish = Result<create::Create, Fault>;

/// What is not acceptable is answered `false`, not refused; what is missing is.
fn read_wish(call: &mut crate::http::call::Call) -> Result<Wish, Fault> {
    match create::Create::read_v1(call) {
        Err(fault) if fault.code == Code::ParameterMissing => Err(fault),
        wish => Ok(wish),
    }
}

async fn create_or_not(http: Arc<Http>, wish: Wish) -> Result<bool, Fault> {
    let made = match wish {
        Ok(create) => create::create(http, create).await,
        Err(fault) => Err(fault),
    };
    match made {
        Ok(()) => Ok(true),
        Err(fault) if fault.status.is_client_error() => Ok(false),
        Err(fault) => Err(fault),
    }
}

fn namespaces() -> Vec<Route> {
    vec![
        V1.get(NAMESPACES, "List all namespaces")
            .console("namespaces", Read)
            .warm(Warm::Config)
            .to(nothing, list::list, shown::rest),
        V1.get(NAMESPACES, "Read one namespace")
            .when("show", "all")
            .console("namespaces", Read)
            .warm(Warm::Config)
            .takes("namespaceId!")
            .to(get::read, get::get, shown::bare_one),
        V1.get(NAMESPACES, "Whether there is such a namespace")
            .when("checkNamespaceIdExist", "true")
            .console("namespaces", Read)
            .takes("customNamespaceId!")
            .to(get::read_candidate, get::exists, Reply::bare),
        V1.post(NAMESPACES, "Make a namespace")
            .console("namespaces", Write)
            .takes("customNamespaceId! namespaceName! namespaceDesc")
            .to(read_wish, create_or_not, Reply::bare),
        V1.put(NAMESPACES, "Change what people see of a namespace")
            .console("namespaces", Write)
            .takes("namespace! namespaceShowName! namespaceDesc")
            .to(update::Update::read_v1, update::update, Reply::yes),
        V1.delete(NAMESPACES, "Remove a namespace")
            .console("namespaces", Write)
            .takes("namespaceId!")
            .to(get::read, delete::delete, Reply::yes),
    ]
}

fn states() -> Vec<Route> {
    vec![
        V1.get("/v1/console/health/liveness", "Whether the process is there").to(
            nothing,
            node::liveness,
            |()| Reply::text("OK"),
        ),
        V1.get("/v1/console/health/readiness", "Whether everything is loaded").to(
            nothing,
            node::readiness,
            |()| Reply::text("OK"),
        ),
        V1.get("/v1/console/server/state", "What this server is").to(
            read_local,
            node::state,
            written::bare_state,
        ),
        V1.get("/v1/console/server/announcement", "The announcement").takes("language").to(
            nothing,
            node::liveness,
            |()| Reply::rest(None, ()),
        ),
        V1.get("/v1/console/server/guide", "The guide of the console").to(
            nothing,
            node::liveness,
            |()| Reply::rest(None, ()),
        ),
    ]
}

fn cluster() -> Vec<Route> {
    vec![
        V1.get("/v1/core/cluster/self", "This node").console("cluster", Read).to(
            read_local,
            node::this,
            written::rest_one,
        ),
        V1.get("/v1/core/cluster/nodes", "The nodes").console("cluster", Read).takes("keyword").to(
            node::Filter::read,
            node::nodes,
            written::rest,
        ),
        V1.get("/v1/core/cluster/simple/nodes", "Addresses of the nodes")
            .console("cluster", Read)
            .to(node::Filter::read, node::nodes, written::rest_addresses),
        V1.get("/v1/core/cluster/health", "Whether this node is well").console("cluster", Read).to(
            read_local,
            node::this,
            written::rest_health,
        ),
        V1.post("/v1/core/cluster/report", "Report a member").known(Console).not_offered(),
        V1.post("/v1/core/cluster/switch/lookup", "Change how members are found")
            .known(Console)
            .not_offered(),
        V1.post("/v1/core/cluster/server/leave", "Let members leave").known(Console).not_offered(),
        V1.post("/v1/core/ops/raft", "Command the raft groups").known(Console).not_offered(),
        V1.get("/v1/core/ops/idInfo", "See the number generators").known(Console).not_offered(),
        V1.put("/v1/core/ops/log", "Set a log level").known(Console).not_offered(),
    ]
}

fn discoveries() -> Vec<Route> {
    let targets = |path, takes| {
        V1.get(path, "The instances as targets of Prometheus")
            .known(Client)
            .warm(Warm::Naming)
            .takes(takes)
            .to(discovery::Targets::read, discovery::targets, Reply::bare)
    };
    vec![
        V1.get("/serverlist", "The addresses of all servers").to(
            read_local,
            discovery::servers,
            written::server_list,
        ),
        targets("/prometheus", ""),
        targets("/prometheus/namespaceId/{namespaceId}", "namespaceId!"),
        targets("/prometheus/namespaceId/{namespaceId}/service/{service}", "namespaceId! service!"),
    ]
}
