//! The connections of this node, and sending clients elsewhere.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::json;

use crate::{
    grpc::{Message, connection::Link},
    http::{call::Call, fault::Fault, state::Http},
};

/// What is known of a connection, in the form of Nacos's `ConnectionMeta`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    connection_id: String,
    connect_type: &'static str,
    client_ip: String,
    remote_ip: String,
    remote_port: u16,
    local_port: u16,
    version: String,
    app_name: String,
    labels: BTreeMap<&'static str, String>,
}

/// A connection.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connected {
    meta_info: Meta,
    connected: bool,
}

fn describe(link: &Link) -> Connected {
    let labels = BTreeMap::from([("module", link.card.module.clone())]);
    Connected {
        connected: link.ending().is_none(),
        meta_info: Meta {
            connection_id: link.id.to_string(),
            connect_type: "GRPC",
            client_ip: link.card.ip.to_string(),
            remote_ip: link.peer.ip().to_string(),
            remote_port: link.peer.remote.port(),
            local_port: link.peer.local.port(),
            version: link.card.version.clone(),
            app_name: link.card.app.clone(),
            labels,
        },
    }
}

/// Every connection by its id.
pub(crate) async fn current(http: Arc<Http>, (): ()) -> Result<BTreeMap<String, Connected>, Fault> {
    let links = http.connections.all();
    Ok(links.iter().map(|link| (link.id.to_string(), describe(link))).collect())
}

/// Which clients go, and where they are told to go.
#[derive(Debug)]
pub(crate) struct Send {
    who: Who,
    to: Option<(String, String)>,
}

#[derive(Debug)]
enum Who {
    /// The one with this id.
    One(String),
    /// As many as leave this number behind.
    AllBut(usize),
}

impl Send {
    fn read(call: &Call, who: Who) -> Result<Self, Fault> {
        let to = match call.params.get("redirectAddress") {
            None => None,
            Some(address) => {
                let parts = address.rsplit_once(':').ok_or_else(|| {
                    Fault::invalid(format!("'{address}' is not of the form host:port"))
                })?;
                Some((parts.0.to_owned(), parts.1.to_owned()))
            }
        };
        Ok(Self { who, to })
    }

    pub(crate) fn read_one(call: &mut Call) -> Result<Self, Fault> {
        let id = call.params.required("connectionId")?.to_owned();
        Self::read(call, Who::One(id))
    }

    pub(crate) fn read_count(call: &mut Call) -> Result<Self, Fault> {
        let count = call.params.required_parsed("count")?;
        Self::read(call, Who::AllBut(count))
    }
}

/// Asks clients to connect to another server, which they do if they know one.
pub(crate) async fn send(http: Arc<Http>, input: Send) -> Result<(), Fault> {
    let mut links = http.connections.all();
    match input.who {
        Who::One(id) => links.retain(|link| *link.id == *id),
        Who::AllBut(count) => links.truncate(links.len().saturating_sub(count)),
    }
    for link in links {
        let (ip, port) = input.to.clone().unzip();
        let request = json!({
            "requestId": format!("r{}", link.next_number()),
            "module": "internal",
            "serverIp": ip,
            "serverPort": port,
            "connectionId": &*link.id,
        });
        link.post_now(Message::of_json("ConnectResetRequest", request.to_string().as_bytes()));
    }
    Ok(())
}

/// How many clients each node has, as Nacos sums it up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Load {
    detail: [NodeLoad; 1],
    member_count: usize,
    metrics_count: usize,
    completed: bool,
    max: usize,
    min: usize,
    avg: usize,
    threshold: String,
    total: usize,
}

#[derive(Debug, Serialize)]
struct NodeLoad {
    address: String,
    metric: BTreeMap<&'static str, String>,
}

/// The load of this node, which is all there are.
pub(crate) async fn load(http: Arc<Http>, local: std::net::SocketAddr) -> Result<Load, Fault> {
    let links = http.connections.all();
    // Only clients connect here; nodes talk to each other elsewhere.
    let from_sdk = links.len();
    let metric = BTreeMap::from([
        ("conCount", links.len().to_string()),
        ("sdkConCount", from_sdk.to_string()),
    ]);
    Ok(Load {
        detail: [NodeLoad { address: local.to_string(), metric }],
        member_count: 1,
        metrics_count: 1,
        completed: true,
        max: from_sdk,
        min: from_sdk,
        avg: from_sdk,
        threshold: (from_sdk * 11 / 10).to_string(),
        total: from_sdk,
    })
}
