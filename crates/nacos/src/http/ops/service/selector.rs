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
}
