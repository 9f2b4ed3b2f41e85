//! Reading certificates and keys from disk.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::{ClientCertificates, TlsError, TlsMode, TlsSettings};

/// Application protocols offered in the handshake (RFC 7301), best first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Length and time of change of each file, to see that one was replaced.
pub(crate) type Stamp = Vec<Option<(u64, SystemTime)>>;

/// The stamp of the files in `settings`, taken before they are read.
pub(crate) fn stamp(settings: &TlsSettings) -> Stamp {
    let stamp_of = |path: &PathBuf| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.len(), data.modified().ok()?))
    };
    let paths = [&settings.certificates, &settings.key, &settings.client_ca];
    paths.into_iter().map(|path| path.as_ref().and_then(stamp_of)).collect()
}

/// Reads all files of `settings`.
pub(crate) fn server_config(settings: &TlsSettings) -> Result<ServerConfig, TlsError> {
    let mode = match settings.effective_mode() {
        TlsMode::Required => "required",
        _ => "optional",
    };
    let chain_file = settings.certificates.as_deref();
    let chain_file = chain_file.ok_or(TlsError::NotSet { mode, missing: "tls.certificates" })?;
    let key_file = settings.key.as_deref();
    let key_file = key_file.ok_or(TlsError::NotSet { mode, missing: "tls.key" })?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(in_file(key_file, "a private key"))?;
    let unusable = |error: rustls::Error| TlsError::Unusable(error.to_string());
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_client_cert_verifier(client_verifier(settings)?)
        .with_single_cert(certificates(chain_file)?, key)
        .map_err(unusable)?;
    config.alpn_protocols = ALPN.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

fn client_verifier(settings: &TlsSettings) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mode = match settings.client_certificates {
        ClientCertificates::Off => return Ok(WebPkiClientVerifier::no_client_auth()),
        ClientCertificates::Request => "asking for client certificates",
        ClientCertificates::Require => "requiring client certificates",
    };
    let file = settings.client_ca.as_deref();
    let file = file.ok_or(TlsError::NotSet { mode, missing: "tls.client_ca" })?;
    let mut roots = RootCertStore::empty();
    for authority in certificates(file)? {
        roots.add(authority).map_err(|error| TlsError::Unusable(error.to_string()))?;
    }
    let provider = Arc::new(default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match settings.client_certificates {
        ClientCertificates::Request => builder.allow_unauthenticated(),
        ClientCertificates::Off | ClientCertificates::Require => builder,
    };
    let verifier = builder.build().map_err(|error| TlsError::Unusable(error.to_string()))?;
    Ok(verifier)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(in_file(path, "certificates"))?;
    if certificates.is_empty() {
        return Err(TlsError::NotPem { path: path.to_owned(), expected: "certificates" });
    }
    Ok(certificates)
}

fn in_file(path: &Path, expected: &'static str) -> impl FnOnce(pem::Error) -> TlsError {
    move |error| match error {
        pem::Error::Io(source) => TlsError::Unreadable { path: path.to_owned(), source },
        _ => TlsError::NotPem { path: path.to_owned(), expected },
    }
}
