//! Services and instances, health, subscriptions.

mod checks;
mod client;
mod core;
mod error;
mod instance;
mod keys;
mod metrics;
mod names;
mod pattern;
mod push;
mod record;
mod registry;
mod service;
mod settings;
mod view;

pub use client::{ClientDetail, ClientId, ClientInfo, Generation, Publisher, Subscriber};
pub use error::{FuzzyWatchError, OpenError, RegisterError, WriteError};
pub use instance::{
    Instance, InstanceAddress, InstanceEdit, InstanceError, InstanceId, MetadataEdit, no_metadata,
};
pub use metrics::{PushStatistics, RegistryMetrics};
pub use names::{ClusterName, GroupName, NameError, ServiceKey, ServiceName};
pub use pattern::{NamePattern, PatternError, ServicePattern};
pub use push::{FuzzyChange, FuzzySync, Push, PushBody, PushId, PushSink};
pub use registry::Registry;
pub use service::{
    Beat, BeatOutcome, ClusterDefinition, GroupFilter, HealthChecker, InstanceCounts, PageRequest,
    RegistryCounts, Secret, ServiceDefinition, ServiceDetail, ServiceFilter, ServicePage,
    ServiceSummary, ServiceUpdate,
};
pub use settings::{CheckSettings, RegistrySettings};
pub use view::{Completeness, Query, ServiceView};
