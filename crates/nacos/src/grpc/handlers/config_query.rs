//! `ConfigQueryRequest`: one item, or the gray release that is for the sender.

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seawall_config::{Answer, Caller, ConfigKey, GrayKind};
use seawall_identity::{Action, ResourceKind, ResourceName};
use serde::{Deserialize, Serialize};

use super::config_target;
use crate::{
    grpc::{call::Call, failure::Failure, kind::Kind, reply::Message},
    wire::{ErrorCode, Text},
};

/// Header by which a client names its tag.
pub(super) const TAG_HEADER: &str = "Vipserver-Tag";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigQueryRequest<'a> {
    #[serde(borrow, default)]
    data_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    group: Option<Text<'a>>,
    #[serde(borrow, default)]
    tenant: Option<Text<'a>>,
    #[serde(borrow, default)]
    tag: Option<Text<'a>>,
}

/// `lastModified` and `beta` are always there and content is never null (trap T5).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    content: &'a str,
    content_type: &'static str,
    md5: String,
    last_modified: u64,
    beta: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    encrypted_data_key: &'a str,
}

/// Whether the sender may do `action` to the item, and as whom.
pub(super) async fn may(
    call: &Call<'_>,
    action: Action,
    key: &ConfigKey,
) -> Result<seawall_identity::Principal, Failure> {
    let principal = call.principal().await?;
    let resource = ResourceName {
        namespace: &key.namespace,
        group: key.group.as_str(),
        kind: ResourceKind::Config,
        name: key.data_id.as_str(),
    };
    call.authorize(&principal, action, &resource)?;
    Ok(principal)
}

/// The sender, with the tag the request names.
pub(super) fn caller(call: &Call<'_>, tag: Option<&str>) -> Caller {
    let caller = call.link.card.caller.clone();
    match tag.filter(|tag| !tag.trim().is_empty()).or_else(|| call.header(TAG_HEADER)) {
        Some(tag) => caller.with_tag(tag),
        None => caller,
    }
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ConfigQueryRequest<'_> = call.read()?;
    let key = config_target::item(&request.tenant, &request.group, &request.data_id)?;
    may(call, Action::Read, &key).await?;
    let asked_tag = request.tag.as_deref().filter(|tag| !tag.is_empty());
    let caller = caller(call, asked_tag);
    match call.nacos.configs.get(&key, &caller).await? {
        // Only what is known not to exist is "not found" (trap T5).
        None => Err(Failure::new(ErrorCode::CONFIG_NOT_FOUND, "config data not exist")),
        Some(answer) => match asked_tag {
            // Asked for a tag that has no release of its own: said by echoing the tag.
            Some(tag) if answer.gray().is_none() => encode(&answer, Some(tag.to_owned())),
            _ => Ok(Message::encoded(encoded(&answer)?)),
        },
    }
}

/// The whole message, encoded once in the life of the answer (trap T20: after a
/// publish, everybody asks for the same).
fn encoded(answer: &Answer) -> Result<Bytes, Failure> {
    if let Some(encoded) = answer.encoded.get() {
        return Ok(encoded.clone());
    }
    let tag = answer.gray().and_then(|rule| match &rule.kind {
        GrayKind::Tag(tag) => Some(utf8_percent_encode(tag, NON_ALPHANUMERIC).to_string()),
        GrayKind::ClientIps(_) | GrayKind::Labels(_) => None,
    });
    let (bytes, _) = encode(answer, tag)?.into_parts();
    Ok(answer.encoded.get_or_init(|| bytes).clone())
}

fn encode(answer: &Answer, tag: Option<String>) -> Result<Message, Failure> {
    let beta = answer.gray().is_some_and(|rule| matches!(rule.kind, GrayKind::ClientIps(_)));
    let fields = Fields {
        content: &answer.content,
        content_type: answer.meta.content_type.as_str(),
        md5: answer.meta.md5.to_string(),
        last_modified: answer.meta.modified.as_millis(),
        beta,
        tag,
        encrypted_data_key: &answer.meta.encrypted_data_key,
    };
    Ok(Message::success(Kind::ConfigQuery.response(), &fields)?)
}
