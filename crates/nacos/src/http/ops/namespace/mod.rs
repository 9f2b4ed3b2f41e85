//! Namespaces.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use seawall_topology::Namespace;

use crate::http::fault::Fault;

/// Longest id, as in Nacos.
const ID_CHARS_MAX: usize = 128;

/// Reads an id, in Nacos's words when it breaks a rule.
fn parse_id(text: &str) -> Result<Namespace, Fault> {
    if text.chars().count() > ID_CHARS_MAX {
        return Err(illegal(format!("too long namespaceId, over {ID_CHARS_MAX}")));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !text.chars().all(plain) {
        return Err(illegal(format!("namespaceId [{text}] mismatch the pattern")));
    }
    text.parse().map_err(|error| illegal(format!("{error}")))
}

/// Checks the name people see.
fn check_name(name: &str) -> Result<(), Fault> {
    if name.contains(['@', '#', '$', '%', '^', '&', '*']) {
        return Err(illegal(format!("namespaceName [{name}] contains illegal char")));
    }
    Ok(())
}

fn illegal(message: String) -> Fault {
    Fault::new(http::StatusCode::BAD_REQUEST, crate::http::code::Code::NamespaceInvalid, message)
}
