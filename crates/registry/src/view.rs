//! What subscribers see of a service.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use compact_str::CompactString;

use crate::{ClusterName, Instance, ServiceKey};

/// Which part of a service is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// Only instances of these clusters; empty for all.
    pub clusters: Vec<ClusterName>,
    /// Only healthy instances (unless the protect threshold is reached, when all
    /// are shown as healthy).
    pub healthy_only: bool,
}

impl Query {
    /// Everything subscribers may see.
    pub fn all() -> Self {
        Self::default()
    }

    /// The part of `clusters`, healthy or not, as subscribers see it.
    pub fn of_clusters(clusters: Vec<ClusterName>) -> Self {
        Self { clusters, healthy_only: false }
    }
}

/// Whether the instances of a view may be believed to be all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// The node knows the service.
    Complete,
    /// Nobody has registered or defined the service, before or since the start.
    Unknown,
    /// The service had instances before a restart that may not have come back yet.
    /// Do not let a client replace its own list by this one: answer "starting".
    Warming,
}

/// A service as seen at one moment by one query. Immutable and shared: the same
/// query sees the same view until the service changes.
#[derive(Debug)]
pub struct ServiceView {
    /// Which service.
    pub service: ServiceKey,
    /// The clusters asked for, comma-separated, in the order asked; empty for all.
    pub clusters: String,
    /// The instances, by address.
    pub instances: Vec<Arc<Instance>>,
    /// Milliseconds since the epoch; grows strictly with every change of the
    /// service, also across restarts and when the wall clock goes back.
    pub last_ref_time: u64,
    /// Differs when the instances differ: 16 hex digits.
    pub checksum: CompactString,
    /// So few instances are healthy that all are shown as healthy.
    pub reached_protection: bool,
    /// Whether these are all the instances.
    pub completeness: Completeness,
    /// Where a wire may keep its encoded form of this view.
    pub encoded: OnceLock<Bytes>,
    /// Where a wire may keep what all pushes of this view have in common before it.
    pub push_start: OnceLock<Box<str>>,
}

impl ServiceView {
    /// Whether the list must not be taken as all there is; see
    /// [`Completeness::Warming`].
    pub fn is_warming(&self) -> bool {
        self.completeness == Completeness::Warming
    }
}
