//! Rules of guards: what is read is valid and reads the same once it is written, and
//! whatever is refused leaves the rules in force as they were.

use std::sync::Arc;

use libfuzzer_sys::Corpus;
use seawall_guard::{
    ManualClock,
    rules::{Plan, RuleBook, RuleLimits, RuleSet, RulesVersion},
    signal::SystemSignal,
};

const IN_FORCE: &str = r#"{"version": 1, "rules": [{"id": "a", "resources": ["GET /a*"]}]}"#;

/// The text of rules that come after others.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let limits = RuleLimits::default();
    let read = RuleSet::parse(text, &limits);
    let (clock, system) = (Arc::new(ManualClock::default()), Arc::new(SystemSignal::new()));
    let book = RuleBook::new(Default::default(), "node", clock, system).unwrap();
    book.load(IN_FORCE).unwrap();
    book.guard("GET /a/1");
    let loaded = book.load(text);
    match &read {
        Ok(set) => {
            assert_eq!(RuleSet::parse(&set.to_json(), &limits).as_ref(), Ok(set));
            assert!(Plan::new(set, set).is_empty());
            let is_newer = set.version > RulesVersion::new(1);
            assert_eq!(
                loaded.is_ok(),
                is_newer || set == &RuleSet::parse(IN_FORCE, &limits).unwrap()
            );
            assert_eq!(book.version(), if is_newer { set.version } else { RulesVersion::new(1) });
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(loaded.unwrap_err().to_string(), error.to_string());
            assert_eq!(book.version(), RulesVersion::new(1));
        }
    }
    book.guard("GET /a/1");
    Corpus::Keep
}
