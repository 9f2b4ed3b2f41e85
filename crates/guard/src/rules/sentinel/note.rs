//! What became of what a rule says.

use std::fmt;

use serde::Serialize;

/// A kind of Sentinel's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SentinelKind {
    /// `FlowRule`.
    Flow,
    /// `DegradeRule`.
    Degrade,
    /// `SystemRule`.
    System,
    /// `ParamFlowRule`.
    ParamFlow,
    /// `AuthorityRule`.
    Authority,
}

impl fmt::Display for SentinelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flow => "flow",
            Self::Degrade => "degrade",
            Self::System => "system",
            Self::ParamFlow => "param flow",
            Self::Authority => "authority",
        })
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is kept in another way.
    Approximated,
    /// It is left out.
    FieldLeftOut,
    /// The whole rule is left out because of it.
    RuleLeftOut,
}

/// Something in a rule that is not kept as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Which list the rule is in.
    pub kind: SentinelKind,
    /// Which rule of it, from 0 on.
    pub index: usize,
    /// Its resource; empty when it has none.
    pub resource: String,
    /// The field.
    pub field: String,
    /// What became of it.
    pub effect: Effect,
    /// Why, and what there is instead.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, index, resource, field, effect, what } = self;
        let effect = match effect {
            Effect::Approximated => "approximated",
            Effect::FieldLeftOut => "left out",
            Effect::RuleLeftOut => "rule left out",
        };
        write!(f, "{kind} rule {index} ({resource}): {field}: {effect}: {what}")
    }
}
