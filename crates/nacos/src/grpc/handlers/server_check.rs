//! `ServerCheckRequest`: the first thing a client asks, before it sets up its connection.

use seawall_net::Peer;
use serde::Serialize;

use crate::{
    Nacos,
    grpc::{failure::Failure, kind::Kind, reply::Message},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    connection_id: &'a str,
    support_ability_negotiation: bool,
}

/// Tells the client the id of its transport (trap T9).
pub(crate) fn handle(
    nacos: &Nacos,
    peer: &Peer,
    kind: Kind,
) -> Result<Message, (&'static str, Failure)> {
    let connection_id = &nacos.connections.id_of(peer);
    let fields = Fields { connection_id, support_ability_negotiation: true };
    Message::success(kind.response(), &fields).map_err(|error| (kind.response(), error.into()))
}
