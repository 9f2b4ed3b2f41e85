//! What is wrong with rules.

use std::fmt;

use super::RulesVersion;

/// One thing that is wrong with a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule it is in, if it has an id.
    pub rule: Option<Box<str>>,
    /// Where it is, as `rules[3].settings.rate.burst`; empty for the whole of it.
    pub path: String,
    /// What is wrong, or what is allowed: `must be at least 1`.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = &self.rule {
            write!(f, "rule {rule:?}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{} ", self.path)?;
        }
        f.write_str(&self.what)
    }
}

/// Why rules were not taken over. Those in force stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The text is longer than it may be: write less of it, or allow for more.
    #[error("the rules are {bytes} bytes long, if not longer, and may be {bytes_max}")]
    TooLong {
        /// How long it is, as far as it was read.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
    /// Something in it is wrong: mend all of these. Of each part of a rule's settings the
    /// first problem is there.
    #[error("{}", Lines(.0))]
    Invalid(Vec<Problem>),
    /// It is no newer than the newest that was ever in force: give it a higher version, or
    /// [`force`](super::RuleBook::force) it.
    #[error("version {version} of the rules is not newer than {newest}, which was in force")]
    NotNewer {
        /// Which one it is.
        version: RulesVersion,
        /// The newest there was.
        newest: RulesVersion,
    },
    /// There are no earlier rules to go back to.
    #[error("there are no earlier rules to go back to")]
    NothingBefore,
}

struct Lines<'a>(&'a [Problem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the rules", if self.0.len() == 1 { "a problem" } else { "problems" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}
