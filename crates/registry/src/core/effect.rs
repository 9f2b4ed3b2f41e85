//! What the core asks its shell to do.

use crate::{ClusterDefinition, HealthChecker, InstanceAddress, Push, ServiceKey};

/// Effects of one or more events, in order.
pub(crate) type Effects<S> = Vec<Effect<S>>;

/// One thing to do outside the core.
#[derive(Debug, Clone)]
pub(crate) enum Effect<S> {
    /// Give the client this message.
    Push {
        /// Where its pushes go.
        to: S,
        /// The message.
        push: Push,
    },
    /// The client answers nothing: have its connection closed.
    Stalled {
        /// Where its pushes went.
        to: S,
    },
    /// Change what is checked.
    Check(CheckChange),
    /// The service is no longer warming: let those go on who wait for it.
    Warmed(ServiceKey),
}

/// A change of what is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckChange {
    /// Service of the instance.
    pub(crate) service: ServiceKey,
    /// The instance.
    pub(crate) address: InstanceAddress,
    /// How to check it from now on; `None`: not at all.
    pub(crate) plan: Option<CheckPlan>,
}

/// How one instance is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckPlan {
    /// The kind of check.
    pub(crate) checker: HealthChecker,
    /// The port to connect to.
    pub(crate) port: u16,
    /// What is believed now.
    pub(crate) healthy: bool,
}

impl CheckPlan {
    /// How an instance on `port` of a cluster so declared is checked.
    pub(crate) fn of(
        cluster: Option<&ClusterDefinition>,
        port: u16,
        healthy: bool,
    ) -> Option<Self> {
        let checker = cluster.map(|cluster| cluster.checker.clone()).unwrap_or_default();
        if checker == HealthChecker::None {
            return None;
        }
        let port = cluster.and_then(|cluster| cluster.check_port).unwrap_or(port);
        Some(Self { checker, port, healthy })
    }
}
