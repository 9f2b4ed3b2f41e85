//! What the directory of namespaces refuses.

use http::StatusCode;
use seawall_resource::NamespaceError;

use crate::http::{code::Code, fault::Fault};

impl From<NamespaceError> for Fault {
    fn from(error: NamespaceError) -> Self {
        use StatusCode as S;
        let (status, code) = match &error {
            NamespaceError::Exists(_) => (S::BAD_REQUEST, Code::NamespaceExists),
            NamespaceError::NotFound(_) => (S::NOT_FOUND, Code::NamespaceNotFound),
            NamespaceError::Protected(_) | NamespaceError::Invalid(_) => {
                (S::BAD_REQUEST, Code::NamespaceInvalid)
            }
            NamespaceError::Write(_) => (S::INTERNAL_SERVER_ERROR, Code::DataAccess),
            NamespaceError::Unavailable(_) => (S::SERVICE_UNAVAILABLE, Code::DataAccess),
        };
        Self::new(status, code, error.to_string())
    }
}
