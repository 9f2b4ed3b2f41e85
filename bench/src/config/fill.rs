//! Configurations, left behind for a restart, and the memory they take.

use std::time::Duration;

use super::item;
use crate::grpc::Crowd;
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;

const CLIENTS: u32 = 50;

/// For what is freed or compacted late.
const SETTLE: Duration = Duration::from_secs(3);

/// Bounds a server that hangs.
const AT_MOST: Duration = Duration::from_secs(300);

/// Publishes configurations of one kibibyte.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Fill {
    /// How many
    #[arg(long, default_value_t = 10_000)]
    configurations: u64,
}

impl Fill {
    /// Publishes them all; each must be acknowledged.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let mut measures = Measures::default();
        measures.add_mib("memory.idle_mib", watched.resident_bytes()?);
        let crowd = Crowd::calling(target.grpc(), CLIENTS).await?;
        let publish = move |index: u64| {
            let client = crowd.turn(index);
            let request = item::publish(index, 0);
            async move { client?.call("ConfigPublishRequest", request).await.map(drop) }
        };
        let outcome = pace::closed_loop(self.configurations, AT_MOST, watched, publish).await?;
        anyhow::ensure!(outcome.failed() == 0, "{} publishes failed", outcome.failed());
        tokio::time::sleep(SETTLE).await;
        let name = format!("memory.{}_configurations_mib", self.configurations);
        measures.add_mib(name, watched.resident_bytes()?);
        Ok(measures)
    }
}
