//! Talking to a running node, as the commands do.

mod session;
mod tls;

pub(crate) use session::{Session, root_cause};
pub(crate) use tls::TlsFiles;

use std::path::PathBuf;

/// Which node to talk to, and as whom.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerArgs {
    /// Address of the node.
    #[arg(
        long,
        value_name = "URL",
        env = "SEAWALL_ADDRESS",
        default_value = "http://127.0.0.1:8848"
    )]
    pub(crate) address: String,

    /// User name; without it, the request goes without a login.
    #[arg(long, env = "SEAWALL_USERNAME", requires = "password")]
    pub(crate) username: Option<String>,

    /// Password; better given by the variable, which other users cannot see.
    #[arg(long, env = "SEAWALL_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,

    /// PEM file with the authority that signed the node's certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// PEM file with the certificate to show to a node that asks for one, and what
    /// signed it.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,

    /// PEM file with the key of that certificate, unless it is in the same file.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
}

impl ServerArgs {
    fn tls(&self) -> TlsFiles<'_> {
        TlsFiles {
            ca: self.ca.as_deref(),
            certificate: self.certificate.as_deref(),
            key: self.key.as_deref(),
        }
    }
}
