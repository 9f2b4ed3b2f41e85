//! What identity counts.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::LoginError;

/// Counters of logins, tokens and denials.
#[derive(Debug, Clone, Default)]
pub struct IdentityMetrics {
    logins: Family<LoginLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    denied: Counter,
}

/// How a check of user and password ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Outcome {
    /// Right, by hashing.
    Accepted,
    /// Right, as before.
    Remembered,
    Wrong,
    Throttled,
    Busy,
}

/// How a token was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum TokenLookup {
    Remembered,
    Verified,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    lookup: TokenLookup,
}

impl Outcome {
    pub(crate) fn of(error: &LoginError) -> Self {
        match error {
            LoginError::WrongPassword => Self::Wrong,
            LoginError::TooManyWrong { .. } => Self::Throttled,
            LoginError::Busy => Self::Busy,
        }
    }
}

impl IdentityMetrics {
    /// Adds `seawall_identity_password_checks_total{outcome}`,
    /// `seawall_identity_token_lookups_total{lookup}` and
    /// `seawall_identity_denied_total`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "seawall_identity_password_checks",
            "Users and passwords checked, by how it ended",
            self.logins.clone(),
        );
        registry.register(
            "seawall_identity_token_lookups",
            "Tokens looked up, by whether they were remembered or had to be verified",
            self.tokens.clone(),
        );
        registry.register(
            "seawall_identity_denied",
            "Requests that permissions did not allow",
            self.denied.clone(),
        );
    }

    pub(crate) fn login(&self, outcome: Outcome) {
        self.logins.get_or_create(&LoginLabels { outcome }).inc();
    }

    pub(crate) fn token(&self, lookup: TokenLookup) {
        self.tokens.get_or_create(&TokenLabels { lookup }).inc();
    }

    pub(crate) fn denied(&self) {
        self.denied.inc();
    }

    #[cfg(test)]
    pub(crate) fn logins(&self, outcome: Outcome) -> u64 {
        self.logins.get_or_create(&LoginLabels { outcome }).get()
    }

    #[cfg(test)]
    pub(crate) fn tokens(&self, lookup: TokenLookup) -> u64 {
        self.tokens.get_or_create(&TokenLabels { lookup }).get()
    }
}
