//! JSON forms and codes that HTTP and gRPC share.

mod code;
mod instance;
mod labels;
mod service_info;
mod text;

pub(crate) use code::ErrorCode;
pub(crate) use instance::{InstanceFault, InstanceJson, InstanceView};
pub(crate) use labels::LabelsJson;
pub(crate) use service_info::{service_info_grouped, write_service_info};
pub(crate) use text::{Text, or_empty};
