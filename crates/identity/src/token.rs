//! Tokens: JWTs signed with HMAC-SHA256 (RFC 7519, RFC 7515, RFC 7518 section 3.2).
//!
//! Seawall reads only what Seawall wrote, so there is one header, compared as
//! text: no algorithm is ever taken from a token, and the MAC is checked before
//! anything inside is looked at. That little needs `ring`'s HMAC and no JWT crate;
//! the common one brings RSA and two elliptic curves, or a second TLS library's
//! cryptography, to be able to sign with SHA-256.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use seawall_clock::WallTime;
use serde::{Deserialize, Serialize};

use crate::signing::{KeyId, SigningKeys};

/// `{"alg":"HS256","typ":"JWT"}` in base64url.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// Longest token looked at, in bytes. Ours have at most about 400.
const TOKEN_BYTES_MAX: usize = 2_048;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The user's name.
    pub(crate) sub: String,
    /// When it was made, in seconds since the epoch.
    pub(crate) iat: u64,
    /// When it ends, in seconds since the epoch.
    pub(crate) exp: u64,
    /// The stamp of the password it was given out for; see `UserRecord`.
    pub(crate) stamp: u64,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// Nobody with one of our keys made it.
    Invalid,
    /// Its time is over.
    Expired,
}

impl Claims {
    pub(crate) fn new(username: &str, stamp: u64, now: WallTime, ttl: Duration) -> Self {
        let iat = now.as_millis() / 1_000;
        Self { sub: username.to_owned(), iat, exp: iat.saturating_add(ttl.as_secs()), stamp }
    }

    /// The first moment at which the token is not good any more.
    pub(crate) fn expires(&self) -> WallTime {
        WallTime::from_millis(self.exp.saturating_mul(1_000))
    }
}

/// Writes and signs a token.
pub(crate) fn write(keys: &SigningKeys, claims: &Claims) -> Result<String, serde_json::Error> {
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
    let mut token = format!("{HEADER}.{payload}");
    let tag = keys.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag.as_ref(), &mut token);
    Ok(token)
}

/// Reads a token that is good at `now`, and says which key signed it.
pub(crate) fn read(
    keys: &SigningKeys,
    now: WallTime,
    token: &str,
) -> Result<(Claims, KeyId), TokenFault> {
    let (claims, key) = verified(keys, now, token).ok_or(TokenFault::Invalid)?;
    if now < claims.expires() { Ok((claims, key)) } else { Err(TokenFault::Expired) }
}

fn verified(keys: &SigningKeys, now: WallTime, token: &str) -> Option<(Claims, KeyId)> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (message, tag) = token.rsplit_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    let key = keys.signer(now, message.as_bytes(), &tag)?;
    let payload = message.strip_prefix(HEADER)?.strip_prefix('.')?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    Some((serde_json::from_slice(&payload).ok()?, key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{record::SigningRecord, signing};

    fn keys(byte: u8) -> SigningKeys {
        SigningKeys::of(&signing::succeed(
            None,
            vec![byte; 32],
            WallTime::default(),
            Duration::ZERO,
        ))
    }

    fn claims() -> Claims {
        Claims::new("nacos", 42, WallTime::from_millis(5_000), Duration::from_secs(100))
    }

    const NOW: WallTime = WallTime::from_millis(6_000);

    #[test]
    fn is_read_as_written_until_it_expires() {
        let token = write(&keys(1), &claims()).unwrap();
        assert_eq!(read(&keys(1), NOW, &token).map(|(claims, _)| claims), Ok(claims()));
        let last = WallTime::from_millis(104_999);
        assert!(read(&keys(1), last, &token).is_ok());
        let end = WallTime::from_millis(105_000);
        assert_eq!(read(&keys(1), end, &token).err(), Some(TokenFault::Expired));
        assert_eq!(read(&keys(2), NOW, &token).err(), Some(TokenFault::Invalid));
    }

    #[test]
    fn is_the_jwt_that_others_would_write() {
        // Made with Python's hmac, hashlib and base64 from 32 bytes of 0x01.
        let token = concat!(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
            "eyJzdWIiOiJuYWNvcyIsImlhdCI6NSwiZXhwIjoxMDUsInN0YW1wIjo0Mn0.",
            "gIelYLZknDGtJKjSxV5ApNfpvN5vzj8mUiycVhzeXLo",
        );
        assert_eq!(write(&keys(1), &claims()).unwrap(), token);
        assert_eq!(read(&keys(1), NOW, token).map(|(claims, _)| claims), Ok(claims()));
    }

    #[test]
    fn t23_no_algorithm_but_ours_is_taken_from_a_token() {
        let ours = write(&keys(1), &claims()).unwrap();
        let payload = ours.split('.').nth(1).unwrap();
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{"alg":"HS512","typ":"JWT"}"#]
        {
            let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
            // Even rightly signed, and without any signature at all.
            let signed = URL_SAFE_NO_PAD.encode(keys(1).sign(message.as_bytes()));
            for token in [format!("{message}.{signed}"), format!("{message}."), message] {
                assert_eq!(read(&keys(1), NOW, &token).err(), Some(TokenFault::Invalid), "{token}");
            }
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_never_accepted(token in prop_oneof![
            ".{0,80}",
            "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{43}",
            "[.]{0,8}",
        ]) {
            prop_assert_eq!(read(&keys(1), NOW, &token).err(), Some(TokenFault::Invalid));
        }

        #[test]
        fn a_changed_token_is_never_accepted(at in 0usize..1_000, with in "[ -~]", cut in 0usize..4) {
            let token = write(&keys(1), &claims()).unwrap();
            let at = at % token.len();
            let changed = match cut {
                0 => token[..at].to_owned(),
                1 => format!("{}{with}{}", &token[..at], &token[at..]),
                _ => format!("{}{with}{}", &token[..at], &token[at + 1..]),
            };
            prop_assume!(changed != token);
            prop_assert_eq!(read(&keys(1), NOW, &changed).err(), Some(TokenFault::Invalid));
        }

        #[test]
        fn what_is_signed_but_not_a_claim_is_refused(payload in prop::collection::vec(any::<u8>(), 0..60)) {
            let message = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(payload));
            let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(keys(1).sign(message.as_bytes())));
            prop_assert!(read(&keys(1), NOW, &token).is_err());
        }

        #[test]
        fn any_user_and_time_are_read_back(sub in ".{1,40}", stamp: u64, now in 0u64..u64::MAX / 2) {
            let now = WallTime::from_millis(now);
            let claims = Claims::new(&sub, stamp, now, Duration::from_secs(18_000));
            let token = write(&keys(1), &claims).unwrap();
            prop_assert_eq!(read(&keys(1), now, &token).map(|(claims, _)| claims), Ok(claims));
        }
    }

    #[test]
    fn an_empty_previous_key_is_no_key() {
        let record = SigningRecord {
            current: vec![1; 32],
            previous: Vec::new(),
            previous_until_ms: u64::MAX,
        };
        let forged = SigningKeys::of(&SigningRecord { current: Vec::new(), ..record.clone() });
        let token = write(&forged, &claims()).unwrap();
        assert_eq!(read(&SigningKeys::of(&record), NOW, &token).err(), Some(TokenFault::Invalid));
    }
}
