//! The stored forms.

use seawall_clock::WallTime;
use seawall_store::{Value, record::Record};

use crate::secret::Secret;

/// A user as stored.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UserRecord {
    /// bcrypt, `$2a$`, `$2b$` or `$2y$`.
    #[prost(string, tag = "1")]
    pub(crate) hash: String,
    /// Random, new with every password; tokens carry it.
    #[prost(fixed64, tag = "2")]
    pub(crate) stamp: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) created_ms: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) modified_ms: u64,
}

impl Record for UserRecord {
    const KIND: &'static str = "user";
    const VERSION: u8 = 1;
}

impl UserRecord {
    pub(crate) fn new(hash: &Secret, stamp: u64, now: WallTime) -> Self {
        let now = now.as_millis();
        Self { hash: hash.reveal().to_owned(), stamp, created_ms: now, modified_ms: now }
    }
}

/// That a user has a role, that a role has a permission, or that the
/// administrators changed: the key says the rest.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GrantRecord {
    #[prost(uint64, tag = "1")]
    pub(crate) created_ms: u64,
}

impl Record for GrantRecord {
    const KIND: &'static str = "grant";
    const VERSION: u8 = 1;
}

/// The keys that sign tokens.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SigningRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) current: Vec<u8>,
    /// Empty: there was none before.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) previous: Vec<u8>,
    /// Until when the previous one verifies.
    #[prost(uint64, tag = "3")]
    pub(crate) previous_until_ms: u64,
}

impl Record for SigningRecord {
    const KIND: &'static str = "token secret";
    const VERSION: u8 = 1;
}

/// The value that says "granted at `now`".
pub(crate) fn granted(now: WallTime) -> Value {
    seawall_store::record::encode(&GrantRecord { created_ms: now.as_millis() })
}

#[cfg(test)]
mod tests {
    use seawall_store::record::{decode, encode};

    use super::*;

    #[test]
    fn bytes_of_the_first_form_are_still_read() {
        let user = UserRecord { hash: "$2b$h".to_owned(), stamp: 7, created_ms: 1, modified_ms: 2 };
        let bytes = b"\x01\x0a\x05$2b$h\x11\x07\0\0\0\0\0\0\0\x18\x01\x20\x02";
        assert_eq!(decode::<UserRecord>(bytes), Ok(user.clone()));
        assert_eq!(&encode(&user)[..], bytes);

        let signing = SigningRecord {
            current: b"new".to_vec(),
            previous: b"old".to_vec(),
            previous_until_ms: 9,
        };
        let bytes = b"\x01\x0a\x03new\x12\x03old\x18\x09";
        assert_eq!(decode::<SigningRecord>(bytes), Ok(signing.clone()));
        assert_eq!(&encode(&signing)[..], bytes);

        assert_eq!(&granted(WallTime::from_millis(5))[..], b"\x01\x08\x05");
    }
}
