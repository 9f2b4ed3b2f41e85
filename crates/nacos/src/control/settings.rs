//! What can be set about limits.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ConnectionRule, Point, TpsRule};

/// Limits in force from the start; [`Control`](crate::Control) changes them later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlSettings {
    /// Limits by operation, for example
    /// `tps.ConfigPublish = { max_count = 100, monitor = "intercept" }`. Default none.
    pub tps: BTreeMap<Point, TpsRule>,
    /// Bounds on gRPC connections.
    pub connections: ConnectionRule,
}
