//! Whom a gray release is for.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use seawall_topology::Selector;

use crate::{Caller, ConfigNameError, GrayName};

/// Priority of Nacos' beta releases.
const BETA_PRIORITY: i32 = i32::MAX;
/// Priority of Nacos' tag releases.
const TAG_PRIORITY: i32 = i32::MAX - 1;
/// Name of the one beta release of an item.
const BETA_NAME: &str = "beta";
/// What names of tag releases begin with.
const TAG_PREFIX: &str = "tag_";
/// Longest tag, in characters (Nacos' `TAG_MAX_LEN`).
const TAG_CHARS_MAX: usize = 16;

/// By what callers are picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrayKind {
    /// Callers with one of these addresses: Nacos' beta.
    ClientIps(BTreeSet<IpAddr>),
    /// Callers that carry this tag: Nacos' tag.
    Tag(Arc<str>),
    /// Callers whose labels match.
    Labels(Selector),
}

/// A named rule: who gets the release, and which release wins if several match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrayRule {
    /// Name of the release, unique for its item.
    pub name: GrayName,
    /// By what callers are picked.
    pub kind: GrayKind,
    /// The matching rule with the highest priority wins; of equal ones, the first
    /// by name.
    pub priority: i32,
}

/// Why a text is not a gray rule. Mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrayRuleError {
    /// One of the addresses is not one.
    #[error("`{0}` is not an IP address; write addresses separated by commas")]
    BadAddress(String),
    /// The rule would match nobody.
    #[error("the gray rule names nobody")]
    Empty,
    /// A tag is too long.
    #[error("the tag has {chars} characters; at most {TAG_CHARS_MAX} are allowed")]
    TagTooLong {
        /// Its length.
        chars: usize,
    },
    /// The selector is not understood.
    #[error("{0}")]
    BadSelector(String),
    /// The name belongs to the releases for a tag, and the condition is another tag.
    #[error("the name `{0}` belongs to another tag; names that begin with `tag_` are of tags")]
    ReservedName(String),
    /// The name, or a name made of the tag, is not acceptable.
    #[error(transparent)]
    BadName(#[from] ConfigNameError),
}

impl GrayRule {
    /// Nacos' beta: `ips` are addresses separated by commas.
    pub fn beta(ips: &str) -> Result<Self, GrayRuleError> {
        let ips = parse_addresses(ips)?;
        Ok(Self {
            name: Self::beta_name()?,
            kind: GrayKind::ClientIps(ips),
            priority: BETA_PRIORITY,
        })
    }

    /// Nacos' tag release.
    pub fn tag(tag: &str) -> Result<Self, GrayRuleError> {
        let name = Self::tag_name(tag)?;
        Ok(Self { name, kind: GrayKind::Tag(tag.trim().into()), priority: TAG_PRIORITY })
    }

    /// A release for callers whose labels match `selector`
    /// (`zone = a, tier in (web, api)`).
    pub fn labels(name: &str, selector: &str, priority: i32) -> Result<Self, GrayRuleError> {
        let selector: Selector =
            selector.parse().map_err(|error| GrayRuleError::BadSelector(format!("{error}")))?;
        if selector.is_empty() {
            return Err(GrayRuleError::Empty);
        }
        Ok(Self { name: name.parse()?, kind: GrayKind::Labels(selector), priority })
    }

    /// The release called `name` with the condition as [`GrayRule::expression`] writes
    /// it: addresses for `beta`, the tag for `tag_` and it, else a selector. Only a
    /// selector's priority can be chosen.
    pub fn named(name: &str, expression: &str, priority: i32) -> Result<Self, GrayRuleError> {
        let name = name.trim();
        if name == BETA_NAME {
            return Self::beta(expression);
        }
        if !name.starts_with(TAG_PREFIX) {
            return Self::labels(name, expression, priority);
        }
        let rule = Self::tag(expression)?;
        if rule.name.as_str() == name {
            Ok(rule)
        } else {
            Err(GrayRuleError::ReservedName(name.to_owned()))
        }
    }

    /// The name of an item's beta release.
    pub fn beta_name() -> Result<GrayName, GrayRuleError> {
        Ok(BETA_NAME.parse()?)
    }

    /// The name of an item's release for `tag`.
    pub fn tag_name(tag: &str) -> Result<GrayName, GrayRuleError> {
        let tag = tag.trim();
        let chars = tag.chars().count();
        if chars == 0 {
            return Err(GrayRuleError::Empty);
        }
        if chars > TAG_CHARS_MAX {
            return Err(GrayRuleError::TagTooLong { chars });
        }
        Ok(format!("{TAG_PREFIX}{tag}").parse()?)
    }

    /// Whether the rule picks `caller`.
    pub fn matches(&self, caller: &Caller) -> bool {
        match &self.kind {
            GrayKind::ClientIps(ips) => ips.contains(&caller.ip.to_canonical()),
            GrayKind::Tag(tag) => caller.tag.as_deref() == Some(tag),
            GrayKind::Labels(selector) => selector.matches(&caller.labels),
        }
    }

    /// The rule's condition as text: addresses separated by commas, the tag, or
    /// the selector. [`GrayRule::beta`] and its kin read it back.
    pub fn expression(&self) -> String {
        match &self.kind {
            GrayKind::ClientIps(ips) => {
                ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            }
            GrayKind::Tag(tag) => tag.to_string(),
            GrayKind::Labels(selector) => selector.to_string(),
        }
    }
}

fn parse_addresses(text: &str) -> Result<BTreeSet<IpAddr>, GrayRuleError> {
    let ips = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| match part.parse::<IpAddr>() {
            Ok(ip) => Ok(ip.to_canonical()),
            Err(_) => Err(GrayRuleError::BadAddress(part.to_owned())),
        })
        .collect::<Result<BTreeSet<_>, _>>()?;
    if ips.is_empty() { Err(GrayRuleError::Empty) } else { Ok(ips) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_rules_that_name_nobody() {
        assert_eq!(GrayRule::beta(" , "), Err(GrayRuleError::Empty));
        assert_eq!(GrayRule::tag(" "), Err(GrayRuleError::Empty));
        assert_eq!(GrayRule::labels("canary", "", 1), Err(GrayRuleError::Empty));
        assert_eq!(GrayRule::beta("10.0.0.1,x"), Err(GrayRuleError::BadAddress("x".to_owned())));
        assert!(matches!(GrayRule::tag(&"t".repeat(17)), Err(GrayRuleError::TagTooLong { .. })));
        assert!(matches!(
            GrayRule::labels("c", "zone within (a)", 1),
            Err(GrayRuleError::BadSelector(_))
        ));
    }

    #[test]
    fn a_rule_reads_back_its_expression() {
        let beta = GrayRule::beta("10.0.0.2, ::ffff:10.0.0.1,10.0.0.2").unwrap();
        assert_eq!(beta.expression(), "10.0.0.1,10.0.0.2");
        assert_eq!(GrayRule::beta(&beta.expression()), Ok(beta));
        let labels = GrayRule::labels("canary", "zone in (a,b), !old", 5).unwrap();
        assert_eq!(GrayRule::labels("canary", &labels.expression(), 5), Ok(labels));
    }

    #[test]
    fn a_name_says_what_its_condition_is() {
        let beta = GrayRule::beta("10.0.0.1").unwrap();
        assert_eq!(GrayRule::named("beta", "10.0.0.1", 3), Ok(beta));
        assert_eq!(GrayRule::named("tag_blue", "blue", 3), GrayRule::tag("blue"));
        let reserved = GrayRuleError::ReservedName("tag_red".to_owned());
        assert_eq!(GrayRule::named("tag_red", "blue", 3), Err(reserved));
        assert_eq!(GrayRule::named("c", "zone=a", 3), GrayRule::labels("c", "zone=a", 3));
    }
}
