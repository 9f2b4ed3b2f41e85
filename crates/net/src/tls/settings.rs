//! What can be set about TLS.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

/// Whether a door speaks TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// `optional` when a certificate is set, otherwise `off`.
    #[default]
    Auto,
    /// Plain connections only.
    Off,
    /// Plain and TLS connections on the same port, told apart by their first byte.
    Optional,
    /// TLS connections only.
    Required,
}

/// Whether clients show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// They are not asked for one.
    #[default]
    Off,
    /// They are asked; one that is shown must lead to the client CA.
    Request,
    /// A handshake without one that leads to the client CA fails.
    Require,
}

/// Certificates of a door.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// `auto` (default), `off`, `optional` or `required`.
    pub mode: TlsMode,
    /// PEM file with the server's certificate chain, its own first. Default none.
    pub certificates: Option<PathBuf>,
    /// PEM file with the private key of the first certificate. Default none.
    pub key: Option<PathBuf>,
    /// PEM file with the authorities that sign client certificates. Default none.
    pub client_ca: Option<PathBuf>,
    /// `off` (default), `request` or `require`.
    pub client_certificates: ClientCertificates,
    /// Milliseconds between looks at whether the files changed; 0 never. Default
    /// 10,000. New connections use new certificates; open ones go on.
    pub reload_interval_ms: u64,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            mode: TlsMode::Auto,
            certificates: None,
            key: None,
            client_ca: None,
            client_certificates: ClientCertificates::Off,
            reload_interval_ms: 10_000,
        }
    }
}

impl TlsSettings {
    /// The mode with `auto` resolved.
    pub fn effective_mode(&self) -> TlsMode {
        match (self.mode, &self.certificates) {
            (TlsMode::Auto, Some(_)) => TlsMode::Optional,
            (TlsMode::Auto, None) => TlsMode::Off,
            (mode, _) => mode,
        }
    }

    pub(crate) fn reload_interval(&self) -> Option<Duration> {
        (self.reload_interval_ms > 0).then(|| Duration::from_millis(self.reload_interval_ms))
    }
}
