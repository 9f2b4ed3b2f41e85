//! Talking to a running node, as the commands do.

mod session;

pub(crate) use session::Session;

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
}
