//! Why a request was refused, and how each generation says so.

use http::StatusCode;
use serde_json::json;

use super::{code::Code, generation::Generation, reply::Reply};

/// A refusal: an HTTP status, Nacos's code and the words for this case. What it
/// looks like on the wire is up to the generation that was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {}: {message}", code.number())]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// A required parameter is absent.
    pub(crate) fn missing(name: &str) -> Self {
        let message = format!("Required parameter '{name}' type String is not present");
        Self::new(StatusCode::BAD_REQUEST, Code::ParameterMissing, message)
    }

    /// A parameter cannot be read or breaks a rule.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::ParameterInvalid, message)
    }

    /// What was asked for does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::ResourceNotFound, message)
    }

    /// The caller may not do this.
    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Code::AccessDenied, message)
    }

    /// The answer is not known now; asking again later may help. Never shown as
    /// "not found", which clients would take for a deletion.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::DataAccess, message)
    }

    /// The answer is not known yet, because the server has just started.
    pub(crate) fn starting() -> Self {
        Self::unavailable("server is STARTING now, please try again later!")
    }

    /// Nacos has this operation, Seawall does not.
    pub(crate) fn not_offered(what: &str) -> Self {
        let message = format!("{what} is not offered by this server");
        Self::new(StatusCode::NOT_IMPLEMENTED, Code::Disabled, message)
    }

    /// The refusal as `generation` writes it. `path` is what was asked for.
    pub(crate) fn reply(&self, generation: Generation, path: &str) -> Reply {
        match (generation, self.status) {
            // Nacos refuses in a servlet filter here, so its clients know the
            // servlet's error page.
            (Generation::V1, StatusCode::FORBIDDEN) => Reply::json(&json!({
                "status": self.status.as_u16(),
                "error": "Forbidden",
                "message": self.message,
                "path": path,
            }))
            .with_status(self.status),
            (Generation::V1, status) => Reply::text(self.message.clone()).with_status(status),
            (Generation::V2 | Generation::V3, status) => Reply::json(&json!({
                "code": self.code.number(),
                "message": self.code.text(),
                "data": self.message,
            }))
            .with_status(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_refuses_in_its_own_words() {
        let fault = Fault::not_found("config data not exist");
        let first = fault.reply(Generation::V1, "/nacos/v1/cs/configs");
        assert_eq!(
            (first.status(), first.body()),
            (StatusCode::NOT_FOUND, "config data not exist")
        );
        let third = fault.reply(Generation::V3, "/nacos/v3/client/cs/config");
        assert_eq!(
            third.body(),
            r#"{"code":20004,"data":"config data not exist","message":"resource not found"}"#
        );
    }
}
