//! Persistent instances, left behind for a restart.

use std::time::Duration;

use http::Method;

use super::fleet::{self, Member};
use crate::http::Pool;
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;

const HTTP_CONNECTIONS: usize = 64;

/// For a server that answers before it has stored.
const SETTLE: Duration = Duration::from_secs(3);

/// Bounds a server that hangs.
const AT_MOST: Duration = Duration::from_secs(300);

/// Registers persistent instances over HTTP v1.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Fill {
    /// How many
    #[arg(long, default_value_t = 10_000)]
    instances: u64,
}

impl Fill {
    /// Registers them all; each must be acknowledged.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let pool = Pool::new(target.http(), HTTP_CONNECTIONS);
        let register = move |index: u64| {
            let pool = pool.clone();
            let form = fleet::register_form(Member::nth(index), 0, false);
            let path = "/nacos/v1/ns/instance".to_owned();
            async move { pool.send_form(Method::POST, path, form).await.map(drop) }
        };
        let outcome = pace::closed_loop(self.instances, AT_MOST, watched, register).await?;
        anyhow::ensure!(outcome.failed() == 0, "{} registrations failed", outcome.failed());
        tokio::time::sleep(SETTLE).await;
        let mut measures = Measures::default();
        measures.add_peak("register_persistent.http", &outcome);
        Ok(measures)
    }
}
