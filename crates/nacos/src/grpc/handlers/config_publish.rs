//! `ConfigPublishRequest`: gives an item, or a gray release of it, a new content.

use std::sync::LazyLock;

use seawall_config::{Author, ContentType, GrayRule, Publish};
use seawall_identity::{Action, Principal};
use seawall_topology::Labels;
use serde::Deserialize;

use super::{config_query::may, config_target};
use crate::{
    grpc::{call::Call, failure::Failure, kind::Kind, reply::Message},
    wire::{LabelsJson, Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigPublishRequest<'a> {
    #[serde(borrow, default)]
    data_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    group: Option<Text<'a>>,
    #[serde(borrow, default)]
    tenant: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    #[serde(borrow, default)]
    cas_md5: Option<Text<'a>>,
    #[serde(default)]
    addition_map: Option<LabelsJson>,
}

static DONE: LazyLock<Message> = LazyLock::new(|| Message::done(Kind::ConfigPublish.response()));

/// Answered when the change is on disk.
pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ConfigPublishRequest<'_> = call.read()?;
    let key = config_target::item(&request.tenant, &request.group, &request.data_id)?;
    let principal = may(call, Action::Write, &key).await?;
    let content = or_empty(&request.content);
    if content.is_empty() {
        return Err(Failure::invalid("Param 'content' is illegal, it is required"));
    }
    let mut publish = Publish::new(key, content);
    publish.from_client = true;
    publish.cas_md5 = request.cas_md5.as_deref().map(str::to_owned);
    describe(&mut publish, request.addition_map.unwrap_or_default().0)?;
    let named = std::mem::take(&mut publish.author.user);
    publish.author = author(call, &principal, named);
    call.nacos.configs.publish(publish).await?;
    Ok(DONE.clone())
}

/// Takes over what the request says beside the content.
fn describe(publish: &mut Publish, mut more: Labels) -> Result<(), Failure> {
    let mut take = |name: &str| more.remove(name);
    publish.app_name = take("appName");
    publish.description = take("desc");
    publish.usage = take("use");
    publish.effect = take("effect");
    publish.schema = take("schema");
    publish.encrypted_data_key = take("encryptedDataKey").unwrap_or_default();
    publish.tags = take("config_tags").map(|tags| {
        tags.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
    });
    // As in Nacos, a type nobody knows is plain text.
    publish.content_type = take("type").map(|name| ContentType::parse(&name).unwrap_or_default());
    publish.author.user = take("src_user").unwrap_or_default();
    let blank = |text: &String| text.trim().is_empty();
    publish.gray = match (take("betaIps"), take("tag")) {
        (Some(ips), _) if !blank(&ips) => Some(gray(GrayRule::beta(&ips))?),
        (_, Some(tag)) if !blank(&tag) => Some(gray(GrayRule::tag(&tag))?),
        _ => None,
    };
    Ok(())
}

fn gray<E: std::fmt::Display>(rule: Result<GrayRule, E>) -> Result<GrayRule, Failure> {
    rule.map_err(|error| Failure::invalid(error.to_string()))
}

/// Who writes: the login, or without one whom the request names.
pub(super) fn author(call: &Call<'_>, principal: &Principal, named: String) -> Author {
    let user = if principal.is_anonymous() { named } else { principal.username().to_owned() };
    Author { user, ip: call.link.card.ip.to_string() }
}

#[cfg(test)]
mod tests {
    use seawall_config::ConfigKey;

    use super::*;

    fn described(pairs: &[(&str, &str)]) -> Result<Publish, Failure> {
        let key = ConfigKey::parse("", "g", "d").unwrap();
        let mut publish = Publish::new(key, "x");
        let more = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        describe(&mut publish, more)?;
        Ok(publish)
    }

    #[test]
    fn beta_addresses_go_before_a_tag_and_blanks_are_none() {
        let both = described(&[("betaIps", "10.0.0.1"), ("tag", "t")]).unwrap();
        assert_eq!(both.gray, Some(GrayRule::beta("10.0.0.1").unwrap()));
        let tag = described(&[("betaIps", ""), ("tag", "t")]).unwrap();
        assert_eq!(tag.gray, Some(GrayRule::tag("t").unwrap()));
        assert_eq!(described(&[("betaIps", ""), ("tag", " ")]).unwrap().gray, None);
        assert!(described(&[("betaIps", "not an address")]).is_err());
    }

    #[test]
    fn what_is_not_said_stays_as_it_is() {
        let bare = described(&[]).unwrap();
        assert_eq!((bare.content_type, bare.tags, bare.description), (None, None, None));
        let said = described(&[("type", "ini"), ("config_tags", "a, b,"), ("desc", "")]).unwrap();
        assert_eq!(said.content_type, Some(ContentType::Text));
        assert_eq!(said.tags, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(said.description.as_deref(), Some(""));
    }
}
