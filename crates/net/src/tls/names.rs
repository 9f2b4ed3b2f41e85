//! Names in a certificate.

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// DNS and URI names among the alternative names of `certificate` (RFC 5280, section
/// 4.2.1.6); none when it cannot be parsed. The common name is no name (RFC 9525).
pub(crate) fn subject_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    let dns = certificate.valid_dns_names();
    dns.chain(certificate.valid_uri_names()).map(str::to_owned).collect()
}
