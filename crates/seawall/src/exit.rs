//! How a command ends: one line for people, one code for scripts.

use std::process::ExitCode;

/// Why a command failed, by the code it exits with. The codes are documented in
/// the program's `--help` and never change their meaning.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The work itself failed.
    #[error("{0}")]
    Failed(String),
    /// The command, the settings or the data directory were refused.
    #[error("{0}")]
    Refused(String),
    /// The server did not answer.
    #[error("{0}")]
    Unreachable(String),
    /// The login or the right is missing.
    #[error("{0}")]
    Unauthorised(String),
    /// Some of the work was done and some failed.
    #[error("{0}")]
    Partial(String),
}

impl Failure {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Refused(_) => 2,
            Self::Unreachable(_) => 3,
            Self::Unauthorised(_) => 4,
            Self::Partial(_) => 5,
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

impl From<crate::settings::LoadError> for Failure {
    fn from(error: crate::settings::LoadError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Prints why a command failed, in one line, and gives its exit code.
pub(crate) fn finish(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("seawall: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
