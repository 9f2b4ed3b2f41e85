//! The Nacos wire: HTTP v1, v2, v3 and gRPC over registry, config and identity.
//!
//! [`Nacos`] gives one service that answers both, so that one port is enough. It translates and holds connections; what is registered, configured and
//! allowed lives in the crates below.

mod access;
mod client_metrics;
mod control;
mod front;
#[cfg(fuzzing)]
pub mod fuzzing;
mod grpc;
mod http;
mod instance_id;
mod metrics;
mod nacos;
mod settings;
mod wire;

pub use control::{
    ConnectionRule, Control, ControlSettings, MonitorMode, Period, Point, TpsRule, UnknownPoint,
};
pub use front::Front;
pub use http::{BODY_BYTES_MAX, HttpSettings};
pub use metrics::NacosMetrics;
pub use nacos::{Nacos, Parts};
pub use settings::{GrpcSettings, NacosSettings};
