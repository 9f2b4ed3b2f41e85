//! The state of the naming part, as operators of Nacos ask for it.

use std::{net::SocketAddr, sync::Arc};

use seawall_registry::{ClientId, RegistryCounts};
use serde::Serialize;

use crate::http::{call::Call, fault::Fault, state::Http};

/// How much is asked for.
pub(crate) fn read_only_status(call: &mut Call) -> Result<bool, Fault> {
    Ok(call.params.flag("onlyStatus")?.unwrap_or(true))
}

/// Whether the node answers, and how much it holds if that was asked.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) up: bool,
    pub(crate) counts: Option<Counts>,
}

/// How much the registry holds.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) registry: RegistryCounts,
    pub(crate) connected: usize,
    pub(crate) heartbeat: usize,
    pub(crate) stored: usize,
}

/// The state of the naming part.
pub(crate) async fn metrics(http: Arc<Http>, only_status: bool) -> Result<Metrics, Fault> {
    let up = http.registry.ready();
    if only_status || !up {
        return Ok(Metrics { up, counts: None });
    }
    let clients = http.registry.clients();
    let of = |kind: fn(&ClientId) -> bool| clients.iter().filter(|id| kind(id)).count();
    let counts = Counts {
        registry: http.registry.counts(),
        connected: of(|id| matches!(id, ClientId::Connection { .. })),
        heartbeat: of(|id| matches!(id, ClientId::Heartbeat { .. })),
        stored: of(|id| matches!(id, ClientId::Stored { .. })),
    };
    Ok(Metrics { up, counts: Some(counts) })
}

/// How many services there are, and the port the request arrived at.
pub(crate) async fn greeting(http: Arc<Http>, local: SocketAddr) -> Result<(usize, u16), Fault> {
    Ok((http.registry.counts().services, local.port()))
}

/// The one node that is responsible for everybody.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Responsible {
    responsible_server: String,
}

/// A client by its address, and where the request arrived.
pub(crate) fn read_client(call: &mut Call) -> Result<SocketAddr, Fault> {
    call.params.required("ip")?;
    call.params.required_parsed::<u16>("port")?;
    Ok(call.local)
}

/// Which node is responsible for a client: this one.
pub(crate) async fn responsible(_: Arc<Http>, local: SocketAddr) -> Result<Responsible, Fault> {
    Ok(Responsible { responsible_server: local.to_string() })
}

/// What Nacos lets operators switch, as far as it says something about Seawall.
/// Here these are settings: they are shown, and changed in the configuration file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Switches {
    name: &'static str,
    default_push_cache_millis: u64,
    client_beat_interval: u64,
    default_cache_millis: u64,
    distro_threshold: f32,
    health_check_enabled: bool,
    distro_enabled: bool,
    enable_standalone: bool,
    push_enabled: bool,
    send_beat_only: bool,
    light_beat_enabled: bool,
    default_instance_ephemeral: bool,
    disable_add_ip: bool,
    enable_authentication: bool,
}

/// The switches.
pub(crate) async fn switches(http: Arc<Http>, (): ()) -> Result<Switches, Fault> {
    Ok(Switches {
        name: "00-00---000-NACOS_SWITCH_DOMAIN-000---00-00",
        default_push_cache_millis: 10_000,
        client_beat_interval: 5_000,
        default_cache_millis: 3_000,
        distro_threshold: 0.7,
        health_check_enabled: true,
        distro_enabled: false,
        enable_standalone: true,
        push_enabled: true,
        send_beat_only: false,
        light_beat_enabled: true,
        default_instance_ephemeral: true,
        disable_add_ip: false,
        enable_authentication: http.asks_login(),
    })
}
