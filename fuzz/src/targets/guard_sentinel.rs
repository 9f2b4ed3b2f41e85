//! Rules of Sentinel: whatever is imported is valid and reads the same once it is written,
//! and of each rule of a list something is said: a rule of ours or a note.

use libfuzzer_sys::Corpus;
use seawall_guard::rules::{
    RuleLimits, RuleSet, RulesVersion,
    sentinel::{SentinelTexts, import},
};
use serde_json::Value;

/// The first byte says which list the rest is.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let [kind, rest @ ..] = bytes else { return Corpus::Reject };
    let Ok(text) = std::str::from_utf8(rest) else { return Corpus::Reject };
    let mut texts = SentinelTexts::default();
    let list = match kind {
        b'd' => &mut texts.degrade,
        b's' => &mut texts.system,
        b'p' => &mut texts.param_flow,
        b'a' => &mut texts.authority,
        _ => &mut texts.flow,
    };
    *list = Some(text);
    let limits = RuleLimits::default();
    let Ok(imported) = import(&texts, RulesVersion::new(1), &limits) else {
        return Corpus::Keep;
    };
    let rules = serde_json::from_str::<Vec<Value>>(text).unwrap().len();
    assert!(rules == 0 || !imported.rules.rules.is_empty() || !imported.notes.is_empty());
    assert!(imported.notes.iter().all(|note| note.index < rules));
    if rules <= limits.rules_max as usize {
        let written = imported.rules.to_json();
        assert_eq!(RuleSet::parse(&written, &limits), Ok(imported.rules), "{written}");
    }
    Corpus::Keep
}
