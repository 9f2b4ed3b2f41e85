//! From settings to a serving node, and back down.

use std::{io::Write as _, time::Duration};

use anyhow::Context as _;
use seawall_net::{Drain, NetMetrics};
use tokio::signal::unix::{SignalKind, signal};

use super::{banner::Banner, doors::Doors, parts::Parts, telemetry};
use crate::{api, exit::Failure, settings::Settings, traffic};

/// For whom the node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For the person at this machine.
    Dev,
    /// For others.
    Server,
}

/// Runs a node until it is told to stop.
pub(crate) fn run(mode: Mode, settings: &Settings) -> Result<(), Failure> {
    telemetry::start(&settings.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    runtime.block_on(serve(mode, settings))
}

async fn serve(mode: Mode, settings: &Settings) -> Result<(), Failure> {
    let net_metrics = NetMetrics::default();
    let doors = Doors::bind(settings, &net_metrics)?;
    let (parts, first_login) = Parts::open(settings).await?;
    let (http, grpc) = (doors.http.local_addr(), doors.grpc.local_addr());
    let beside = api::router(&parts, settings, &net_metrics, doors.gate.clone());
    let front = parts.nacos.front(beside);
    let rules = traffic::follow(&parts.resources, parts.nacos.clone(), doors.gate.clone())
        .map_err(|error| Failure::Refused(error.to_string()))?;
    let drain = Drain::default();
    let serving = tokio::spawn({
        let drain = drain.clone();
        async move {
            tokio::join!(
                doors.http.serve(front.clone(), drain.clone()),
                doors.grpc.serve(front, drain)
            );
        }
    });

    let banner =
        Banner { mode, http, grpc, data: &settings.data, first_login: first_login.as_ref() };
    print(&banner.text())?;
    let locality = settings.node.locality();
    tracing::info!(region = %locality.region, zone = %locality.zone, node = %locality.node, %http, %grpc, "serving");

    wait_for_the_end().await?;
    tracing::info!("draining");
    // First: clients that are sent away now must not look to others as if they were gone.
    parts.registry.freeze();
    parts.nacos.drain().await;
    drain.begin();
    // The doors bound their own drain; this bounds a door that would not.
    let bound = Duration::from_millis(settings.doors.drain_ms) + Duration::from_secs(5);
    if tokio::time::timeout(bound, serving).await.is_err() {
        tracing::warn!("requests were cut off");
    }
    drop(rules);
    parts.close().await;
    Ok(())
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")?;
    Ok(())
}

async fn wait_for_the_end() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
