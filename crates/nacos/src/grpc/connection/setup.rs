//! What a client says when it sets up its connection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    grpc::reply::{Message, joined, request_start},
    wire::{LabelsJson, Text},
};

/// `ConnectionSetupRequest`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ConnectionSetup<'a> {
    #[serde(borrow)]
    pub(crate) client_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) tenant: Option<Text<'a>>,
    pub(crate) labels: Option<LabelsJson>,
    /// Present (also when empty) in clients that wait for a `SetupAckRequest`; others
    /// do not know that type and must not be sent it (trap T8).
    pub(crate) ability_table: Option<BTreeMap<String, Option<bool>>>,
}

/// What this server can do, by Nacos's names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Abilities {
    support_persistent_instance_by_grpc: bool,
    fuzzy_watch: bool,
    lock: bool,
    mcp: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetupAck {
    module: &'static str,
    ability_table: Abilities,
}

/// The answer to a client that sent its abilities. It confirms nothing.
pub(crate) fn setup_ack() -> Result<Message, serde_json::Error> {
    let ability_table = Abilities {
        support_persistent_instance_by_grpc: true,
        fuzzy_watch: true,
        lock: false,
        mcp: false,
    };
    let json = joined(&request_start("s1"), &SetupAck { module: "internal", ability_table })?;
    Ok(Message::of_json("SetupAckRequest", &json))
}
