//! The listeners of a node.

use std::{net::SocketAddr, num::NonZeroUsize, sync::Arc};

use anyhow::Context as _;
use seawall_nacos::BODY_BYTES_MAX;
use seawall_net::{
    BindError, BodyBudget, ClientCertificates, ConnectionGate, ConnectionLimits, Door,
    DoorSettings, Http2Settings, NetMetrics, Reactors, TlsMode, TlsSettings,
};

use crate::{
    exit::Failure,
    settings::{DoorsSection, MutualChoice, Settings, TlsModeChoice, TlsSection},
};

/// The bound listeners. Whoever connects waits until they serve.
pub(super) struct Doors {
    pub(super) http: Door,
    pub(super) grpc: Door,
    pub(super) gate: ConnectionGate,
}

impl Doors {
    /// Binds every listener, before anything else is touched.
    pub(super) fn bind(settings: &Settings, metrics: &NetMetrics) -> Result<Self, Failure> {
        let door = door_settings(&settings.doors, &settings.tls);
        let bodies = BodyBudget::new(u64::from(settings.doors.reading_mib_max) << 20);
        let gate = ConnectionGate::new(limits(&settings.doors)).reading(bodies);
        let reactors = Reactors::start(threads(&settings.doors)).context("cannot start threads")?;
        let reactors = Arc::new(reactors);
        let bind = |port| {
            Door::bind(SocketAddr::new(settings.doors.bind, port), door.clone())
                .map(|door| door.behind(gate.clone()).counting(metrics.clone()))
                .map(|door| door.on(reactors.clone()))
                .map_err(|error: BindError| Failure::Refused(error.to_string()))
        };
        let http = bind(settings.doors.http_port)?;
        let grpc = bind(settings.doors.grpc_port)?;
        Ok(Self { http, grpc, gate })
    }
}

fn threads(doors: &DoorsSection) -> NonZeroUsize {
    let half = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get) / 2;
    let asked = NonZeroUsize::new(doors.threads).or_else(|| NonZeroUsize::new(half()));
    asked.unwrap_or(NonZeroUsize::MIN)
}

fn limits(doors: &DoorsSection) -> ConnectionLimits {
    ConnectionLimits { total: doors.connections_max, per_ip: doors.connections_per_ip_max }
}

fn door_settings(doors: &DoorsSection, tls: &TlsSection) -> DoorSettings {
    DoorSettings {
        tls: tls_settings(tls),
        header_read_timeout_ms: doors.header_timeout_ms,
        drain_timeout_ms: doors.drain_ms,
        // What each path takes, its own row says; the door lets the largest through.
        body_bytes_max: BODY_BYTES_MAX as u64,
        http2: Http2Settings {
            concurrent_streams_max: doors.streams_per_connection_max,
            ..Http2Settings::default()
        },
        ..DoorSettings::default()
    }
}

fn tls_settings(tls: &TlsSection) -> TlsSettings {
    TlsSettings {
        mode: match tls.mode {
            TlsModeChoice::Required => TlsMode::Required,
            TlsModeChoice::Optional if tls.certificate.is_some() => TlsMode::Optional,
            TlsModeChoice::Optional => TlsMode::Off,
        },
        certificates: tls.certificate.clone(),
        key: tls.key.clone(),
        client_ca: tls.client_ca.clone(),
        client_certificates: match tls.mutual {
            MutualChoice::Off => ClientCertificates::Off,
            MutualChoice::Request => ClientCertificates::Request,
            MutualChoice::Require => ClientCertificates::Require,
        },
        ..TlsSettings::default()
    }
}
