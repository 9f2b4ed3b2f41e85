//! `BatchInstanceRequest`: says all instances this connection has in a service (trap T13).

use std::sync::LazyLock;

use seawall_identity::Action;
use seawall_registry::Instance;
use serde::Deserialize;

use super::service_target::service;
use crate::{
    grpc::{
        call::Call,
        failure::Failure,
        kind::Kind,
        reply::{Message, SUCCESS},
    },
    wire::{InstanceJson, Text, or_empty},
};

const BATCH_REGISTER: &str = "batchRegisterInstance";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchInstanceRequest<'a> {
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    instances: Option<Vec<InstanceJson<'a>>>,
}

static DONE: LazyLock<Message> = LazyLock::new(|| {
    let json = format!(r#"{SUCCESS},"type":"{BATCH_REGISTER}"}}"#);
    Message::of_json(Kind::BatchInstance.response(), json.as_bytes())
});

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: BatchInstanceRequest<'_> = call.read()?;
    let service = service(&request.namespace, &request.group_name, &request.service_name)?;
    let what = or_empty(&request.r#type);
    if what != BATCH_REGISTER {
        return Err(Failure::invalid(format!("Unsupported request type {what}")));
    }
    // All of them are checked before the first one is registered.
    let instances = request
        .instances
        .unwrap_or_default()
        .into_iter()
        .map(|instance| Ok(Instance { ephemeral: true, ..instance.into_instance(true)? }))
        .collect::<Result<Vec<_>, Failure>>()?;
    call.may_naming(Action::Write, &service).await?;
    let instances = instances.into_iter().map(|i| call.nacos.identified(&service, i)).collect();
    call.nacos.registry.batch_register(&call.link.client, service, instances)?;
    Ok(DONE.clone())
}
