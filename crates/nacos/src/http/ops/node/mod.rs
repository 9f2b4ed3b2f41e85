//! This node: whether it is well, what it is, and its cluster of one.

use std::{net::SocketAddr, sync::Arc};

use http::StatusCode;

use crate::http::{
    call::Call,
    code::Code,
    fault::Fault,
    state::{API_VERSION, Http},
};

/// Whether everything is loaded, so that requests can be answered.
pub(crate) async fn readiness(http: Arc<Http>, _: ()) -> Result<(), Fault> {
    let mut missing = Vec::new();
    if !http.configs.ready() {
        missing.push("config");
    }
    if !http.registry.ready() {
        missing.push("naming");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("{} not in readiness", missing.join(", "));
    Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Server, message))
}

/// Whether the process is there, which it is.
pub(crate) async fn liveness(_: Arc<Http>, _: ()) -> Result<(), Fault> {
    Ok(())
}

/// Where the request arrived.
pub(crate) fn read_local(call: &mut Call) -> Result<SocketAddr, Fault> {
    Ok(call.local)
}

/// What Nacos tells about a server.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) version: &'static str,
    pub(crate) port: u16,
    pub(crate) login: bool,
    pub(crate) admin_exists: bool,
}

/// What this server is.
pub(crate) async fn state(http: Arc<Http>, local: SocketAddr) -> Result<State, Fault> {
    Ok(State {
        version: API_VERSION,
        port: local.port(),
        login: http.asks_login(),
        admin_exists: http.has_admin(),
    })
}

/// A node as the member list shows it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    pub(crate) up: bool,
    pub(crate) version: &'static str,
}

/// This node, at the address it was asked at.
pub(crate) async fn this(http: Arc<Http>, local: SocketAddr) -> Result<Node, Fault> {
    let up = http.configs.ready() && http.registry.ready();
    Ok(Node { address: local, up, version: API_VERSION })
}

/// Which nodes are wanted.
#[derive(Debug)]
pub(crate) struct Filter {
    local: SocketAddr,
    address: Option<String>,
    up: Option<bool>,
}

impl Filter {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let up = match call.params.get("state").map(str::to_ascii_uppercase).as_deref() {
            None => None,
            Some("UP") => Some(true),
            Some("STARTING") => Some(false),
            Some("SUSPICIOUS" | "DOWN" | "ISOLATION") => {
                return Ok(Self { local: call.local, address: Some(String::new()), up: None });
            }
            Some(other) => {
                let message = format!("Illegal state: {other}");
                return Err(Fault::new(StatusCode::BAD_REQUEST, Code::IllegalState, message));
            }
        };
        let address = call.params.first(&["address", "keyword"]).map(str::to_owned);
        Ok(Self { local: call.local, address, up })
    }
}

/// The nodes that are wanted: this one or none.
pub(crate) async fn nodes(http: Arc<Http>, input: Filter) -> Result<Vec<Node>, Fault> {
    let node = this(http, input.local).await?;
    let text = node.address.to_string();
    let named = match input.address.as_deref() {
        None => true,
        Some("") => false,
        Some(wanted) => text.starts_with(wanted),
    };
    let wanted = named && input.up.is_none_or(|up| up == node.up);
    Ok(if wanted { vec![node] } else { Vec::new() })
}
