//! Small languages inside parameters: selectors, gray rules, fuzzy patterns, permissions
//! and names. What is read and written again reads the same.

use std::{fmt::Debug, str::FromStr};

use libfuzzer_sys::Corpus;
use seawall_config::{ConfigKey, FuzzyPattern, GrayRule};
use seawall_identity::{Actions, Pattern};
use seawall_registry::{ClusterName, NamePattern, ServiceKey};
use seawall_topology::{Namespace, Selector};

/// The text, in every language.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    reads_back::<Selector>(text);
    reads_back::<FuzzyPattern>(text);
    reads_back::<NamePattern>(text);
    reads_back::<Pattern>(text);
    reads_back::<Actions>(text);
    reads_back::<Namespace>(text);
    reads_back::<ClusterName>(text);
    rules(text);
    keys(text);
    Corpus::Keep
}

fn reads_back<T: FromStr<Err: Debug> + ToString + PartialEq + Debug>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        let written = read.to_string();
        assert_eq!(written.parse::<T>().unwrap(), read, "written as {written:?}");
    }
}

fn rules(text: &str) {
    if let Ok(rule) = GrayRule::beta(text) {
        assert_eq!(GrayRule::beta(&rule.expression()), Ok(rule));
    }
    if let Ok(rule) = GrayRule::tag(text) {
        assert_eq!(GrayRule::tag(&rule.expression()), Ok(rule));
    }
    if let Ok(rule) = GrayRule::labels("name", text, 1) {
        assert_eq!(GrayRule::labels("name", &rule.expression(), 1), Ok(rule));
    }
}

/// Names that are put together can be told apart.
fn keys(text: &str) {
    if let Ok(key) = ConfigKey::parse(text, text, text) {
        let again =
            ConfigKey::parse(key.namespace.as_str(), key.group.as_str(), key.data_id.as_str());
        assert_eq!(again, Ok(key));
    }
    if let Ok(key) = ServiceKey::parse(Namespace::public(), "", text) {
        let grouped = key.grouped_name();
        assert_eq!(ServiceKey::parse(Namespace::public(), "", &grouped), Ok(key), "{grouped}");
    }
}
