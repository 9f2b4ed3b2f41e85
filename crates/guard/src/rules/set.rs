//! What rules are.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Pattern;
use crate::stack::GuardSettings;

/// Which of two rule sets is the newer one.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RulesVersion(u64);

impl RulesVersion {
    /// The version of having no rules.
    pub const NONE: Self = Self(0);

    /// The version of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for RulesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// All rules of a service at a time. Of the rules that are for a resource the most specific
/// one holds, and only that one: its exact name before a prefix, a longer prefix before a
/// shorter one. What no rule is for goes by `default`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Which one it is; from 1 on, and higher each time it changes.
    pub version: RulesVersion,
    /// What holds for resources that no rule is for. By default nothing: they are only
    /// counted.
    #[serde(default)]
    pub default: GuardSettings,
    /// The rules, in any order.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// What holds for some resources. Each of them has a guard of its own by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What people call it; 1 to 512 bytes, no other rule has it.
    pub id: Box<str>,
    /// What it is for; at least one, and none that another enabled rule has too.
    pub resources: Vec<Pattern>,
    /// Whether it holds; default true. One that does not is as if it were not there, but it
    /// must be valid.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What holds. To see first what it would refuse, set
    /// [`dry_run`](GuardSettings::dry_run) in it.
    #[serde(default)]
    pub settings: GuardSettings,
    /// What is tried out in the place of `settings`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

const fn yes() -> bool {
    true
}

/// Settings that are tried out on a share of the nodes or of the requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// How large the share is; percent, 0 to 100. Whoever is in a share is in each larger
    /// one of the same rule too.
    pub percent: u8,
    /// What it is a share of; default `nodes`.
    #[serde(default)]
    pub of: CanaryOf,
    /// What holds there.
    #[serde(default)]
    pub settings: GuardSettings,
}

/// What a canary has a share of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CanaryOf {
    /// Of the nodes, by their names: a node is in it with all of its requests.
    #[default]
    Nodes,
    /// Of the requests on every node, by the [`Cohort`](crate::Cohort) of their priority, so
    /// a user is in it on all nodes or on none. Requests that do not say on whose behalf
    /// they are made are all of one cohort. The canary has limits and a breaker of its own,
    /// beside those of the others.
    Requests,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_set_is_read_from_yaml_too_and_unknown_keys_are_refused() {
        let yaml = "
version: 7
default: { timeout_ms: 2000 }
rules:
  - id: orders
    resources: [GET /orders, GET /orders/*]
    settings: { dry_run: true, rate: { permits: 50 } }
    canary: { percent: 5, of: requests, settings: { rate: { permits: 80 } } }
";
        let set: RuleSet = serde_yaml_ng::from_str(yaml).unwrap();
        assert_eq!(set.version, RulesVersion::new(7));
        let rule = &set.rules[0];
        assert!(rule.enabled && rule.settings.dry_run);
        assert_eq!(rule.canary.as_ref().unwrap().of, CanaryOf::Requests);
        let wrong = yaml.replace("percent", "per_cent");
        assert!(serde_yaml_ng::from_str::<RuleSet>(&wrong).is_err());
    }
}
