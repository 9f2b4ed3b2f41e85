//! Remembers what was found right, so that it need not be checked again.
//!
//! Neither tokens nor passwords are kept: both are looked up by their HMAC under a
//! key that lives as long as the process. So a lookup takes the same steps
//! whatever an attacker guesses, and a memory dump holds nothing to log in with.
//! Entries say which password stamp they were right for; a changed password or a
//! deleted user has another stamp, and the entry is worth nothing at once.

use std::sync::Arc;

use quick_cache::sync::Cache;
use ring::{hmac, rand::SystemRandom};
use seawall_clock::WallTime;

use crate::signing::KeyId;

/// HMAC-SHA256 of what is remembered.
pub(crate) type Digest = [u8; 32];

/// What a token said when it was verified.
#[derive(Debug, Clone)]
pub(crate) struct VerifiedToken {
    pub(crate) username: Arc<str>,
    pub(crate) stamp: u64,
    pub(crate) expires: WallTime,
    pub(crate) key: KeyId,
}

/// Bounded memories of verified tokens and passwords.
pub(crate) struct Verified {
    key: hmac::Key,
    tokens: Cache<Digest, VerifiedToken>,
    /// The password stamp a pair was right for.
    passwords: Cache<Digest, u64>,
}

impl Verified {
    /// Fails if the system has no randomness.
    pub(crate) fn new(
        tokens_max: usize,
        passwords_max: usize,
    ) -> Result<Self, ring::error::Unspecified> {
        Ok(Self {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?,
            tokens: Cache::new(tokens_max),
            passwords: Cache::new(passwords_max),
        })
    }

    pub(crate) fn token_digest(&self, token: &str) -> Option<Digest> {
        self.digest(&[b"token", token.as_bytes()])
    }

    pub(crate) fn token(&self, digest: &Digest) -> Option<VerifiedToken> {
        self.tokens.get(digest)
    }

    pub(crate) fn remember_token(&self, digest: Digest, token: VerifiedToken) {
        self.tokens.insert(digest, token);
    }

    pub(crate) fn password_digest(&self, username: &str, password: &str) -> Option<Digest> {
        self.digest(&[b"password", username.as_bytes(), password.as_bytes()])
    }

    /// Whether the pair was found right for the password that has `stamp`.
    pub(crate) fn password(&self, digest: &Digest, stamp: u64) -> bool {
        self.passwords.get(digest) == Some(stamp)
    }

    pub(crate) fn remember_password(&self, digest: Digest, stamp: u64) {
        self.passwords.insert(digest, stamp);
    }

    /// The HMAC of the parts, each with its length before it so that none can run
    /// into the next.
    fn digest(&self, parts: &[&[u8]]) -> Option<Digest> {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_tell_apart_what_concatenation_would_not() {
        let verified = Verified::new(10, 10).unwrap();
        assert_ne!(verified.password_digest("ab", "c"), verified.password_digest("a", "bc"));
        assert_eq!(verified.password_digest("ab", "c"), verified.password_digest("ab", "c"));
        let other = Verified::new(10, 10).unwrap();
        assert_ne!(verified.password_digest("ab", "c"), other.password_digest("ab", "c"));
    }

    #[test]
    fn a_pair_is_right_for_one_stamp_only_and_memory_is_bounded() {
        let verified = Verified::new(10, 10).unwrap();
        let digest = verified.password_digest("u", "p").unwrap();
        verified.remember_password(digest, 7);
        assert!(verified.password(&digest, 7) && !verified.password(&digest, 8));
        for n in 0..1_000 {
            let digest = verified.password_digest("u", &n.to_string()).unwrap();
            verified.remember_password(digest, n);
        }
        assert!(verified.passwords.len() <= 10);
    }
}
