//! What is declared of a service and its clusters.

use std::{collections::BTreeMap, time::Duration};

use seawall_topology::{Labels, Namespace, Selector};

use crate::{ClusterName, GroupName, ServiceKey};

/// What an operator declares of a service. Stored; outlives its instances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceDefinition {
    /// Labels of the service.
    pub metadata: Labels,
    /// When the healthy share of instances is at or below this, all are shown as
    /// healthy, so that the few are not overrun. 0 to 1.
    pub protect_threshold: f32,
    /// Only instances whose metadata it matches are shown.
    pub selector: Selector,
    /// Whether its instances are ephemeral; `None` until the first one registers.
    pub ephemeral: Option<bool>,
    /// What is declared of its clusters.
    pub clusters: BTreeMap<ClusterName, ClusterDefinition>,
}

/// What an operator declares of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterDefinition {
    /// How its stored instances are checked.
    pub checker: HealthChecker,
    /// Port that is checked; `None` for the instance's own.
    pub check_port: Option<u16>,
    /// Labels of the cluster.
    pub metadata: Labels,
}

/// How stored instances are checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HealthChecker {
    /// Not at all: they stay as registered or set.
    None,
    /// The port accepts a connection.
    #[default]
    Tcp,
    /// A GET is answered with the expected status.
    Http {
        /// Path and query.
        path: String,
        /// Headers to send.
        headers: BTreeMap<String, String>,
        /// Status that means healthy.
        expected_status: u16,
    },
    /// A log-in succeeds and a query is answered.
    Mysql {
        /// User name.
        user: String,
        /// Password; never logged.
        password: Secret,
        /// The statement to run.
        statement: String,
    },
}

/// A text that is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What changes of a service; `None` leaves a part as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceUpdate {
    /// New labels, all of them.
    pub metadata: Option<Labels>,
    /// New protect threshold, 0 to 1.
    pub protect_threshold: Option<f32>,
    /// New selector.
    pub selector: Option<Selector>,
}

/// A service as operators see it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDetail {
    /// Which service.
    pub key: ServiceKey,
    /// What is declared of it.
    pub definition: ServiceDefinition,
    /// Instances and their health, by cluster.
    pub clusters: BTreeMap<ClusterName, InstanceCounts>,
    /// Clients that subscribe.
    pub subscribers: usize,
}

/// How many instances there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstanceCounts {
    /// All of them.
    pub total: usize,
    /// Those that are healthy.
    pub healthy: usize,
}

/// Which services to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Of which namespace.
    pub namespace: Namespace,
    /// Which groups.
    pub group: GroupFilter,
    /// Only names that contain this text, letter case ignored; empty for all.
    pub name_contains: String,
    /// Only services that have instances.
    pub with_instances: bool,
    /// Only services whose metadata this selector matches.
    pub selector: Selector,
}

/// Which groups to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GroupFilter {
    /// Every group.
    #[default]
    Any,
    /// One group.
    Is(GroupName),
    /// Groups that contain this text, letter case ignored.
    Contains(String),
}

/// Part of a list. The first page has number 1; number 0 is taken as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Which page.
    pub number: usize,
    /// Entries a page; at most [`PageRequest::SIZE_MAX`] are given.
    pub size: usize,
}

impl PageRequest {
    /// Most entries one page has.
    pub const SIZE_MAX: usize = 10_000;

    pub(crate) fn skip(self) -> usize {
        self.number.saturating_sub(1).saturating_mul(self.take())
    }

    pub(crate) fn take(self) -> usize {
        self.size.min(Self::SIZE_MAX)
    }
}

/// One page of services, by group and name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServicePage {
    /// How many services match, on all pages.
    pub total: usize,
    /// Those of this page.
    pub services: Vec<ServiceSummary>,
}

/// A line of the service list.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSummary {
    /// Which service.
    pub key: ServiceKey,
    /// Its clusters that have instances.
    pub clusters: usize,
    /// Its instances.
    pub instances: InstanceCounts,
    /// Whether its protect threshold is reached.
    pub reached_protection: bool,
}

/// How much the registry holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegistryCounts {
    /// Services that have instances or a definition.
    pub services: usize,
    /// Instances.
    pub instances: usize,
    /// Clients with a connection.
    pub clients: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Pushes sent and not yet acknowledged.
    pub pushes_in_flight: usize,
}

/// Sign of life of a heartbeat instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// Whose.
    pub address: crate::InstanceAddress,
    /// The instance itself, when the client sent it: registered if it is unknown.
    pub instance: Option<crate::Instance>,
}

/// What a beat met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeatOutcome {
    /// The instance is known (or was just registered from the beat).
    Known {
        /// How often the client should send beats.
        interval: Duration,
    },
    /// The instance is not known: the client must register it again.
    Unknown,
}
