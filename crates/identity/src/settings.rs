//! What an operator may set.

use std::time::Duration;

use serde::Deserialize;

use crate::{OpenError, Secret, signing::operator_secret};

/// Whether an entrance asks who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Anybody may enter and do everything the entrance offers.
    Open,
    /// Only who has logged in, and only what permissions allow.
    Login,
}

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// The doors that services use: configuration and naming clients.
    Client,
    /// The doors that people use: console, administration, resource API.
    Console,
}

/// Settings of identity.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// Whether the client doors ask for a login. Default: `login`.
    pub client_doors: Access,
    /// Whether the console and the administration ask for a login. Default: `login`.
    pub console: Access,
    /// Seconds a token lives. Default: 18000 (five hours), as in Nacos. At least 10.
    pub token_ttl_seconds: u64,
    /// Key that signs tokens, in base64, at least 32 bytes when decoded. Default:
    /// none; a random one is made at the first start and kept in the store. Give
    /// one to let several installations accept each other's tokens. The key before
    /// it stays valid for one token lifetime.
    pub token_secret: Option<Secret>,
    /// Work of hashing a new password: bcrypt's cost, the logarithm of its rounds.
    /// Default: 10. From 4 to 14; each step doubles the time of a login.
    pub password_cost: u32,
    /// Passwords being checked at the same time, each of which keeps one core busy
    /// for tens of milliseconds. Default: 2. At least 1.
    pub password_checks_at_once: usize,
    /// Passwords that may wait to be checked; beyond it a login is told to come
    /// again later. Default: 256.
    pub password_checks_waiting: usize,
    /// Wrong passwords a minute that one source address (for IPv6: one /64) may
    /// send before it must wait; a third of them at once. Default: 30. At least 1.
    pub wrong_passwords_per_source_minute: u32,
    /// Wrong passwords a minute for one user, from wherever, before further ones
    /// must wait; a third of them at once. Who logged in with the right password
    /// lately does not wait. Default: 60. At least 1.
    pub wrong_passwords_per_user_minute: u32,
    /// Sources and users whose wrong passwords are remembered. Default: 10000 each.
    pub throttled_max: usize,
    /// Tokens remembered as verified, some 200 bytes each. Default: 20000.
    pub verified_tokens_max: usize,
    /// User and password pairs remembered as verified, some 100 bytes each, for
    /// clients that send both with every request. Default: 2000.
    pub verified_passwords_max: usize,
}

impl Default for IdentitySettings {
    fn default() -> Self {
        Self {
            client_doors: Access::Login,
            console: Access::Login,
            token_ttl_seconds: 18_000,
            token_secret: None,
            password_cost: 10,
            password_checks_at_once: 2,
            password_checks_waiting: 256,
            wrong_passwords_per_source_minute: 30,
            wrong_passwords_per_user_minute: 60,
            throttled_max: 10_000,
            verified_tokens_max: 20_000,
            verified_passwords_max: 2_000,
        }
    }
}

impl IdentitySettings {
    /// How long a token lives.
    pub fn token_ttl(&self) -> Duration {
        Duration::from_secs(self.token_ttl_seconds)
    }

    /// What `entrance` asks of those who come.
    pub fn access(&self, entrance: Entrance) -> Access {
        match entrance {
            Entrance::Client => self.client_doors,
            Entrance::Console => self.console,
        }
    }

    /// Refuses what [`Identity::open`](crate::Identity::open) would refuse, before
    /// anything is touched.
    pub fn validate(&self) -> Result<(), OpenError> {
        if let Some((key, reason)) = self.problem() {
            return Err(OpenError::Setting { key, reason });
        }
        self.token_secret.as_ref().map_or(Ok(()), |secret| operator_secret(secret).map(drop))
    }

    /// Says what is wrong with a setting, if anything is, as key and reason.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        if self.token_ttl_seconds < 10 {
            return Some(("token_ttl_seconds", "must be at least 10"));
        }
        if !(4..=14).contains(&self.password_cost) {
            return Some(("password_cost", "must be from 4 to 14"));
        }
        if self.password_checks_at_once == 0 {
            return Some(("password_checks_at_once", "must be at least 1"));
        }
        if self.wrong_passwords_per_source_minute == 0 {
            return Some(("wrong_passwords_per_source_minute", "must be at least 1"));
        }
        if self.wrong_passwords_per_user_minute == 0 {
            return Some(("wrong_passwords_per_user_minute", "must be at least 1"));
        }
        None
    }
}
