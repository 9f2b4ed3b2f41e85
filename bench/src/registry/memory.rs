//! Resident memory of the server with so many instances registered.

use std::time::Duration;

use super::fleet::{self, Member};
use crate::grpc::Crowd;
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;

const CLIENTS: u32 = 100;

/// For what is freed or compacted late.
const SETTLE: Duration = Duration::from_secs(3);

/// A registration takes well under a millisecond; this bounds a server that hangs.
const AT_MOST: Duration = Duration::from_secs(180);

/// Resident memory when idle and at each number of instances.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Memory {
    /// Numbers of instances at which to measure, growing
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    instances: Vec<u64>,
}

impl Memory {
    /// Registers over 100 connections, ten instances a service.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let mut measures = Measures::default();
        measures.add_mib("memory.idle_mib", watched.resident_bytes()?);
        let crowd = Crowd::calling(target.grpc(), CLIENTS).await?;
        let mut registered = 0;
        for instances in self.instances {
            let (clients, first) = (crowd.clone(), registered);
            let register = move |index: u64| {
                let number = first + index;
                let client = clients.turn(number);
                let request = fleet::register(Member::nth(number), 0);
                async move { client?.call("InstanceRequest", request).await.map(drop) }
            };
            let more = instances.saturating_sub(registered);
            let outcome = pace::closed_loop(more, AT_MOST, watched, register).await?;
            anyhow::ensure!(outcome.failed() == 0, "{} registrations failed", outcome.failed());
            registered = instances;
            tokio::time::sleep(SETTLE).await;
            let name = format!("memory.{instances}_instances_mib");
            measures.add_mib(name, watched.resident_bytes()?);
        }
        Ok(measures)
    }
}
