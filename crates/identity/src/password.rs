//! Passwords: what they may be, how they are kept, how they are checked.
//!
//! bcrypt compares its result in constant time, and a user that does not exist
//! costs as much as a wrong password of one whose hash has the cost in the
//! settings, so answers do not tell who exists. Hashes taken over from elsewhere
//! with another cost do stand out until their next change of password.

use crate::{Secret, WriteError, signing};

/// Longest password, in bytes: bcrypt looks at no more, so a longer one would be
/// weaker than it seems.
const PASSWORD_BYTES_MAX: usize = 72;

/// Costliest hash taken over from elsewhere: 64 times the work of the default.
const IMPORTED_COST_MAX: u32 = 16;

/// Says what is wrong with a new password.
pub(crate) fn check_new(password: &Secret) -> Result<(), WriteError> {
    let refuse = |reason| Err(WriteError::Password { reason });
    match password.reveal() {
        "" => refuse("is empty"),
        text if text.len() > PASSWORD_BYTES_MAX => refuse("is longer than 72 bytes"),
        text if text.contains('\0') => refuse("contains a zero byte"),
        _ => Ok(()),
    }
}

/// Says what is wrong with a hash made elsewhere.
pub(crate) fn check_hash(hash: &Secret) -> Result<(), WriteError> {
    let refuse = |reason| Err(WriteError::Password { reason });
    let parts: bcrypt::HashParts = match hash.reveal().parse() {
        Ok(parts) => parts,
        Err(_) => return refuse("hash is not a bcrypt hash"),
    };
    if hash.reveal().starts_with("$2x$") {
        return refuse("hash is of the faulty kind $2x$");
    }
    if !(4..=IMPORTED_COST_MAX).contains(&parts.get_cost()) {
        return refuse("hash has a cost outside 4 to 16");
    }
    Ok(())
}

/// Hashes a password that [`check_new`] accepted. Takes tens of milliseconds at cost 10.
pub(crate) fn hash(password: &Secret, cost: u32) -> Result<Secret, WriteError> {
    bcrypt::hash(password.reveal(), cost).map(Secret::new).map_err(|_| WriteError::NoRandomness)
}

/// Whether `password` is the one of `hash`. Takes as long as [`hash`].
pub(crate) fn verify(password: &str, hash: &str) -> bool {
    password.len() <= PASSWORD_BYTES_MAX && bcrypt::verify(password, hash).unwrap_or(false)
}

/// A hash that no password has, to be checked against when there is no user.
pub(crate) fn nobody(cost: u32) -> Secret {
    Secret::new(format!("$2b${cost:02}${}", ".".repeat(53)))
}

/// A password for the first administrator: 24 characters that are easily read
/// aloud, 120 bits.
pub(crate) fn generate() -> Result<Secret, WriteError> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = signing::random::<24>().map_err(|_| WriteError::NoRandomness)?;
    let text: String = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect();
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        let kept = hash(&Secret::new("harbour"), 4).unwrap();
        assert!(verify("harbour", kept.reveal()));
        assert!(!verify("harbou", kept.reveal()) && !verify("", kept.reveal()));
    }

    #[test]
    fn hashes_of_nacos_are_taken_over() {
        // Nacos' own default user, password `nacos`.
        let nacos = "$2a$10$EuWPZHzz32dJN7jexM34MOeYirDdFAZm2kuWj7VEOJhhZkDrxfvUu";
        assert_eq!(check_hash(&Secret::new(nacos)), Ok(()));
        assert!(verify("nacos", nacos) && !verify("nacos1", nacos));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let nobody = nobody(31);
        for text in [
            "",
            "plain",
            "$2x$10$EuWPZHzz32dJN7jexM34MOeYirDdFAZm2kuWj7VEOJhhZkDrxfvUu",
            nobody.reveal(),
        ] {
            assert!(check_hash(&Secret::new(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn the_hash_of_nobody_is_well_formed_and_fits_nothing() {
        let nobody = nobody(4);
        assert_eq!(check_hash(&nobody), Ok(()));
        assert!(!verify("", nobody.reveal()) && !verify("x", nobody.reveal()));
    }

    #[test]
    fn bcrypt_never_silently_cuts_a_password() {
        let longest = Secret::new("x".repeat(72));
        assert_eq!(check_new(&longest), Ok(()));
        let kept = hash(&longest, 4).unwrap();
        assert!(verify(longest.reveal(), kept.reveal()));
        assert!(!verify(&"x".repeat(71), kept.reveal()));
        assert!(!verify(&"x".repeat(73), kept.reveal()), "the 73rd byte would not be looked at");
        for text in [String::new(), "x".repeat(73), "a\0b".to_owned()] {
            assert!(check_new(&Secret::new(text)).is_err());
        }
    }

    #[test]
    fn generated_passwords_differ_and_are_long() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.reveal().len(), 24);
        assert_ne!(one.reveal(), other.reveal());
    }
}
