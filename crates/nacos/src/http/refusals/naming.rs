//! What the registry refuses.

use http::StatusCode;
use seawall_registry::{InstanceError, RegisterError, ServiceKey, WriteError};

use crate::http::{code::Code, fault::Fault};

fn bad(code: Code, message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, code, message)
}

impl From<InstanceError> for Fault {
    fn from(error: InstanceError) -> Self {
        let code = match error {
            InstanceError::Metadata { .. } => Code::InstanceMetadata,
            InstanceError::Weight => Code::Weight,
            InstanceError::Ip { .. } | InstanceError::Id { .. } => Code::Instance,
        };
        bad(code, error.to_string())
    }
}

/// Nacos's sentence about a service of the other kind (trap T12).
fn other_kind(service: &ServiceKey, ephemeral: bool) -> Fault {
    let (is, cannot) =
        if ephemeral { ("ephemeral", "persistent") } else { ("persistent", "ephemeral") };
    let name = service.grouped_name();
    bad(
        Code::Instance,
        format!("Current service {name} is {is} service, can't register {cannot} instance."),
    )
}

impl From<RegisterError> for Fault {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Kind { service, ephemeral } => other_kind(&service, ephemeral),
            RegisterError::Instance(error) => error.into(),
            // A heartbeat client need not be connected, so this is a bug of ours.
            RegisterError::NotConnected { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Server, error.to_string())
            }
            RegisterError::Limit { .. } => Self::unavailable(error.to_string()),
        }
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        let message = error.to_string();
        match error {
            WriteError::NoService { service } => {
                bad(Code::ServiceNotFound, format!("service {} not found!", service.grouped_name()))
            }
            WriteError::NoInstance { .. } => {
                Self::new(StatusCode::NOT_FOUND, Code::ResourceNotFound, "no matched ip found!")
            }
            WriteError::Exists { service } => bad(
                Code::ServiceExists,
                format!("specified service {} already exists!", service.grouped_name()),
            ),
            WriteError::NotEmpty { service, .. } => bad(
                Code::ServiceNotEmpty,
                format!(
                    "Service {} is not empty, can't be delete. Please unregister instance first",
                    service.grouped_name()
                ),
            ),
            WriteError::Threshold { .. } => bad(Code::ParameterInvalid, message),
            WriteError::Checked { service } => bad(
                Code::HealthCheckRunning,
                format!("health check is still working, service: {}", service.grouped_name()),
            ),
            WriteError::Refused(error) => error.into(),
            WriteError::Conflict { .. } => {
                Self::new(StatusCode::CONFLICT, Code::ResourceConflict, message)
            }
            WriteError::Store(_) | WriteError::Unavailable(_) => Self::unavailable(message),
            WriteError::Record(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::DataAccess, message)
            }
        }
    }
}
