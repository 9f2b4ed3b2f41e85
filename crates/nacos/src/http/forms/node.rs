//! This node in JSON.

use seawall_config::QuotaView;
use serde_json::{Value, json};

use crate::http::{
    ops::node::{Node, State},
    reply::Reply,
};

/// How far the gRPC port is from the HTTP port, for clients that are told.
const RPC_OFFSET: u16 = 1000;

/// Nacos's `Member`.
fn member(node: &Node) -> Value {
    json!({
        "ip": node.address.ip().to_string(),
        "port": node.address.port(),
        "address": node.address.to_string(),
        "state": if node.up { "UP" } else { "STARTING" },
        "extendInfo": {
            "version": node.version,
            "site": "unknow",
            "weight": "1",
            "raftPort": node.address.port().wrapping_sub(RPC_OFFSET).to_string(),
            "supportRemoteC2CAuth": false,
        },
        "abilities": { "remoteAbility": { "supportRemoteConnection": true, "grpcReportEnabled": true },
                       "configAbility": { "supportRemoteMetrics": false },
                       "namingAbility": { "supportJraft": false } },
        "grpcReportEnabled": true,
        "failAccessCnt": 0,
    })
}

/// This node, first generation.
pub(crate) fn rest_one(node: Node) -> Reply {
    Reply::rest(None, member(&node))
}

/// This node, later generations.
pub(crate) fn result_one(node: Node) -> Reply {
    Reply::result(member(&node))
}

/// Nodes, first generation.
pub(crate) fn rest(nodes: Vec<Node>) -> Reply {
    Reply::rest(None, nodes.iter().map(member).collect::<Vec<_>>())
}

/// Nodes, later generations.
pub(crate) fn result(nodes: Vec<Node>) -> Reply {
    Reply::result(nodes.iter().map(member).collect::<Vec<_>>())
}

/// Addresses of nodes, first generation.
pub(crate) fn rest_addresses(nodes: Vec<Node>) -> Reply {
    Reply::rest(None, nodes.iter().map(|node| node.address.to_string()).collect::<Vec<_>>())
}

/// Whether this node is well, first generation.
pub(crate) fn rest_health(node: Node) -> Reply {
    Reply::rest(None, health(&node))
}

/// Whether this node is well, second generation.
pub(crate) fn result_health(node: Node) -> Reply {
    Reply::result(health(&node))
}

const fn health(node: &Node) -> &'static str {
    if node.up { "UP" } else { "STARTING" }
}

/// What Nacos tells about a server: texts all of them.
fn fields(state: &State) -> Value {
    json!({
        "version": state.version,
        "startup_mode": "standalone",
        "standalone_mode": "standalone",
        "function_mode": Value::Null,
        "server_port": state.port.to_string(),
        "auth_enabled": state.login.to_string(),
        "auth_system_type": "nacos",
        "auth_admin_request": (!state.admin_exists).to_string(),
        "login_page_enabled": state.login.to_string(),
        // There is none yet.
        "console_ui_enabled": "false",
        "datasource_platform": "embedded",
    })
}

/// The state, bare.
pub(crate) fn bare_state(state: State) -> Reply {
    Reply::json(&fields(&state))
}

/// The state, wrapped.
pub(crate) fn result_state(state: State) -> Reply {
    Reply::result(fields(&state))
}

/// A quota and how much of it is used.
fn quota(view: &QuotaView) -> Value {
    json!({
        "quota": view.in_force.items_max,
        "usage": view.items,
        "maxSize": view.in_force.bytes_max,
        "maxAggrCount": 0,
        "maxAggrSize": 0,
    })
}

/// A quota, first generation.
pub(crate) fn rest_quota(view: QuotaView) -> Reply {
    Reply::rest(None, quota(&view))
}

/// A quota, third generation.
pub(crate) fn result_quota(view: QuotaView) -> Reply {
    Reply::result(quota(&view))
}

/// Addresses, one a line; Node splits at `\r\n`, others at `\n` and trim.
pub(crate) fn server_list(addresses: Vec<String>) -> Reply {
    Reply::text(addresses.join("\r\n"))
}
