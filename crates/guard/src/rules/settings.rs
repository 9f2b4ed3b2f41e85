//! What a book of rules is told.

use serde::{Deserialize, Serialize};

use crate::settings::InvalidSetting;

/// How large rules may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleLimits {
    /// How long their text may be, in bytes; default 4 MiB, from 2 to 1 GiB.
    pub text_bytes_max: usize,
    /// How many there may be; default 10,000, at least 1.
    pub rules_max: u32,
}

impl Default for RuleLimits {
    fn default() -> Self {
        Self { text_bytes_max: 4 << 20, rules_max: 10_000 }
    }
}

/// How large a [`RuleBook`](super::RuleBook) may become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleBookSettings {
    /// How large rules may be.
    pub limits: RuleLimits,
    /// How many resources have a guard of their own besides those that a rule names
    /// exactly; default 2,000, from 1 to 1,000,000. A guard takes some 15 KiB, some 12 KiB
    /// more with a breaker and above a megabyte more with hot parameters. Those that come
    /// when there are as many share one guard for each pattern, and so do those with names
    /// of more than 512 bytes.
    pub resources_max: u32,
    /// How many rule sets are remembered for going back, with the one in force; default 10,
    /// from 1 to 100.
    pub history_max: u32,
}

impl Default for RuleBookSettings {
    fn default() -> Self {
        Self { limits: RuleLimits::default(), resources_max: 2_000, history_max: 10 }
    }
}

impl RuleBookSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let checks = [
            (
                "limits.text_bytes_max",
                "from 2 to 1 GiB",
                (2..=1 << 30).contains(&self.limits.text_bytes_max),
            ),
            ("limits.rules_max", "at least 1", self.limits.rules_max > 0),
            ("resources_max", "from 1 to 1,000,000", (1..=1_000_000).contains(&self.resources_max)),
            ("history_max", "from 1 to 100", (1..=100).contains(&self.history_max)),
        ];
        match checks.into_iter().find(|(_, _, is_met)| !is_met) {
            Some((field, allowed, _)) => Err(InvalidSetting { field, allowed }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let refused = |json| {
            let settings: RuleBookSettings = serde_json::from_str(json).unwrap();
            settings.validate().err().map(|invalid| invalid.field)
        };
        assert_eq!(refused("{}"), None);
        assert_eq!(refused(r#"{"resources_max": 0}"#), Some("resources_max"));
        assert_eq!(refused(r#"{"history_max": 101}"#), Some("history_max"));
        assert_eq!(refused(r#"{"limits": {"rules_max": 0}}"#), Some("limits.rules_max"));
        assert_eq!(refused(r#"{"limits": {"text_bytes_max": 1}}"#), Some("limits.text_bytes_max"));
    }
}
