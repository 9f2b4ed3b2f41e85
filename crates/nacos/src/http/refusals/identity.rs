//! What identity refuses.

use http::StatusCode;
use seawall_identity::WriteError;

use crate::http::{code::Code, fault::Fault};

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        use StatusCode as S;
        let message = error.to_string();
        match error {
            WriteError::Exists { what: "user", name } => {
                Self::invalid(format!("user '{name}' already exist!"))
            }
            WriteError::NotFound { what: "user", name } => {
                Self::invalid(format!("user {name} not exist!"))
            }
            WriteError::Exists { .. }
            | WriteError::NotFound { .. }
            | WriteError::LastAdmin { .. }
            | WriteError::Name(_)
            | WriteError::Pattern(_)
            | WriteError::Password { .. } => Self::invalid(message),
            WriteError::Contended => Self::new(S::CONFLICT, Code::ResourceConflict, message),
            WriteError::Busy | WriteError::Unavailable(_) => Self::unavailable(message),
            WriteError::NoRandomness
            | WriteError::Commit(_)
            | WriteError::Unknown { .. }
            | WriteError::Damaged { .. } => {
                Self::new(S::INTERNAL_SERVER_ERROR, Code::DataAccess, message)
            }
        }
    }
}
