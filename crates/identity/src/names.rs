//! What users and roles may be called.

/// Longest name of a user or a role, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Why a text is not the name of a user or a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {reason}; use 1 to 128 bytes without blanks and control characters")]
pub struct InvalidName {
    what: &'static str,
    reason: &'static str,
}

/// Refuses what would not survive a header, a log line or a key of the store.
pub(crate) fn check(what: &'static str, name: &str) -> Result<(), InvalidName> {
    let refuse = |reason| Err(InvalidName { what, reason });
    if name.is_empty() {
        return refuse("is empty");
    }
    if name.len() > NAME_BYTES_MAX {
        return refuse("is too long");
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("contains a blank or a control character");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_any_script_and_refuses_what_breaks_a_key() {
        for name in ["nacos", "ROLE_ADMIN", "运维", "a@b.c", &"x".repeat(128)] {
            assert_eq!(check("user name", name), Ok(()), "{name}");
        }
        for name in ["", "a b", "a\0b", "a\u{2}", "a\n", &"x".repeat(129)] {
            assert!(check("user name", name).is_err(), "{name:?}");
        }
    }
}
