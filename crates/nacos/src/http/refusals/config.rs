//! What the configuration part refuses.

use http::StatusCode;
use seawall_config::{
    ArchiveError, HistoryError, ListenError, PublishError, QuotaScope, Unavailable,
};

use crate::http::{code::Code, fault::Fault};

impl From<Unavailable> for Fault {
    fn from(error: Unavailable) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl From<ListenError> for Fault {
    fn from(error: ListenError) -> Self {
        let message = error.to_string();
        match error {
            // As other limits on what a client does; its clients wait and try again.
            ListenError::TooMany { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Server, message)
            }
            ListenError::Unavailable(error) => error.into(),
        }
    }
}

impl From<PublishError> for Fault {
    fn from(error: PublishError) -> Self {
        use StatusCode as S;
        let message = error.to_string();
        let (status, code) = match error {
            // Nacos's own status for it; its clients take any but 200 for "no".
            PublishError::Md5Mismatch { .. } => {
                let message = "Cas publish fail, server md5 may have changed.";
                return Self::new(S::INTERNAL_SERVER_ERROR, Code::ResourceConflict, message);
            }
            PublishError::Exists | PublishError::Contended => (S::CONFLICT, Code::ResourceConflict),
            PublishError::NotFound => (S::NOT_FOUND, Code::ResourceNotFound),
            PublishError::Invalid { .. }
            | PublishError::BadContent(_)
            | PublishError::NoMasterKey => (S::BAD_REQUEST, Code::ParameterInvalid),
            PublishError::BadGray(_) => (S::BAD_REQUEST, Code::GrayRuleInvalid),
            PublishError::TooManyGrays { .. } => (S::BAD_REQUEST, Code::GrayTooMany),
            PublishError::TooLarge { .. } | PublishError::OverSizeQuota { .. } => {
                (S::BAD_REQUEST, Code::TooLarge)
            }
            PublishError::OverCountQuota { scope: QuotaScope::Namespace(_), .. } => {
                (S::BAD_REQUEST, Code::TenantQuota)
            }
            PublishError::OverCountQuota { scope: QuotaScope::Group(..), .. } => {
                (S::BAD_REQUEST, Code::GroupQuota)
            }
            PublishError::Unknown { .. } => (S::INTERNAL_SERVER_ERROR, Code::DataAccess),
            PublishError::Unavailable(_) => (S::SERVICE_UNAVAILABLE, Code::DataAccess),
        };
        Self::new(status, code, message)
    }
}

impl From<HistoryError> for Fault {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::NotFound => Self::not_found(error.to_string()),
            HistoryError::Publish(error) => error.into(),
            HistoryError::Unavailable(error) => error.into(),
        }
    }
}

impl From<ArchiveError> for Fault {
    fn from(error: ArchiveError) -> Self {
        let code = match error {
            ArchiveError::Unavailable(error) => return error.into(),
            ArchiveError::BadMetadata(_) => Code::ImportMetadata,
            ArchiveError::Empty => Code::ImportEmpty,
            ArchiveError::NotAZip(_)
            | ArchiveError::TooManyEntries { .. }
            | ArchiveError::TooLarge { .. } => Code::ImportUnreadable,
        };
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
    }
}
