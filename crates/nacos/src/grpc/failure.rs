//! What went wrong, as Nacos's clients are told.

use seawall_config::{
    ConfigNameError, FuzzyError, ListenError, PatternError as ConfigPatternError, PublishError,
    QuotaScope,
};
use seawall_identity::{AuthenticateError, LoginError};
use seawall_registry::{
    FuzzyWatchError, InstanceError, NameError, PatternError, RegisterError, WriteError,
};
use seawall_store::Unavailable;

use crate::{
    access::AccessError,
    wire::{ErrorCode, InstanceFault},
};

/// A code and words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A parameter is missing or breaks a rule.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::INVALID, message)
    }
}

macro_rules! invalid {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::invalid(error.to_string())
            }
        }
    )*};
}

invalid!(
    NameError,
    ConfigNameError,
    PatternError,
    ConfigPatternError,
    InstanceFault,
    InstanceError
);

impl From<seawall_topology::NameError> for Failure {
    fn from(error: seawall_topology::NameError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// An answer could not be encoded: never sent half.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(ErrorCode::SERVER, error.to_string())
    }
}

/// Never "not found": clients would overwrite what they have (trap T5).
impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::new(ErrorCode::SERVER, error.to_string())
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        let code = match &error {
            // Whether the sender may is not known: a client told "denied" gives up.
            AccessError::Unauthenticated(AuthenticateError::Password(
                LoginError::Busy | LoginError::TooManyWrong { .. },
            )) => ErrorCode::OVER_LIMIT,
            AccessError::Unauthenticated(_) | AccessError::Denied(_) => ErrorCode::DENIED,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        match error {
            ListenError::TooMany { .. } => Self::new(ErrorCode::OVER_LIMIT, error.to_string()),
            ListenError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<RegisterError> for Failure {
    fn from(error: RegisterError) -> Self {
        match error {
            // The connection ended while the request was under way: the client must
            // register again on its next one.
            RegisterError::NotConnected { .. } => {
                Self::new(ErrorCode::UNREGISTERED, error.to_string())
            }
            // Nacos's own sentence (trap T12).
            RegisterError::Kind { service, ephemeral } => {
                let (is, cannot) = if ephemeral {
                    ("ephemeral", "persistent")
                } else {
                    ("persistent", "ephemeral")
                };
                let name = service.grouped_name();
                Self::invalid(format!(
                    "Current service {name} is {is} service, can't register {cannot} instance."
                ))
            }
            RegisterError::Instance(error) => error.into(),
            RegisterError::Limit { .. } => Self::new(ErrorCode::SERVER, error.to_string()),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let code = match error {
            WriteError::Refused(refused) => return refused.into(),
            WriteError::NoService { .. } | WriteError::NoInstance { .. } => ErrorCode::NOT_FOUND,
            WriteError::Exists { .. }
            | WriteError::NotEmpty { .. }
            | WriteError::Checked { .. }
            | WriteError::Threshold { .. } => ErrorCode::INVALID,
            WriteError::Conflict { .. } => ErrorCode::CONFLICT,
            WriteError::Store(_) | WriteError::Unavailable(_) | WriteError::Record(_) => {
                ErrorCode::SERVER
            }
        };
        Self::new(code, error.to_string())
    }
}

impl From<FuzzyWatchError> for Failure {
    fn from(error: FuzzyWatchError) -> Self {
        let code = match error {
            FuzzyWatchError::NotConnected { .. } => ErrorCode::UNREGISTERED,
            FuzzyWatchError::Patterns { .. } => ErrorCode::FUZZY_PATTERNS,
            FuzzyWatchError::Matches { .. } => ErrorCode::FUZZY_MATCHES,
        };
        Self::new(code, error.to_string())
    }
}

impl From<FuzzyError> for Failure {
    fn from(error: FuzzyError) -> Self {
        let code = match error {
            FuzzyError::TooManyPatterns { .. } => ErrorCode::FUZZY_PATTERNS,
            FuzzyError::TooManyMatches { .. } => ErrorCode::FUZZY_MATCHES,
            FuzzyError::Unavailable(unavailable) => return unavailable.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let code = match &error {
            PublishError::Md5Mismatch { .. } => {
                return Self::new(
                    ErrorCode::SERVER,
                    "Cas publish fail, server md5 may have changed.",
                );
            }
            PublishError::Invalid { .. }
            | PublishError::BadContent(_)
            | PublishError::BadGray(_)
            | PublishError::TooManyGrays { .. }
            | PublishError::NoMasterKey => ErrorCode::INVALID,
            PublishError::TooLarge { .. } | PublishError::OverSizeQuota { .. } => {
                ErrorCode::TOO_LARGE
            }
            PublishError::OverCountQuota { scope, .. } => over_count(scope),
            PublishError::NotFound => ErrorCode::NOT_FOUND,
            PublishError::Exists | PublishError::Contended => ErrorCode::CONFLICT,
            PublishError::Unknown { .. } | PublishError::Unavailable(_) => ErrorCode::SERVER,
        };
        Self::new(code, error.to_string())
    }
}

fn over_count(scope: &QuotaScope) -> ErrorCode {
    match scope {
        QuotaScope::Group(..) => ErrorCode::GROUP_QUOTA,
        _ => ErrorCode::NAMESPACE_QUOTA,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_password_that_was_not_checked_is_not_called_wrong() {
        let retry_after = Duration::from_secs(7);
        let table = [
            (LoginError::Busy, ErrorCode::OVER_LIMIT),
            (LoginError::TooManyWrong { retry_after }, ErrorCode::OVER_LIMIT),
            (LoginError::WrongPassword, ErrorCode::DENIED),
        ];
        for (error, code) in table {
            let error = AccessError::Unauthenticated(AuthenticateError::Password(error));
            assert_eq!(Failure::from(error).code, code);
        }
        let expired = AccessError::Unauthenticated(AuthenticateError::ExpiredToken);
        assert_eq!(Failure::from(expired).code, ErrorCode::DENIED, "the client logs in again");
    }
}
