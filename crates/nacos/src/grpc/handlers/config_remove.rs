//! `ConfigRemoveRequest`: removes an item, or its release for a tag.

use std::sync::LazyLock;

use seawall_config::GrayRule;
use seawall_identity::Action;
use serde::Deserialize;

use super::{config_publish::author, config_query::may, config_target};
use crate::{
    grpc::{call::Call, failure::Failure, kind::Kind, reply::Message},
    wire::{Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigRemoveRequest<'a> {
    #[serde(borrow, default)]
    data_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    group: Option<Text<'a>>,
    #[serde(borrow, default)]
    tenant: Option<Text<'a>>,
    #[serde(borrow, default)]
    tag: Option<Text<'a>>,
}

static DONE: LazyLock<Message> = LazyLock::new(|| Message::done(Kind::ConfigRemove.response()));

/// Removing what is not there succeeds, as in Nacos.
pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ConfigRemoveRequest<'_> = call.read()?;
    let key = config_target::item(&request.tenant, &request.group, &request.data_id)?;
    let principal = may(call, Action::Write, &key).await?;
    let gray = match or_empty(&request.tag).trim() {
        "" => None,
        tag => {
            let name = GrayRule::tag_name(tag);
            Some(name.map_err(|error| Failure::invalid(error.to_string()))?)
        }
    };
    let author = author(call, &principal, String::new());
    call.nacos.configs.remove(&key, gray.as_ref(), author).await?;
    Ok(DONE.clone())
}
