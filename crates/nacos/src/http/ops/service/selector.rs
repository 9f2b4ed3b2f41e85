//! The selector of a service as Nacos writes it.
//!
//! Nacos's `label` expressions compare labels of consumer and provider from a
//! CMDB that nobody runs with it. Ours pick by the labels of instances, in the
//! text form of [`seawall_topology::Selector`].

use std::sync::Arc;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use seawall_topology::Selector;
use serde_json::{Value, json};

use crate::http::{code::Code, fault::Fault, state::Http};

/// The types there are.
pub(crate) async fn types(_: Arc<Http>, (): ()) -> Result<[&'static str; 2], Fault> {
    Ok(["none", "label"])
}

/// What both sides of the conditions in Nacos's own expressions begin with:
/// `CONSUMER.label.A = PROVIDER.label.A & …` (Nacos's `ExpressionInterpreter`).
const CMDB_SIDES: [&str; 2] = ["CONSUMER.label.", "PROVIDER.label."];

fn refused(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, Code::Selector, message)
}

/// Reads `{"type":"label","expression":"zone = a"}`, percent-encoded or not.
pub(super) fn parse(text: &str) -> Result<Selector, Fault> {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let value: Value = serde_json::from_str(&decoded)
        .map_err(|error| refused(format!("selector is not JSON: {error}")))?;
    let expression = value.get("expression").and_then(Value::as_str).unwrap_or_default();
    match value.get("type").and_then(Value::as_str) {
        Some("none") => Ok(Selector::default()),
        // As labels of instances they would match none and hide the whole service. A Nacos
        // without a CMDB takes them and shows everything.
        Some("label") if CMDB_SIDES.iter().any(|side| expression.contains(side)) => Err(refused(
            "labels of consumers come from a CMDB, and there is none; \
             pick by the metadata of instances: `zone = a, tier in (web, api)`",
        )),
        Some("label") => expression.parse().map_err(|error| refused(format!("{error}"))),
        _ => Err(refused("not match any type of selector!")),
    }
}

/// As Nacos shows it.
pub(crate) fn to_json(selector: &Selector) -> Value {
    if selector.is_empty() {
        return json!({ "type": "none", "contextType": "NONE" });
    }
    json!({ "type": "label", "contextType": "CMDB", "expression": selector.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_reads_back_as_it_is_shown() {
        for text in [r#"{"type":"none"}"#, r#"{"type":"label","expression":"zone = a"}"#] {
            let selector = parse(text).unwrap();
            assert_eq!(parse(&to_json(&selector).to_string()).unwrap(), selector);
        }
        assert!(parse("%7B%22type%22%3A%22none%22%7D").unwrap().is_empty());
        for text in ["", "{}", r#"{"type":"cmdb"}"#, r#"{"type":"label","expression":"=="}"#] {
            assert_eq!(parse(text).unwrap_err().code, Code::Selector, "{text}");
        }
    }

    #[test]
    fn nacos_own_expressions_are_refused_with_what_to_write_instead() {
        for expression in [
            "CONSUMER.label.A = PROVIDER.label.A",
            "CONSUMER.label.A=PROVIDER.label.A & CONSUMER.label.B=PROVIDER.label.B",
        ] {
            let text = json!({"type": "label", "expression": expression}).to_string();
            let fault = parse(&text).unwrap_err();
            assert_eq!(fault.code, Code::Selector, "{expression}");
            assert!(fault.message.contains("there is none"), "{}", fault.message);
        }
    }
}
