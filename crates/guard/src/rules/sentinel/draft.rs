//! Rules while they are put together.

use std::collections::BTreeMap;

use crate::{
    rules::{Pattern, Rule, RuleSet, RulesVersion},
    stack::GuardSettings,
};

/// What holds, by what it is for: all rules of a resource are one here.
#[derive(Debug, Default)]
pub(super) struct Draft(BTreeMap<Pattern, GuardSettings>);

impl Draft {
    pub(super) fn settings(&mut self, pattern: &Pattern) -> &mut GuardSettings {
        self.0.entry(pattern.clone()).or_default()
    }

    pub(super) fn rules(self, version: RulesVersion) -> RuleSet {
        let rules = self.0.into_iter().map(|(pattern, settings)| Rule {
            id: pattern.to_string().into(),
            resources: vec![pattern],
            enabled: true,
            settings,
            canary: None,
        });
        RuleSet { version, default: GuardSettings::default(), rules: rules.collect() }
    }
}
