//! `InstanceRequest`: registers or deregisters an ephemeral instance of this connection.

use std::sync::LazyLock;

use seawall_identity::Action;
use seawall_registry::{Instance, ServiceKey};
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

pub(super) const REGISTER: &str = "registerInstance";
pub(super) const DEREGISTER: &str = "deregisterInstance";

/// The one instance of a request and what is to be done with it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstanceRequest<'a> {
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    instance: InstanceJson<'a>,
}

/// A request that was read and checked.
pub(super) struct Asked {
    pub(super) service: ServiceKey,
    pub(super) instance: Instance,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Register,
    Deregister,
}

impl InstanceRequest<'_> {
    /// The instance is of the kind the request's type says, whatever it says itself.
    pub(super) fn check(self, ephemeral: bool) -> Result<Asked, Failure> {
        let service = service(&self.namespace, &self.group_name, &self.service_name)?;
        let what = match or_empty(&self.r#type) {
            REGISTER => What::Register,
            DEREGISTER => What::Deregister,
            other => return Err(Failure::invalid(format!("Unsupported request type {other}"))),
        };
        let instance = Instance { ephemeral, ..self.instance.into_instance(ephemeral)? };
        Ok(Asked { service, instance, what })
    }
}

static REGISTERED: LazyLock<Message> = LazyLock::new(|| done(REGISTER));
static DEREGISTERED: LazyLock<Message> = LazyLock::new(|| done(DEREGISTER));

fn done(what: &str) -> Message {
    let json = format!(r#"{SUCCESS},"type":"{what}"}}"#);
    Message::of_json(Kind::Instance.response(), json.as_bytes())
}

/// The answer to a request that was done.
pub(super) fn answer(what: What) -> Message {
    match what {
        What::Register => REGISTERED.clone(),
        What::Deregister => DEREGISTERED.clone(),
    }
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let asked = call.read::<InstanceRequest<'_>>()?.check(true)?;
    call.may_naming(Action::Write, &asked.service).await?;
    let (registry, client) = (&call.nacos.registry, &call.link.client);
    match asked.what {
        What::Register => {
            let instance = call.nacos.identified(&asked.service, asked.instance);
            registry.register(client, asked.service, instance)?;
        }
        What::Deregister => {
            registry.deregister(client, &asked.service, &asked.instance.address())?;
        }
    }
    Ok(answer(asked.what))
}
