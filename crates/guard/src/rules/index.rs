//! Finding the rule of a resource.

use hashbrown::HashMap;

use super::{Pattern, Rule, RuleSet};

/// The enabled rules of a set by what they are for.
#[derive(Debug, Default)]
pub(super) struct Index {
    exact: HashMap<Box<str>, usize>,
    prefix: HashMap<Box<str>, usize>,
    /// How long prefixes are, the longest first.
    lengths: Vec<usize>,
}

/// A rule and how it came to be the one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) rule: &'a Rule,
    /// The prefix, unless it names the resource.
    pub(super) prefix: Option<&'a str>,
}

impl Index {
    pub(super) fn new(set: &RuleSet) -> Self {
        let mut index = Self::default();
        let enabled = set.rules.iter().enumerate().filter(|(_, rule)| rule.enabled);
        for (number, rule) in enabled {
            for pattern in &rule.resources {
                match pattern {
                    Pattern::Exact(name) => index.exact.insert(name.clone(), number),
                    Pattern::Prefix(prefix) => index.prefix.insert(prefix.clone(), number),
                };
            }
        }
        index.lengths = index.prefix.keys().map(|prefix| prefix.len()).collect();
        index.lengths.sort_unstable_by(|one, other| other.cmp(one));
        index.lengths.dedup();
        index
    }

    /// The rule of `set`, of which this is the index, that holds for a resource.
    pub(super) fn find<'a>(&'a self, set: &'a RuleSet, resource: &str) -> Option<Found<'a>> {
        if let Some(&number) = self.exact.get(resource) {
            return Some(Found { rule: set.rules.get(number)?, prefix: None });
        }
        self.lengths.iter().find_map(|&length| {
            let (prefix, &number) = self.prefix.get_key_value(resource.get(..length)?)?;
            Some(Found { rule: set.rules.get(number)?, prefix: Some(prefix) })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::RulesVersion;

    proptest! {
        #[test]
        fn what_is_found_is_the_most_specific_of_all_that_match(
            patterns in proptest::collection::btree_set("[aé]{0,4}[*]?", 1..12),
            resource in "[aé]{0,5}",
        ) {
            let patterns = patterns.iter().filter_map(|text| Pattern::parse(text).ok());
            let rules = patterns.map(|pattern| Rule {
                id: pattern.to_string().into(),
                resources: vec![pattern],
                enabled: true,
                settings: Default::default(),
                canary: None,
            });
            let set = RuleSet {
                version: RulesVersion::new(1),
                rules: rules.collect(),
                ..RuleSet::default()
            };
            let matching = set.rules.iter().filter(|rule| rule.resources[0].matches(&resource));
            let expected = matching.max_by_key(|rule| match &rule.resources[0] {
                Pattern::Exact(_) => usize::MAX,
                Pattern::Prefix(prefix) => prefix.len(),
            });
            let index = Index::new(&set);
            let found = index.find(&set, &resource);
            prop_assert_eq!(found.map(|found| &found.rule.id), expected.map(|rule| &rule.id));
        }
    }
}
