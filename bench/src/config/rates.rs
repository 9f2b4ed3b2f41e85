//! Publish and get: at a fixed pace, and as fast as it goes.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use super::item;
use crate::grpc::{Client, Crowd};
use crate::http::Pool;
use crate::measure::Measures;
use crate::pace::{self, Outcome};
use crate::target::Target;

const CLIENTS: u32 = 50;
const HTTP_CONNECTIONS: usize = 64;
const CONFIGURATIONS: u64 = 2_000;

/// Operations a second in the open loop.
const WRITES_PER_S: u64 = 300;
const READS_PER_S: u64 = 4_000;

/// More operations than a closed loop can reach in its time.
const PLENTY: u64 = 10_000_000;

/// Rates, processor time and latencies of configuration.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Rates {
    /// Seconds of each open loop; each closed loop takes half of it
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    content: std::borrow::Cow<'a, str>,
}

impl Rates {
    /// Publishes over gRPC, reads over gRPC and HTTP v1.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let crowd = Crowd::calling(target.grpc(), CLIENTS).await?;
        let pool = Pool::new(target.http(), HTTP_CONNECTIONS);
        let peak_for = Duration::from_secs(self.seconds) / 2;
        let reads = READS_PER_S * self.seconds;
        let mut measures = Measures::default();

        fill(&crowd, watched).await?;
        let outcome =
            pace::open_loop(WRITES_PER_S, WRITES_PER_S * self.seconds, watched, publish(&crowd, 1))
                .await?;
        measures.add_paced("publish.grpc", &outcome);
        let outcome =
            pace::closed_loop(PLENTY, peak_for, watched, publish(&crowd, 1_000_000)).await?;
        measures.add_peak("publish.grpc", &outcome);

        let outcome = pace::open_loop(READS_PER_S, reads, watched, get(&crowd)).await?;
        measures.add_paced("get.grpc", &outcome);
        let outcome = pace::closed_loop(PLENTY, peak_for, watched, get(&crowd)).await?;
        measures.add_peak("get.grpc", &outcome);

        let outcome = pace::open_loop(READS_PER_S, reads, watched, get_http(&pool)).await?;
        measures.add_paced("get.http", &outcome);
        let outcome = pace::closed_loop(PLENTY, peak_for, watched, get_http(&pool)).await?;
        measures.add_peak("get.http", &outcome);
        Ok(measures)
    }
}

type Boxed = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

fn publish(
    crowd: &Crowd<Client>,
    first_version: u64,
) -> impl Fn(u64) -> Boxed + Send + Sync + 'static {
    let crowd = crowd.clone();
    move |index| {
        let client = crowd.turn(index);
        let request = item::publish(index % CONFIGURATIONS, first_version + index);
        Box::pin(async move { client?.call("ConfigPublishRequest", request).await.map(drop) })
    }
}

fn get(crowd: &Crowd<Client>) -> impl Fn(u64) -> Boxed + Send + Sync + 'static {
    let crowd = crowd.clone();
    move |index| {
        let client = crowd.turn(index);
        let request = item::query(index % CONFIGURATIONS);
        Box::pin(async move {
            let json = client?.call("ConfigQueryRequest", request).await?;
            let answer: Answer<'_> = serde_json::from_slice(&json).context("reading a get")?;
            whole(answer.content.len())
        })
    }
}

fn get_http(pool: &Pool) -> impl Fn(u64) -> Boxed + Send + Sync + 'static {
    let pool = pool.clone();
    move |index| {
        let pool = pool.clone();
        let path = item::get_path(index % CONFIGURATIONS);
        Box::pin(async move {
            let body: Bytes = pool.send(Method::GET, path).await?;
            whole(body.len())
        })
    }
}

async fn fill(crowd: &Crowd<Client>, watched: crate::watched::Watched) -> anyhow::Result<Outcome> {
    let at_most = Duration::from_secs(120);
    let outcome = pace::closed_loop(CONFIGURATIONS, at_most, watched, publish(crowd, 0)).await?;
    ensure!(outcome.failed() == 0, "{} publishes failed", outcome.failed());
    Ok(outcome)
}

/// A configuration that came back short has not been read.
fn whole(bytes: usize) -> anyhow::Result<()> {
    ensure!(bytes >= 1_024, "a configuration of {bytes} bytes");
    Ok(())
}
