//! The wire as the binary sees it.

use std::sync::Arc;

use axum::Router;
use seawall_clock::Clock;
use seawall_config::ConfigService;
use seawall_identity::Identity;
use seawall_registry::Registry;
use seawall_resource::Namespaces;
use tokio::runtime::Handle;

use crate::{
    Control, Front, NacosMetrics, NacosSettings,
    access::Access,
    grpc::{self, connection::ConnectionTable},
    instance_id::Snowflakes,
};

/// What the wire stands on.
pub struct Parts {
    /// Services and instances.
    pub registry: Arc<Registry>,
    /// Configuration items.
    pub configs: Arc<ConfigService>,
    /// Users and rights.
    pub identity: Arc<Identity>,
    /// Namespaces.
    pub namespaces: Arc<Namespaces>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What can be set.
    pub settings: NacosSettings,
}

/// The Nacos doors of a node: shared by every request.
pub struct Nacos {
    pub(crate) registry: Arc<Registry>,
    pub(crate) configs: Arc<ConfigService>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) namespaces: Arc<Namespaces>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: NacosSettings,
    pub(crate) access: Access,
    pub(crate) control: Control,
    pub(crate) metrics: NacosMetrics,
    pub(crate) connections: Arc<ConnectionTable>,
    /// The threads that all work shares, for what takes longer than a thread that serves
    /// connections has.
    pub(crate) shared: Handle,
    pub(crate) snowflakes: Snowflakes,
}

impl Nacos {
    /// Puts the wire together and starts to watch over connections. Must be called
    /// inside the tokio runtime that all work shares; the watching ends when the last
    /// reference is dropped.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { registry, configs, identity, namespaces, clock, settings } = parts;
        let connections = ConnectionTable::new(
            Arc::clone(&registry),
            Arc::clone(&configs),
            Arc::clone(&clock),
            settings.grpc.clone(),
        );
        let nacos = Arc::new(Self {
            access: Access::new(Arc::clone(&identity)),
            control: Control::new(&settings.control),
            metrics: NacosMetrics::default(),
            connections,
            shared: Handle::current(),
            snowflakes: Snowflakes::default(),
            registry,
            configs,
            identity,
            namespaces,
            clock,
            settings,
        });
        grpc::connection::watch(&nacos.connections);
        nacos
    }

    /// Everything clients ask for: HTTP under `/nacos`, gRPC under its own two paths;
    /// and `others`, whose paths must differ from those.
    pub fn front(self: &Arc<Self>, others: Router) -> Front {
        Front::new(Arc::clone(self), others)
    }

    /// Asks all gRPC clients, one after the other over
    /// [`GrpcSettings::drain_spread_ms`](crate::GrpcSettings), to go to another
    /// server, waits for them to leave, at most
    /// [`GrpcSettings::drain_wait_ms`](crate::GrpcSettings), and ends the streams of
    /// those who stay. From its beginning no new client is taken. Comes before the drain
    /// of the doors, which would wait for the streams in vain.
    pub async fn drain(&self) {
        self.connections.drain().await;
    }

    /// Limits that can be changed while the node runs.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Makes the metrics visible in `registry`, under Nacos's own names.
    pub fn register_metrics(
        self: &Arc<Self>,
        registry: &mut prometheus_client::registry::Registry,
    ) {
        self.metrics.register(registry);
        crate::metrics::collector::register(self, registry);
    }

    /// Whether clients are answered; until then they are told to wait (code 300).
    pub fn ready(&self) -> bool {
        self.registry.ready() && self.configs.ready() && !self.connections.draining()
    }
}
