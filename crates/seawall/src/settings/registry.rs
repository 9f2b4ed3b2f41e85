//! `[registry]`: services and instances.

use confique::Config;
use seawall_registry::{CheckSettings, RegistrySettings};

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct RegistrySection {
    /// How long the first change of a quiet service is held back for others that come
    /// with it, in milliseconds: how soon subscribers learn of a lone change.
    #[config(env = "SEAWALL_REGISTRY_PUSH_FIRST_MS", default = 5)]
    #[config(layer_attr(arg(
        id = "setting-push-first-ms",
        long = "push-first-ms",
        value_name = "MS"
    )))]
    pub(crate) push_first_ms: u64,

    /// Shortest time between two pushes of a service, in milliseconds, in which
    /// changes are collected. Longer: fewer pushes; shorter: sooner known.
    #[config(env = "SEAWALL_REGISTRY_PUSH_DELAY_MS", default = 500)]
    #[config(layer_attr(arg(
        id = "setting-push-delay-ms",
        long = "push-delay-ms",
        value_name = "MS"
    )))]
    pub(crate) push_delay_ms: u64,

    /// How long after a start subscribers are not told of services whose instances have not
    /// all come back, in milliseconds. 0 turns the protection off.
    #[config(env = "SEAWALL_REGISTRY_RESTART_GRACE_MS", default = 30_000)]
    #[config(layer_attr(arg(
        id = "setting-restart-grace-ms",
        long = "restart-grace-ms",
        value_name = "MS"
    )))]
    pub(crate) restart_grace_ms: u64,

    /// Silence after which a heartbeat instance is unhealthy, in milliseconds.
    #[config(env = "SEAWALL_REGISTRY_BEAT_TIMEOUT_MS", default = 15_000)]
    #[config(layer_attr(arg(
        id = "setting-beat-timeout-ms",
        long = "beat-timeout-ms",
        value_name = "MS"
    )))]
    pub(crate) beat_timeout_ms: u64,

    /// Silence after which a heartbeat instance is removed, in milliseconds.
    #[config(env = "SEAWALL_REGISTRY_BEAT_DELETE_MS", default = 30_000)]
    #[config(layer_attr(arg(
        id = "setting-beat-delete-ms",
        long = "beat-delete-ms",
        value_name = "MS"
    )))]
    pub(crate) beat_delete_ms: u64,

    /// How long a service that lost its last instance is kept, in milliseconds.
    #[config(env = "SEAWALL_REGISTRY_EMPTY_SERVICE_MS", default = 60_000)]
    #[config(layer_attr(arg(
        id = "setting-empty-service-ms",
        long = "empty-service-ms",
        value_name = "MS"
    )))]
    pub(crate) empty_service_ms: u64,

    /// Whether persistent instances are checked over TCP, HTTP or MySQL.
    #[config(env = "SEAWALL_REGISTRY_CHECKS", default = true)]
    #[config(layer_attr(arg(id = "setting-checks", long = "checks", value_name = "BOOL")))]
    pub(crate) checks: bool,

    /// Most instances this node holds.
    #[config(env = "SEAWALL_REGISTRY_INSTANCES_MAX", default = 2_000_000)]
    #[config(layer_attr(arg(
        id = "setting-instances-max",
        long = "instances-max",
        value_name = "COUNT"
    )))]
    pub(crate) instances_max: usize,

    /// Most services this node holds, those that are only subscribed to included.
    #[config(env = "SEAWALL_REGISTRY_SERVICES_MAX", default = 500_000)]
    #[config(layer_attr(arg(
        id = "setting-services-max",
        long = "services-max",
        value_name = "COUNT"
    )))]
    pub(crate) services_max: usize,

    /// Most services one client subscribes to.
    #[config(env = "SEAWALL_REGISTRY_SUBSCRIPTIONS_PER_CLIENT_MAX", default = 50_000)]
    #[config(layer_attr(arg(
        id = "setting-subscriptions-per-client-max",
        long = "subscriptions-per-client-max",
        value_name = "COUNT"
    )))]
    pub(crate) subscriptions_per_client_max: usize,

    /// Most bytes of keys and values one instance's metadata may have.
    #[config(env = "SEAWALL_REGISTRY_METADATA_BYTES_MAX", default = 1_024)]
    #[config(layer_attr(arg(
        id = "setting-metadata-bytes-max",
        long = "metadata-bytes-max",
        value_name = "BYTES"
    )))]
    pub(crate) metadata_bytes_max: usize,

    /// How long after a start on a store that has data the node answers "starting", in
    /// milliseconds, counted from when that data is loaded.
    #[config(env = "SEAWALL_REGISTRY_WARM_UP_MS", default = 0)]
    #[config(layer_attr(arg(id = "setting-warm-up-ms", long = "warm-up-ms", value_name = "MS")))]
    pub(crate) warm_up_ms: u64,

    /// Most patterns of fuzzy watches of services of one client.
    #[config(env = "SEAWALL_REGISTRY_FUZZY_PATTERNS_MAX", default = 20)]
    #[config(layer_attr(arg(
        id = "setting-registry-fuzzy-patterns-max",
        long = "registry-fuzzy-patterns-max",
        value_name = "COUNT"
    )))]
    pub(crate) fuzzy_patterns_max: usize,

    /// Most services one pattern of a fuzzy watch may name.
    #[config(env = "SEAWALL_REGISTRY_FUZZY_MATCHES_MAX", default = 500)]
    #[config(layer_attr(arg(
        id = "setting-registry-fuzzy-matches-max",
        long = "registry-fuzzy-matches-max",
        value_name = "COUNT"
    )))]
    pub(crate) fuzzy_matches_max: usize,
}

impl RegistrySection {
    pub(crate) fn registry(&self) -> RegistrySettings {
        RegistrySettings {
            push_first_ms: self.push_first_ms,
            push_delay_ms: self.push_delay_ms,
            restart_grace_ms: self.restart_grace_ms,
            beat_timeout_ms: self.beat_timeout_ms,
            beat_delete_ms: self.beat_delete_ms,
            empty_service_ms: self.empty_service_ms,
            instances_max: self.instances_max,
            services_max: self.services_max,
            subscriptions_per_client_max: self.subscriptions_per_client_max,
            metadata_bytes_max: self.metadata_bytes_max,
            warm_up_ms: self.warm_up_ms,
            fuzzy_patterns_max: self.fuzzy_patterns_max,
            fuzzy_matches_max: self.fuzzy_matches_max,
            checks: CheckSettings { enabled: self.checks, ..CheckSettings::default() },
            ..RegistrySettings::default()
        }
    }
}
