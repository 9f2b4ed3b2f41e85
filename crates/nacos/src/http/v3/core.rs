//! `/v3/admin/core`: namespaces and this node.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Console,
};

use crate::http::{
    forms::{namespace as shown, node as written},
    generation::Generation::V3,
    ops::{
        loader,
        namespace::{create, delete, get, list, update},
        node,
    },
    reply::Reply,
    route::{Route, Warm, nothing},
};

const NAMESPACE: &str = "/v3/admin/core/namespace";

pub(super) fn routes() -> Vec<Route> {
    [namespaces(), nodes(), loads(), not_offered()].concat()
}

fn namespaces() -> Vec<Route> {
    vec![
        V3.get("/v3/admin/core/namespace/list", "List all namespaces")
            .console("namespaces", Read)
            .warm(Warm::Config)
            .to(nothing, list::list, shown::result),
        V3.get(NAMESPACE, "Read one namespace")
            .console("namespaces", Read)
            .warm(Warm::Config)
            .takes("namespaceId!")
            .to(get::read, get::get, shown::result_one),
        V3.post(NAMESPACE, "Make a namespace")
            .console("namespaces", Write)
            .takes("namespaceId! namespaceName! namespaceDesc")
            .to(create::Create::read_form, create::create, Reply::result_yes),
        V3.put(NAMESPACE, "Change what people see of a namespace")
            .console("namespaces", Write)
            .takes("namespaceId! namespaceName! namespaceDesc")
            .to(update::Update::read_form, update::update, Reply::result_yes),
        V3.delete(NAMESPACE, "Remove a namespace")
            .console("namespaces", Write)
            .takes("namespaceId!")
            .to(get::read, delete::delete, Reply::result_yes),
        V3.get("/v3/admin/core/namespace/check", "How many namespaces have this id")
            .console("namespaces", Read)
            .takes("namespaceId!")
            .to(get::read_candidate, get::exists, shown::count),
    ]
}

fn nodes() -> Vec<Route> {
    let well = |[liveness, readiness]: [&'static str; 2]| {
        vec![
            V3.get(liveness, "Whether the process is there").to(
                nothing,
                node::liveness,
                Reply::result_ok,
            ),
            V3.get(readiness, "Whether everything is loaded").to(
                nothing,
                node::readiness,
                Reply::result_ok,
            ),
        ]
    };
    let mut rows = vec![
        V3.get("/v3/admin/core/cluster/node/self", "This node").console("cluster", Read).to(
            node::read_local,
            node::this,
            written::result_one,
        ),
        V3.get("/v3/admin/core/cluster/node/list", "The nodes")
            .console("cluster", Read)
            .takes("address state")
            .to(node::Filter::read, node::nodes, written::result),
        V3.get("/v3/admin/core/state", "What this server is").to(
            node::read_local,
            node::state,
            written::result_state,
        ),
        V3.get("/v3/console/server/state", "What this server is").to(
            node::read_local,
            node::state,
            written::bare_state,
        ),
    ];
    rows.extend(well(["/v3/admin/core/state/liveness", "/v3/admin/core/state/readiness"]));
    rows.extend(well(["/v3/console/health/liveness", "/v3/console/health/readiness"]));
    rows
}

fn loads() -> Vec<Route> {
    vec![
        V3.get("/v3/admin/core/loader/current", "See the connections").console("loader", Read).to(
            nothing,
            loader::current,
            Reply::result,
        ),
        V3.get("/v3/admin/core/loader/cluster", "See how many clients the nodes have")
            .console("loader", Read)
            .to(node::read_local, loader::load, Reply::result),
        V3.post("/v3/admin/core/loader/reloadClient", "Send one client elsewhere")
            .console("loader", Write)
            .takes("connectionId! redirectAddress")
            .to(loader::Send::read_one, loader::send, Reply::result),
        V3.post("/v3/admin/core/loader/reloadCurrent", "Send all clients but some elsewhere")
            .console("loader", Write)
            .takes("count! redirectAddress")
            .to(loader::Send::read_count, loader::send, Reply::result),
        V3.post("/v3/admin/core/loader/smartReloadCluster", "Spread clients over nodes")
            .known(Console)
            .not_offered(),
    ]
}

fn not_offered() -> Vec<Route> {
    vec![
        V3.put("/v3/admin/core/cluster/node/list", "Change the members")
            .known(Console)
            .not_offered(),
        V3.put("/v3/admin/core/cluster/lookup", "Change how members are found")
            .known(Console)
            .not_offered(),
        V3.post("/v3/admin/core/ops/raft", "Command the raft groups").known(Console).not_offered(),
        V3.get("/v3/admin/core/ops/ids", "See the number generators").known(Console).not_offered(),
        V3.put("/v3/admin/core/ops/log", "Set a log level").known(Console).not_offered(),
        V3.any("/v3/admin/ai/mcp", "Tool servers").known(Console).not_offered(),
        V3.any("/v3/admin/ai/mcp/list", "Tool servers").known(Console).not_offered(),
    ]
}
