//! Gray releases, as far as each generation tells of them.
//!
//! A beta release can be read in all three (`ConfigController.queryBeta`,
//! `ConfigControllerV3.queryBeta`). Releases for tags are listed by none: their names
//! are in the history of 2.5 and later, and their contents are read as a client with
//! that tag reads them (`ConfigController.getConfig`), which 3.x answers unless its
//! `nacos.core.api.compatibility.client.enabled` is off.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{
    forms::{millis, text},
    source::{ItemName, Source},
};
use crate::exit::Failure;

/// Where a client of the first generation reads; later ones have it too.
const AS_CLIENT: &str = "/v1/cs/configs";

/// A gray release.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GrayForm {
    #[serde(deserialize_with = "text")]
    pub(crate) content: String,
    #[serde(rename = "type", deserialize_with = "text")]
    pub(crate) content_type: String,
    #[serde(deserialize_with = "text")]
    pub(crate) encrypted_data_key: String,
    /// Addresses separated by commas (the first two generations).
    #[serde(deserialize_with = "text")]
    pub(crate) beta_ips: String,
    /// A rule in JSON (the third generation).
    #[serde(deserialize_with = "text")]
    pub(crate) gray_rule: String,
    #[serde(deserialize_with = "text")]
    pub(crate) create_user: String,
    #[serde(deserialize_with = "millis")]
    pub(crate) modify_time: Option<u64>,
}

/// A rule as Nacos 2.5 and later keep it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct GrayRuleForm {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(rename = "expr", default, deserialize_with = "text")]
    pub(crate) expression: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) priority: String,
}

/// What came of asking for the release for a tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tagged {
    Found(GrayForm),
    /// There is none for this tag.
    Absent,
    /// The source does not tell, for this reason.
    Hidden(&'static str),
}

impl Source {
    /// The beta release of a configuration, if it has one.
    pub(crate) async fn beta(
        &self,
        namespace: &str,
        item: &ItemName,
    ) -> Result<Option<GrayForm>, Failure> {
        let path = self.paths().beta;
        let mut query = vec![("beta", "true")];
        query.extend(self.of_item(namespace, item));
        match self.get(path, &query).await? {
            Value::Null => Ok(None),
            answer => self.read(path, answer).map(Some),
        }
    }

    /// The release of a configuration for `tag`.
    pub(crate) async fn tagged(
        &self,
        namespace: &str,
        item: &ItemName,
        tag: &str,
    ) -> Result<Tagged, Failure> {
        let namespace = if namespace == "public" { "" } else { namespace };
        let query = [
            ("dataId", item.data_id.as_str()),
            ("group", item.group.as_str()),
            ("tenant", namespace),
            ("tag", tag),
        ];
        let answer = self.fetch(AS_CLIENT, &query).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(Tagged::Absent),
            StatusCode::GONE => {
                return Ok(Tagged::Hidden("the source's API for 1.x clients is switched off"));
            }
            status if !status.is_success() => {
                return Err(self.refused(AS_CLIENT, &status.to_string()));
            }
            _ => {}
        }
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        if header("isBeta") == Some("true") {
            return Ok(Tagged::Hidden("this machine's address is in the beta release"));
        }
        let owned = |name| header(name).unwrap_or_default().to_owned();
        Ok(Tagged::Found(GrayForm {
            content_type: owned("config-type"),
            encrypted_data_key: owned("encrypted-data-key"),
            modify_time: header("last-modified").and_then(millis_of_http),
            content: answer.body,
            ..GrayForm::default()
        }))
    }
}

/// Reads a date as HTTP writes it.
fn millis_of_http(text: &str) -> Option<u64> {
    let moment = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    u64::try_from(moment.unix_timestamp().checked_mul(1_000)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_http_is_read() {
        assert_eq!(millis_of_http("Tue, 14 Nov 2023 22:13:20 GMT"), Some(1_700_000_000_000));
        assert_eq!(millis_of_http("yesterday"), None);
    }
}
