//! `[registry]`: services and instances.

use confique::Config;
use seawall_registry::{CheckSettings, RegistrySettings};

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct RegistrySection {
    /// How long the first change of a quiet service is held back for others that come
    /// with it, in milliseconds: how soon subscribers learn of a lone change.
    #[config(env = "SEAWALL_REGISTRY_PUSH_FIRST_MS", default = 20)]
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
            checks: CheckSettings { enabled: self.checks, ..CheckSettings::default() },
            ..RegistrySettings::default()
        }
    }
}
