//! Services and instances, health, subscriptions.
//!
//! Ephemeral instances belong to a client (a connection, or an address that sends
//! heartbeats) and go with it; persistent ones are in the store and are checked.
//! Whoever subscribes to a service is told of its changes, collected over half a
//! second; whoever queries gets a shared, immutable [`ServiceView`]. What is decided
//! is decided in a plain state machine, the private module `core`; [`Registry`] adds
//! the lock, the store and the clock.
//!
//! ```
//! use std::sync::Arc;
//! use seawall_clock::SystemClock;
//! use seawall_registry::{ClientId, Instance, Query, Registry, RegistrySettings, ServiceKey};
//! use seawall_store::MemoryStore;
//! use seawall_topology::Namespace;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let clock = Arc::new(SystemClock::new());
//! let store = MemoryStore::new(clock.clone());
//! let registry = Registry::open(store, clock, RegistrySettings::default()).await.unwrap();
//!
//! let orders = ServiceKey::parse(Namespace::public(), "shop", "orders").unwrap();
//! let client = ClientId::heartbeat("10.0.0.7", 8080);
//! registry.register(&client, orders.clone(), Instance::new("10.0.0.7", 8080)).unwrap();
//!
//! let view = registry.query(&orders, &Query::all());
//! assert_eq!(view.instances[0].id_in(&orders), "10.0.0.7#8080#DEFAULT#shop@@orders");
//! # registry.close().await;
//! # });
//! ```

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
pub use metrics::{CheckCounts, PushCost, PushStatistics, RegistryMetrics};
pub use names::{ClusterName, GroupName, NameError, ServiceKey, ServiceName};
pub use pattern::{NamePattern, PatternError, ServicePattern};
pub use push::{EncodedPush, FuzzyChange, FuzzySync, Push, PushBody, PushId, PushSink};
pub use registry::Registry;
pub use service::{
    Beat, BeatOutcome, ClusterDefinition, GroupFilter, HealthChecker, InstanceCounts, PageRequest,
    RegistryCounts, Secret, ServiceDefinition, ServiceDetail, ServiceFilter, ServicePage,
    ServiceSummary, ServiceUpdate,
};
pub use settings::{CheckSettings, RegistrySettings};
pub use view::{Completeness, Query, ServiceView};
