//! Reading all of Sentinel's lists.

use serde_json::Value;

use super::{
    Note, SentinelKind, authority, degrade,
    draft::Draft,
    fields::{Fields, LeftOut},
    flow, param_flow, system,
};
use crate::rules::{RuleLimits, RuleSet, RulesVersion};

/// What Sentinel's data sources hold: of each kind a list in JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentinelTexts<'a> {
    /// `FlowRule`s.
    pub flow: Option<&'a str>,
    /// `DegradeRule`s.
    pub degrade: Option<&'a str>,
    /// `SystemRule`s.
    pub system: Option<&'a str>,
    /// `ParamFlowRule`s.
    pub param_flow: Option<&'a str>,
    /// `AuthorityRule`s.
    pub authority: Option<&'a str>,
}

/// Rules of Sentinel as ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The rules; valid, as far as there are not too many of them.
    pub rules: RuleSet,
    /// What they do not say as Sentinel's did.
    pub notes: Vec<Note>,
}

/// A text that is no list of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} rules {what}")]
pub struct SentinelError {
    /// Which one.
    pub kind: SentinelKind,
    /// What is wrong.
    pub what: String,
}

type Import = fn(&mut Fields<'_>, &mut Draft) -> Result<(), LeftOut>;

/// Reads rules of Sentinel.
///
/// # Errors
///
/// A text is too long or no JSON list. What is wrong with single rules is noted.
pub fn import(
    texts: &SentinelTexts<'_>,
    version: RulesVersion,
    limits: &RuleLimits,
) -> Result<Imported, SentinelError> {
    let kinds: [(SentinelKind, Option<&str>, Import); 5] = [
        (SentinelKind::Flow, texts.flow, flow::import),
        (SentinelKind::Degrade, texts.degrade, degrade::import),
        (SentinelKind::System, texts.system, system::import),
        (SentinelKind::ParamFlow, texts.param_flow, param_flow::import),
        (SentinelKind::Authority, texts.authority, authority::import),
    ];
    let (mut draft, mut notes) = (Draft::default(), Vec::new());
    for (kind, text, import) in kinds {
        let Some(text) = text else { continue };
        for (index, rule) in list(kind, text, limits)?.into_iter().enumerate() {
            let Ok(mut fields) = Fields::new(kind, index, rule, &mut notes) else { continue };
            if import(&mut fields, &mut draft).is_ok() {
                fields.end();
            }
        }
    }
    Ok(Imported { rules: draft.rules(version), notes })
}

fn list(kind: SentinelKind, text: &str, limits: &RuleLimits) -> Result<Vec<Value>, SentinelError> {
    if text.len() > limits.text_bytes_max {
        let (bytes, most) = (text.len(), limits.text_bytes_max);
        let what = format!("are {bytes} bytes long and may be {most}");
        return Err(SentinelError { kind, what });
    }
    serde_json::from_str(text)
        .map_err(|error| SentinelError { kind, what: format!("are no JSON list: {error}") })
}
