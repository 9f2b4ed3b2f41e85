//! A certificate nobody vouches for, for development and tests.

use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::TlsError;

/// A certificate and its key, both in PEM form.
#[derive(Clone)]
pub struct SelfSigned {
    /// The certificate.
    pub certificate: String,
    /// Its private key. Keep it secret.
    pub key: String,
}

/// Makes a certificate for `names` (DNS names or IP addresses) that vouches for itself.
///
/// # Errors
/// [`TlsError::Unusable`] when a name cannot stand in a certificate.
pub fn self_signed(names: &[&str]) -> Result<SelfSigned, TlsError> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)
        .map_err(|error| TlsError::Unusable(error.to_string()))?;
    Ok(SelfSigned { certificate: cert.pem(), key: signing_key.serialize_pem() })
}
