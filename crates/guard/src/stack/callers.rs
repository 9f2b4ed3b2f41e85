//! Who may ask at all.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Black and white lists of calling services (Sentinel's authority rules). A caller that
/// did not say who it is has the empty name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallersSettings {
    /// Who may ask; empty, the default, for everybody.
    pub allow: HashSet<Box<str>>,
    /// Who may not, even if `allow` names it. Default nobody.
    pub deny: HashSet<Box<str>>,
}

impl CallersSettings {
    /// Whether this caller may ask.
    pub fn admits(&self, origin: &str) -> bool {
        !self.deny.contains(origin) && (self.allow.is_empty() || self.allow.contains(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_callers_are_denied_even_if_they_are_allowed() {
        let list = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
        let everybody = CallersSettings::default();
        assert!(everybody.admits("") && everybody.admits("shop"));
        let some = CallersSettings { allow: list(&["shop", "crawler"]), deny: list(&["crawler"]) };
        assert!(some.admits("shop"));
        assert!(!some.admits("crawler") && !some.admits("") && !some.admits("desk"));
    }
}
