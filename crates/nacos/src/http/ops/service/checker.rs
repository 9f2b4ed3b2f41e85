//! Health checkers as Nacos writes them.

use std::{collections::BTreeMap, sync::Arc};

use seawall_registry::{HealthChecker, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::{fault::Fault, state::Http};

/// `{"type":"HTTP","path":"/health",…}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
enum Wire {
    None,
    Tcp,
    #[serde(rename_all = "camelCase")]
    Http {
        #[serde(default)]
        path: String,
        /// `name:value` pairs with `|` between them.
        #[serde(default)]
        headers: String,
        #[serde(default = "ok")]
        expected_response_code: u16,
    },
    Mysql {
        #[serde(default)]
        user: String,
        /// Never shown again.
        #[serde(default, skip_serializing)]
        pwd: String,
        #[serde(default)]
        cmd: String,
    },
}

const fn ok() -> u16 {
    200
}

/// Reads a checker.
pub(super) fn parse(text: &str) -> Result<HealthChecker, Fault> {
    let wire: Wire = serde_json::from_str(text).map_err(|error| {
        Fault::invalid(format!("parameter 'healthChecker' cannot be read: {error}"))
    })?;
    Ok(match wire {
        Wire::None => HealthChecker::None,
        Wire::Tcp => HealthChecker::Tcp,
        Wire::Http { path, headers, expected_response_code } => HealthChecker::Http {
            path,
            headers: read_headers(&headers),
            expected_status: expected_response_code,
        },
        Wire::Mysql { user, pwd, cmd } => {
            HealthChecker::Mysql { user, password: Secret(pwd), statement: cmd }
        }
    })
}

fn read_headers(text: &str) -> BTreeMap<String, String> {
    text.split('|')
        .filter_map(|pair| pair.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// As Nacos shows it, without the password.
pub(crate) fn to_json(checker: &HealthChecker) -> Value {
    let wire = match checker {
        HealthChecker::None => Wire::None,
        HealthChecker::Tcp => Wire::Tcp,
        HealthChecker::Http { path, headers, expected_status } => {
            let pairs: Vec<String> = headers.iter().map(|(n, v)| format!("{n}:{v}")).collect();
            Wire::Http {
                path: path.clone(),
                headers: pairs.join("|"),
                expected_response_code: *expected_status,
            }
        }
        HealthChecker::Mysql { user, statement, .. } => {
            Wire::Mysql { user: user.clone(), pwd: String::new(), cmd: statement.clone() }
        }
    };
    serde_json::to_value(wire).unwrap_or_default()
}

/// Every checker there is, with its defaults, by type.
pub(crate) async fn list(_: Arc<Http>, (): ()) -> Result<BTreeMap<&'static str, Value>, Fault> {
    Ok(all())
}

fn all() -> BTreeMap<&'static str, Value> {
    let http = HealthChecker::Http {
        path: String::new(),
        headers: BTreeMap::new(),
        expected_status: ok(),
    };
    let mysql = HealthChecker::Mysql {
        user: String::new(),
        password: Secret::default(),
        statement: String::new(),
    };
    BTreeMap::from([
        ("NONE", to_json(&HealthChecker::None)),
        ("TCP", to_json(&HealthChecker::Tcp)),
        ("HTTP", to_json(&http)),
        ("MYSQL", to_json(&mysql)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkers_read_back_as_shown_but_for_the_password() {
        let http = r#"{"type":"HTTP","path":"/up","headers":"a:1|b:2","expectedResponseCode":204}"#;
        assert_eq!(
            parse(&to_json(&parse(http).unwrap()).to_string()).unwrap(),
            parse(http).unwrap()
        );
        let mysql =
            parse(r#"{"type":"MYSQL","user":"u","pwd":"secret","cmd":"select 1"}"#).unwrap();
        assert!(!to_json(&mysql).to_string().contains("secret"));
        assert!(parse(r#"{"type":"PING"}"#).is_err() && parse("").is_err());
        assert_eq!(all().len(), 4);
    }
}
