//! Whether an answer of the Nacos wire says that a request was carried out.

use std::borrow::Cow;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::payload::Payload;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict<'a> {
    #[serde(default)]
    result_code: u32,
    #[serde(default, borrow)]
    message: Option<Cow<'a, str>>,
}

/// Passes when `answer` says that the request called `kind` was carried out.
///
/// # Errors
///
/// What the server said instead.
pub(super) fn carried_out(kind: &str, answer: &Payload<'_>) -> anyhow::Result<()> {
    let verdict: Verdict<'_> =
        serde_json::from_slice(answer.json).with_context(|| format!("reading {}", answer.kind))?;
    if verdict.result_code != 200 {
        bail!("{kind} was refused: {}", verdict.message.unwrap_or_default());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_is_carried_out() {
        let answer = |json| Payload { kind: "AResponse", json };
        assert!(carried_out("A", &answer(br#"{"resultCode":200}"#)).is_ok());
        assert!(carried_out("A", &answer(b"{}")).is_err());
        let refused = carried_out("A", &answer(br#"{"resultCode":500,"message":"no\n"}"#));
        assert_eq!(refused.unwrap_err().to_string(), "A was refused: no\n");
    }
}
