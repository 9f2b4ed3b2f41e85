//! `/v2/console` and `/v2/core`: namespaces and this node.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Console,
};

use crate::http::{
    forms::{namespace as shown, node as written},
    generation::Generation::V2,
    ops::{
        loader,
        namespace::{create, delete, get, list, update},
        node,
    },
    reply::Reply,
    route::{Route, Warm, nothing},
};

const NAMESPACE: &str = "/v2/console/namespace";

pub(super) fn routes() -> Vec<Route> {
    [namespaces(), nodes(), loads(), not_offered()].concat()
}

fn namespaces() -> Vec<Route> {
    vec![
        V2.get("/v2/console/namespace/list", "List all namespaces")
            .console("namespaces", Read)
            .warm(Warm::Config)
            .to(nothing, list::list, shown::old_result),
        V2.get(NAMESPACE, "Read one namespace")
            .console("namespaces", Read)
            .warm(Warm::Config)
            .takes("namespaceId!")
            .to(get::read, get::get, shown::old_result_one),
        V2.post(NAMESPACE, "Make a namespace")
            .console("namespaces", Write)
            .takes("namespaceId! namespaceName! namespaceDesc")
            .to(create::Create::read_form, create::create, Reply::result_yes),
        V2.put(NAMESPACE, "Change what people see of a namespace")
            .console("namespaces", Write)
            .takes("namespaceId! namespaceName! namespaceDesc")
            .to(update::Update::read_form, update::update, Reply::result_yes),
        V2.delete(NAMESPACE, "Remove a namespace")
            .console("namespaces", Write)
            .takes("namespaceId!")
            .to(get::read, delete::delete, Reply::result_yes),
    ]
}

fn nodes() -> Vec<Route> {
    vec![
        V2.get("/v2/console/health/liveness", "Whether the process is there").to(
            nothing,
            node::liveness,
            Reply::result_ok,
        ),
        V2.get("/v2/console/health/readiness", "Whether everything is loaded").to(
            nothing,
            node::readiness,
            Reply::result_ok,
        ),
        V2.get("/v2/core/cluster/node/self", "This node").console("cluster", Read).to(
            node::read_local,
            node::this,
            written::result_one,
        ),
        V2.get("/v2/core/cluster/node/list", "The nodes")
            .console("cluster", Read)
            .takes("address state")
            .to(node::Filter::read, node::nodes, written::result),
        V2.get("/v2/core/cluster/node/self/health", "Whether this node is well")
            .console("cluster", Read)
            .to(node::read_local, node::this, written::result_health),
    ]
}

fn loads() -> Vec<Route> {
    vec![
        V2.get("/v2/core/loader/current", "See the connections").console("loader", Read).to(
            nothing,
            loader::current,
            Reply::bare,
        ),
        V2.get("/v2/core/loader/cluster", "See how many clients the nodes have")
            .console("loader", Read)
            .to(node::read_local, loader::load, Reply::bare),
        V2.get("/v2/core/loader/reloadClient", "Send one client elsewhere")
            .console("loader", Write)
            .takes("connectionId! redirectAddress")
            .to(loader::Send::read_one, loader::send, |()| Reply::text("success")),
        V2.get("/v2/core/loader/reloadCurrent", "Send all clients but some elsewhere")
            .console("loader", Write)
            .takes("count! redirectAddress")
            .to(loader::Send::read_count, loader::send, |()| Reply::text("success")),
        V2.get("/v2/core/loader/smartReloadCluster", "Spread clients over nodes")
            .known(Console)
            .not_offered(),
    ]
}

fn not_offered() -> Vec<Route> {
    vec![
        V2.put("/v2/core/cluster/node/list", "Change the members").known(Console).not_offered(),
        V2.put("/v2/core/cluster/lookup", "Change how members are found")
            .known(Console)
            .not_offered(),
        V2.delete("/v2/core/cluster/nodes", "Remove members").known(Console).not_offered(),
        V2.post("/v2/core/ops/raft", "Command the raft groups").known(Console).not_offered(),
        V2.get("/v2/core/ops/ids", "See the number generators").known(Console).not_offered(),
        V2.put("/v2/core/ops/log", "Set a log level").known(Console).not_offered(),
    ]
}
