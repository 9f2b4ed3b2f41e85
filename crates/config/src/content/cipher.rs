//! Envelope encryption of one content.
//!
//! Every content has a data key of its own, used once; the master key only wraps
//! data keys. Both steps are AES-256-GCM (NIST SP 800-38D) and bound to the name
//! and version of the content, so that a sealed content cannot be moved to another
//! item. The content's length and MD5 are not hidden: clients compare the MD5.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::SecureRandom,
};

use crate::MasterKey;

const DATA_KEY_BYTES: usize = 32;

/// A content nobody can read without the master key. Both parts begin with their nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) content: Vec<u8>,
}

/// Sealing or opening failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CipherError {
    #[error("the system gives no random bytes")]
    NoRandom,
    #[error("the content was encrypted under another master key, or is damaged")]
    CannotOpen,
}

/// Seals `plain` for the place named by `context`.
pub(crate) fn seal(
    master: &MasterKey,
    random: &dyn SecureRandom,
    context: &[u8],
    plain: &str,
) -> Result<Sealed, CipherError> {
    let mut data_key = [0; DATA_KEY_BYTES];
    random.fill(&mut data_key).map_err(|_| CipherError::NoRandom)?;
    Ok(Sealed {
        wrapped_key: encrypt(master.as_bytes(), random, context, &data_key)?,
        content: encrypt(&data_key, random, context, plain.as_bytes())?,
    })
}

/// The content sealed for the place named by `context`.
pub(crate) fn open(
    master: &MasterKey,
    context: &[u8],
    sealed: &Sealed,
) -> Result<String, CipherError> {
    let data_key = decrypt(master.as_bytes(), context, &sealed.wrapped_key)?;
    let plain = decrypt(&data_key, context, &sealed.content)?;
    String::from_utf8(plain).map_err(|_| CipherError::CannotOpen)
}

fn aead(key: &[u8]) -> Result<LessSafeKey, CipherError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| CipherError::CannotOpen)
}

fn encrypt(
    key: &[u8],
    random: &dyn SecureRandom,
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, CipherError> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce).map_err(|_| CipherError::NoRandom)?;
    let mut body = plain.to_vec();
    aead(key)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut body,
        )
        .map_err(|_| CipherError::CannotOpen)?;
    let mut sealed = nonce.to_vec();
    sealed.append(&mut body);
    Ok(sealed)
}

fn decrypt(key: &[u8], context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CipherError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(CipherError::CannotOpen)?;
    let mut body = body.to_vec();
    let plain = aead(key)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut body)
        .map_err(|_| CipherError::CannotOpen)?
        .len();
    body.truncate(plain);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::rand::SystemRandom;

    use super::*;

    fn master(byte: u8) -> MasterKey {
        MasterKey::from_bytes([byte; 32])
    }

    #[test]
    fn only_the_same_key_and_place_open_it() {
        let sealed = seal(&master(1), &SystemRandom::new(), b"a", "password=密码").unwrap();
        assert_eq!(open(&master(1), b"a", &sealed).as_deref(), Ok("password=密码"));
        assert_eq!(open(&master(2), b"a", &sealed), Err(CipherError::CannotOpen));
        assert_eq!(open(&master(1), b"b", &sealed), Err(CipherError::CannotOpen));
        let again = seal(&master(1), &SystemRandom::new(), b"a", "password=密码").unwrap();
        assert_ne!(again, sealed, "equal contents do not look equal");
    }

    proptest! {
        #[test]
        fn a_flipped_bit_anywhere_is_noticed(plain in ".{0,40}", at in any::<prop::sample::Index>()) {
            let mut sealed = seal(&master(3), &SystemRandom::new(), b"x", &plain).unwrap();
            let at = at.index(sealed.wrapped_key.len() + sealed.content.len());
            match at.checked_sub(sealed.wrapped_key.len()) {
                None => sealed.wrapped_key[at] ^= 1,
                Some(at) => sealed.content[at] ^= 1,
            }
            prop_assert_eq!(open(&master(3), b"x", &sealed), Err(CipherError::CannotOpen));
        }

        #[test]
        fn any_bytes_are_opened_or_refused(
            wrapped_key in prop::collection::vec(any::<u8>(), 0..80),
            content in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let sealed = Sealed { wrapped_key, content };
            prop_assert!(open(&master(3), b"x", &sealed).is_err());
        }
    }
}
