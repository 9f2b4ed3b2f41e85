//! `[security]`: logins, tokens and what is open without one.

use confique::Config;
use seawall_identity::{Access, IdentitySettings, Secret};
use serde::Deserialize;

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct SecuritySection {
    /// Whether services must log in to register, discover and read: `login` or `open`. `dev`
    /// opens them unless told otherwise.
    #[config(env = "SEAWALL_SECURITY_CLIENT_DOORS", default = "login")]
    #[config(layer_attr(arg(
        id = "setting-client-doors",
        long = "client-doors",
        value_name = "ACCESS"
    )))]
    pub(crate) client_doors: AccessChoice,

    /// Whether administration must log in: `login` or `open`.
    #[config(env = "SEAWALL_SECURITY_CONSOLE", default = "login")]
    #[config(layer_attr(arg(id = "setting-console", long = "console", value_name = "ACCESS")))]
    pub(crate) console: AccessChoice,

    /// Whether reading metrics needs a login: `login` or `open`. `dev` opens them
    /// unless told otherwise.
    #[config(env = "SEAWALL_SECURITY_METRICS", default = "login")]
    #[config(layer_attr(arg(id = "setting-metrics", long = "metrics", value_name = "ACCESS")))]
    pub(crate) metrics: AccessChoice,

    /// How long a login is good for, in seconds; at least 10.
    #[config(env = "SEAWALL_SECURITY_TOKEN_TTL_S", default = 18_000)]
    #[config(layer_attr(arg(
        id = "setting-token-ttl-s",
        long = "token-ttl-s",
        value_name = "SECONDS"
    )))]
    pub(crate) token_ttl_s: u64,

    /// Key that signs tokens, in base64, at least 32 bytes when decoded. Without it a random
    /// one is made at the first start and kept in the store. Set it to let several
    /// installations accept each other's tokens.
    #[config(env = "SEAWALL_SECURITY_TOKEN_SECRET")]
    #[config(layer_attr(arg(
        id = "setting-token-secret",
        long = "token-secret",
        value_name = "BASE64"
    )))]
    pub(crate) token_secret: Option<String>,

    /// Wrong passwords one address may send in a minute before it has to wait.
    #[config(env = "SEAWALL_SECURITY_WRONG_PASSWORDS_PER_MINUTE", default = 30)]
    #[config(layer_attr(arg(
        id = "setting-wrong-passwords-per-minute",
        long = "wrong-passwords-per-minute",
        value_name = "COUNT"
    )))]
    pub(crate) wrong_passwords_per_minute: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessChoice {
    Login,
    Open,
}

impl From<AccessChoice> for Access {
    fn from(choice: AccessChoice) -> Self {
        match choice {
            AccessChoice::Login => Self::Login,
            AccessChoice::Open => Self::Open,
        }
    }
}

impl SecuritySection {
    pub(crate) fn identity(&self) -> IdentitySettings {
        IdentitySettings {
            client_doors: self.client_doors.into(),
            console: self.console.into(),
            token_ttl_seconds: self.token_ttl_s,
            token_secret: self.token_secret.as_deref().map(Secret::new),
            wrong_passwords_per_source_minute: self.wrong_passwords_per_minute,
            ..IdentitySettings::default()
        }
    }
}
