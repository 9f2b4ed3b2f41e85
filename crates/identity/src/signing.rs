//! The keys that sign tokens, and where they come from.

use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use seawall_clock::WallTime;
use seawall_store::{
    Batch, CommitError, Precondition, Revision, Store,
    record::{decode, encode},
};

use crate::{OpenError, Secret, keys, record::SigningRecord};

/// Shortest secret: as long as the hash it feeds (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// Attempts to write the first secret while other nodes do the same.
const ATTEMPTS: usize = 5;

/// Beginnings of secrets that stand in public documents; who has read them can
/// sign tokens, and scanners try them.
const PUBLISHED: [&[u8]; 3] =
    [b"SecretKey0123456789", b"ThisIsMyCustomSecretKey", b"nacos_security_key"];

/// Tells keys apart without showing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId(u64);

/// The key in use, and the one before it while its tokens may still be alive.
#[derive(Clone)]
pub(crate) struct SigningKeys {
    current: (KeyId, hmac::Key),
    previous: Option<(KeyId, hmac::Key, WallTime)>,
}

impl SigningKeys {
    pub(crate) fn of(record: &SigningRecord) -> Self {
        let until = WallTime::from_millis(record.previous_until_ms);
        Self {
            current: key(&record.current),
            previous: (!record.previous.is_empty()).then(|| {
                let (id, key) = key(&record.previous);
                (id, key, until)
            }),
        }
    }

    /// The MAC of `message` under the current key.
    pub(crate) fn sign(&self, message: &[u8]) -> hmac::Tag {
        hmac::sign(&self.current.1, message)
    }

    /// Which key made `tag`, if one did that is good at `now`. Compares in
    /// constant time (`ring::hmac::verify`).
    pub(crate) fn signer(&self, now: WallTime, message: &[u8], tag: &[u8]) -> Option<KeyId> {
        if hmac::verify(&self.current.1, message, tag).is_ok() {
            return Some(self.current.0);
        }
        let (id, key, until) = self.previous.as_ref()?;
        (now < *until && hmac::verify(key, message, tag).is_ok()).then_some(*id)
    }

    /// Whether tokens of the key `id` are good at `now`.
    pub(crate) fn accept(&self, now: WallTime, id: KeyId) -> bool {
        let previous =
            |(known, _, until): &(KeyId, hmac::Key, WallTime)| *known == id && now < *until;
        self.current.0 == id || self.previous.as_ref().is_some_and(previous)
    }
}

fn key(secret: &[u8]) -> (KeyId, hmac::Key) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let name = hmac::sign(&key, b"seawall key id");
    let id = name.as_ref().iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte));
    (KeyId(id), key)
}

/// `N` bytes nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ring::error::Unspecified> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of a secret an operator gave, or why it is not good enough.
pub(crate) fn operator_secret(given: &Secret) -> Result<Vec<u8>, OpenError> {
    let weak = |reason| OpenError::WeakSecret { reason };
    let text = given.reveal().trim();
    let bytes = STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .map_err(|_| weak("is not base64"))?;
    if bytes.len() < SECRET_BYTES_MIN {
        return Err(weak("is shorter than 32 bytes"));
    }
    let published = |known: &&[u8]| bytes.starts_with(known) || text.as_bytes().starts_with(known);
    if PUBLISHED.iter().any(published) {
        return Err(weak("is an example from public documents"));
    }
    let mut seen = [false; 256];
    let mut distinct = 0;
    for byte in &bytes {
        if let Some(seen) = seen.get_mut(usize::from(*byte)).filter(|seen| !**seen) {
            *seen = true;
            distinct += 1;
        }
    }
    if distinct < 8 { Err(weak("repeats a few characters")) } else { Ok(bytes) }
}

/// What is stored after `secret` takes the place of what `stored` holds.
pub(crate) fn succeed(
    stored: Option<SigningRecord>,
    secret: Vec<u8>,
    now: WallTime,
    ttl: Duration,
) -> SigningRecord {
    let previous = stored.map(|record| record.current).unwrap_or_default();
    SigningRecord { current: secret, previous, previous_until_ms: now.after(ttl).as_millis() }
}

/// Makes sure that the store holds the secret to be used: the operator's if one is
/// given, else the stored one, else a new one.
pub(crate) async fn establish(
    store: &dyn Store,
    given: Option<&Secret>,
    now: WallTime,
    ttl: Duration,
) -> Result<(), OpenError> {
    let given = given.map(operator_secret).transpose()?;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let found = store.snapshot().await?.get(&keys::signing()).await?;
        let modified = found.as_ref().map_or(Revision::ZERO, |pair| pair.modified);
        let stored = found.map(|pair| decode::<SigningRecord>(&pair.value)).transpose().map_err(
            |error| OpenError::Damaged {
                key: format!("{:?}", keys::signing()),
                reason: error.to_string(),
            },
        )?;
        let secret = match (&given, &stored) {
            (Some(given), Some(stored)) if stored.current == *given => return Ok(()),
            (Some(given), _) => given.clone(),
            (None, Some(_)) => return Ok(()),
            (None, None) => random::<32>().map_err(|_| OpenError::NoRandomness)?.to_vec(),
        };
        let record = succeed(stored, secret, now, ttl);
        let batch = Batch::new()
            .when(Precondition::ModifiedAt(keys::signing(), modified))
            .put(keys::signing(), encode(&record));
        match store.commit(batch).await {
            Ok(_) => return Ok(()),
            // Another node was faster: look at what it wrote. An unknown outcome
            // is settled the same way.
            Err(error @ (CommitError::Precondition { .. } | CommitError::Unknown { .. })) => {
                last = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.map_or(OpenError::NoRandomness, OpenError::Commit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(bytes: &[u8]) -> Result<Vec<u8>, OpenError> {
        operator_secret(&Secret::new(STANDARD.encode(bytes)))
    }

    #[test]
    fn t23_weak_and_published_secrets_are_refused() {
        let good: Vec<u8> = (0..32).collect();
        assert_eq!(given(&good).unwrap(), good);

        let reason = |refused: Result<Vec<u8>, OpenError>| match refused {
            Err(OpenError::WeakSecret { reason }) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(given(&good[..31])), "is shorter than 32 bytes");
        assert_eq!(reason(given(&[7; 64])), "repeats a few characters");
        assert_eq!(reason(operator_secret(&Secret::new("not base64!"))), "is not base64");
        let nacos = "SecretKey012345678901234567890123456789012345678901234567890123456789";
        let published = "is an example from public documents";
        assert_eq!(reason(given(nacos.as_bytes())), published);
        // As it stands in old configuration files: text that happens to be base64.
        let text = &nacos[..68];
        assert_eq!(reason(operator_secret(&Secret::new(text))), published);
    }

    #[test]
    fn the_key_before_verifies_for_one_token_lifetime() {
        let at = WallTime::from_millis;
        let first = succeed(None, vec![1; 32], at(0), Duration::from_secs(10));
        let tag = SigningKeys::of(&first).sign(b"message");
        let second = succeed(Some(first.clone()), vec![2; 32], at(1_000), Duration::from_secs(10));
        let keys = SigningKeys::of(&second);
        assert!(keys.signer(at(10_999), b"message", tag.as_ref()).is_some());
        assert!(keys.signer(at(11_000), b"message", tag.as_ref()).is_none());
        assert!(keys.signer(at(0), b"other", tag.as_ref()).is_none());
        let third = succeed(Some(second), vec![3; 32], at(2_000), Duration::from_secs(10));
        assert!(SigningKeys::of(&third).signer(at(2_000), b"message", tag.as_ref()).is_none());
    }
}
