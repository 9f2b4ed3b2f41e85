//! What is declared of a service, as each generation writes it.
//!
//! Sources: `CatalogController.serviceDetail` of Nacos 1.4 and 2.x, whose answer is
//! the only one with the check ports, and `ServiceControllerV3.detail`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::forms::{or_default, text};

/// Marks a selector that compares with the consumer's labels of a CMDB.
const OF_CONSUMERS: &str = "CONSUMER.";

/// A service without its instances.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DeclaredService {
    pub(crate) protect_threshold: f32,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) selector: SelectorForm,
    /// Whether its instances are ephemeral; the first two generations do not say.
    pub(crate) ephemeral: Option<bool>,
    pub(crate) clusters: BTreeMap<String, DeclaredCluster>,
}

/// A cluster of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DeclaredCluster {
    /// The checker as Nacos writes it.
    pub(crate) checker: Value,
    /// The port that is checked; none for the instance's own.
    pub(crate) check_port: Option<u16>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A selector.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct SelectorForm {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "text")]
    expression: String,
    #[serde(deserialize_with = "or_default")]
    labels: Vec<String>,
}

impl SelectorForm {
    /// The selector in Seawall's own text form, empty for none; an error names what
    /// Seawall has no counterpart for.
    pub(crate) fn expression(&self) -> Result<&str, String> {
        let known = match self.kind.as_str() {
            "" | "none" => return Ok(""),
            "label" => !self.expression.contains(OF_CONSUMERS) && self.labels.is_empty(),
            _ => false,
        };
        if known && self.expression.parse::<seawall_topology::Selector>().is_ok() {
            return Ok(&self.expression);
        }
        Err(format!("selector `{}` {}", self.kind, self.expression).trim_end().to_owned())
    }
}

/// The catalogue's answer of the first two generations.
#[derive(Deserialize)]
struct CatalogForm {
    service: CatalogService,
    #[serde(default, deserialize_with = "or_default")]
    clusters: Vec<CatalogCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct CatalogService {
    protect_threshold: f32,
    #[serde(deserialize_with = "or_default")]
    metadata: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    selector: SelectorForm,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CatalogCluster {
    name: String,
    #[serde(default)]
    health_checker: Value,
    #[serde(rename = "useIPPort4Check", default = "yes")]
    own_port: bool,
    /// The port generation 1 checks.
    #[serde(rename = "defCkport")]
    first_port: Option<u16>,
    /// The port generation 2 checks; generation 1 shows its default here.
    #[serde(rename = "defaultCheckPort")]
    second_port: Option<u16>,
    #[serde(default, deserialize_with = "or_default")]
    metadata: BTreeMap<String, String>,
}

/// The answer of the third generation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DetailForm {
    #[serde(default)]
    protect_threshold: f32,
    #[serde(default, deserialize_with = "or_default")]
    metadata: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    selector: SelectorForm,
    #[serde(default)]
    ephemeral: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    cluster_map: BTreeMap<String, DetailCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DetailCluster {
    #[serde(default)]
    health_checker: Value,
    #[serde(default = "yes")]
    use_instance_port_for_check: bool,
    healthy_check_port: Option<u16>,
    #[serde(default, deserialize_with = "or_default")]
    metadata: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// Reads an answer of the first two generations.
pub(super) fn of_catalog(answer: Value) -> Result<DeclaredService, serde_json::Error> {
    let CatalogForm { service, clusters } = serde_json::from_value(answer)?;
    let cluster = |it: CatalogCluster| {
        let port = it.first_port.or(it.second_port);
        let cluster = DeclaredCluster {
            checker: it.health_checker,
            check_port: port.filter(|_| !it.own_port),
            metadata: it.metadata,
        };
        (it.name, cluster)
    };
    Ok(DeclaredService {
        protect_threshold: service.protect_threshold,
        metadata: service.metadata,
        selector: service.selector,
        ephemeral: None,
        clusters: clusters.into_iter().map(cluster).collect(),
    })
}

/// Reads an answer of the third generation.
pub(super) fn of_detail(answer: Value) -> Result<DeclaredService, serde_json::Error> {
    let detail: DetailForm = serde_json::from_value(answer)?;
    let cluster = |(name, it): (String, DetailCluster)| {
        let cluster = DeclaredCluster {
            checker: it.health_checker,
            check_port: it.healthy_check_port.filter(|_| !it.use_instance_port_for_check),
            metadata: it.metadata,
        };
        (name, cluster)
    };
    Ok(DeclaredService {
        protect_threshold: detail.protect_threshold,
        metadata: detail.metadata,
        selector: detail.selector,
        ephemeral: detail.ephemeral,
        clusters: detail.cluster_map.into_iter().map(cluster).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_selectors_by_labels_of_instances_have_a_counterpart() {
        let read = |value| serde_json::from_value::<SelectorForm>(value).unwrap();
        assert_eq!(read(json!({ "type": "none", "contextType": "NONE" })).expression(), Ok(""));
        let ours = read(json!({ "type": "label", "expression": "zone = a" }));
        assert_eq!(ours.expression(), Ok("zone = a"));
        for theirs in [
            json!({ "type": "label", "expression": "CONSUMER.label.a = PROVIDER.label.a" }),
            json!({ "type": "label", "labels": ["a"], "expression": null }),
            json!({ "type": "of-a-plugin" }),
        ] {
            assert!(read(theirs.clone()).expression().is_err(), "{theirs}");
        }
    }

    #[test]
    fn a_check_port_counts_only_when_the_own_port_is_not_checked() {
        let cluster = |own: bool| {
            json!({ "service": {}, "clusters": [{ "name": "a", "useIPPort4Check": own,
                "defCkport": 81, "defaultCheckPort": 80, "healthChecker": { "type": "TCP" } }] })
        };
        let port = |own| of_catalog(cluster(own)).unwrap().clusters["a"].check_port;
        assert_eq!((port(true), port(false)), (None, Some(81)));
    }
}
