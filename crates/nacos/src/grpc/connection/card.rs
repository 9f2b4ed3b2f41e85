//! Who a client says it is.

use std::net::IpAddr;

use seawall_config::Caller;
use seawall_net::Peer;
use seawall_registry::ClientInfo;
use seawall_topology::Labels;

use super::ConnectionSetup;

/// Labels with this prefix describe the application; gray rules see them without it.
const APP_PREFIX: &str = "app_";
const APP_NAME: &str = "AppName";

/// What a client said at its set-up, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct ClientCard {
    /// Library and version.
    pub(crate) version: String,
    pub(crate) app: String,
    /// `naming`, `config` or another part of the client.
    pub(crate) module: String,
    /// The address the client knows itself by; else where its connection comes from.
    pub(crate) ip: IpAddr,
    /// Whether it waits for our abilities.
    pub(crate) negotiates: bool,
    /// What gray rules look at.
    pub(crate) caller: Caller,
}

impl ClientCard {
    pub(crate) fn new(setup: ConnectionSetup<'_>, claimed_ip: &str, peer: &Peer) -> Self {
        let labels = setup.labels.unwrap_or_default().0;
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        let ip = claimed_ip.trim().parse().unwrap_or_else(|_| peer.ip());
        let (app, module) = (label(APP_NAME), label("module"));
        Self {
            version: setup.client_version.map(|text| text.0.into_owned()).unwrap_or_default(),
            app: if app.is_empty() { "unknown".to_owned() } else { app },
            module,
            ip,
            negotiates: setup.ability_table.is_some(),
            caller: Caller::from_ip(ip).with_labels(described(labels)),
        }
    }

    /// What the registry shows of it.
    pub(crate) fn info(&self, peer: &Peer) -> ClientInfo {
        ClientInfo {
            address: format!("{}:{}", self.ip, peer.remote.port()).into(),
            agent: self.version.as_str().into(),
            app: self.app.as_str().into(),
        }
    }
}

/// All labels, those of the application also without their prefix.
fn described(labels: Labels) -> Labels {
    let stripped: Vec<_> = labels
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(APP_PREFIX)?.to_owned(), value.clone())))
        .filter(|(key, value)| !key.is_empty() && !value.is_empty())
        .collect();
    let mut described = labels;
    described.extend(stripped);
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(json: &str, ip: &str) -> ClientCard {
        let peer = Peer::new(([10, 0, 0, 9], 4_000).into(), ([10, 0, 0, 1], 9_848).into());
        ClientCard::new(serde_json::from_str(json).unwrap(), ip, &peer)
    }

    #[test]
    fn t08_only_a_client_that_sent_abilities_negotiates() {
        assert!(card(r#"{"abilityTable":{"fuzzyWatch":true}}"#, "").negotiates);
        assert!(card(r#"{"abilityTable":{}}"#, "").negotiates);
        assert!(!card(r#"{"abilityTable":null,"clientAbilities":{}}"#, "").negotiates);
        assert!(!card("{}", "").negotiates);
    }

    #[test]
    fn gray_rules_see_the_address_and_labels_the_client_claims() {
        let card = card(
            r#"{"clientVersion":"v","labels":{"AppName":"shop","app_zone":"a","module":"config"}}"#,
            "192.168.0.7",
        );
        assert_eq!(card.caller.ip, IpAddr::from([192, 168, 0, 7]));
        assert_eq!(card.caller.labels.get("zone").map(String::as_str), Some("a"));
        assert_eq!((card.app.as_str(), card.module.as_str()), ("shop", "config"));
    }

    #[test]
    fn without_a_claim_the_connection_tells_the_address() {
        assert_eq!(card("{}", "not an address").ip, IpAddr::from([10, 0, 0, 9]));
    }
}
