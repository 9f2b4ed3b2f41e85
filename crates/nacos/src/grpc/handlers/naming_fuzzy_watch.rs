//! `NamingFuzzyWatchRequest`: follows all services a pattern names.

use std::collections::BTreeSet;

use seawall_identity::Action;
use seawall_registry::{ServiceKey, ServicePattern};
use serde::Deserialize;

use crate::{
    grpc::{call::Call, failure::Failure, kind::Kind, reply::Message},
    wire::{Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamingFuzzyWatchRequest<'a> {
    #[serde(borrow, default)]
    group_key_pattern: Option<Text<'a>>,
    #[serde(borrow, default)]
    received_group_keys: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    watch_type: Option<Text<'a>>,
    #[serde(default)]
    initializing: Option<bool>,
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: NamingFuzzyWatchRequest<'_> = call.read()?;
    let pattern = parse_pattern(or_empty(&request.group_key_pattern))?;
    call.may_naming_all(Action::Read, &pattern.namespace, "*", "*").await?;
    let (registry, client) = (&call.nacos.registry, &call.link.client);
    match or_empty(&request.watch_type) {
        "WATCH" => {
            let received = request.received_group_keys.unwrap_or_default();
            let received: BTreeSet<_> = received.iter().filter_map(|k| parse_key(k)).collect();
            let initial = request.initializing.unwrap_or(false);
            registry.watch_services(client, pattern, received, initial)?;
        }
        "CANCEL_WATCH" => registry.unwatch_services(client, &pattern),
        other => return Err(Failure::invalid(format!("Unsupported request type {other}"))),
    }
    Ok(Message::done(Kind::NamingFuzzyWatch.response()))
}

/// `namespace>>group>>service`.
fn parse_pattern(text: &str) -> Result<ServicePattern, Failure> {
    let mut parts = text.split(">>");
    let (Some(namespace), Some(group), Some(name), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Failure::invalid(format!(
            "`{text}` is not a pattern; write namespace>>group>>service"
        )));
    };
    Ok(ServicePattern { namespace: namespace.parse()?, group: group.parse()?, name: name.parse()? })
}

/// `namespace@@group@@service`; what is no service the client cannot have from us.
fn parse_key(text: &str) -> Option<ServiceKey> {
    let (namespace, service) = text.split_once("@@")?;
    ServiceKey::parse(namespace.parse().ok()?, "", service).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_patterns_and_keys_as_clients_write_them() {
        let pattern = parse_pattern("public>>*>>order*").unwrap();
        let key = parse_key("public@@g@@orders").unwrap();
        assert!(pattern.matches(&key));
        assert!(parse_pattern("public>>*").is_err());
        assert!(parse_pattern("public>>a*b>>c").is_err());
        assert_eq!(parse_key("orders"), None);
    }
}
