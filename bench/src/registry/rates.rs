//! Register, query, beat, deregister: at a fixed pace, and as fast as it goes.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use super::fleet::{self, INSTANCES_PER_SERVICE, Member};
use crate::grpc::{Client, Crowd};
use crate::http::Pool;
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;
use crate::watched::Watched;

const CLIENTS: u32 = 100;
const HTTP_CONNECTIONS: usize = 64;

/// Operations a second in the open loop.
const WRITES_PER_S: u64 = 2_000;
const READS_PER_S: u64 = 4_000;

/// More operations than a closed loop can reach in its time.
const PLENTY: u64 = 10_000_000;

/// Rates, processor time and latencies of the registry.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Rates {
    /// Seconds of each open loop; each closed loop takes half of it
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// One run's fixed facts.
struct Run {
    seconds: u64,
    watched: Watched,
    measures: Measures,
}

#[derive(Deserialize)]
struct Beaten {
    code: u32,
}

#[derive(Deserialize)]
struct Queried {
    #[serde(rename = "serviceInfo")]
    service: Listed,
}

#[derive(Deserialize)]
struct Listed {
    hosts: Vec<serde::de::IgnoredAny>,
}

impl Rates {
    /// Runs over gRPC, then over HTTP v1.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let mut run = Run { seconds: self.seconds, watched, measures: Measures::default() };
        run.grpc(&Crowd::calling(target.grpc(), CLIENTS).await?).await?;
        run.http(&Pool::new(target.http(), HTTP_CONNECTIONS)).await?;
        Ok(run.measures)
    }
}

impl Run {
    const fn members(&self) -> u64 {
        WRITES_PER_S * self.seconds
    }

    const fn services(&self) -> u64 {
        self.members() / INSTANCES_PER_SERVICE
    }

    async fn grpc(&mut self, crowd: &Crowd<Client>) -> anyhow::Result<()> {
        let (members, services) = (self.members(), self.services());
        let clients = crowd.clone();
        let register = move |index: u64| {
            let client = clients.turn(index % members);
            let request = fleet::register(Member::nth(index % members), index / members);
            async move { client?.call("InstanceRequest", request).await.map(drop) }
        };
        self.open("register.grpc", WRITES_PER_S, register.clone()).await?;
        // From the second round on, so that every registration changes something.
        self.peak("register.grpc", move |index| register(index + members)).await?;

        let clients = crowd.clone();
        let query = move |index: u64| {
            let client = clients.turn(index);
            let request = fleet::query(index % services);
            async move { full_service(&client?.call("ServiceQueryRequest", request).await?) }
        };
        self.open("query.grpc", READS_PER_S, query.clone()).await?;
        self.peak("query.grpc", query).await?;

        let clients = crowd.clone();
        let deregister = move |index: u64| {
            let client = clients.turn(index);
            let request = fleet::deregister(Member::nth(index));
            async move { client?.call("InstanceRequest", request).await.map(drop) }
        };
        self.open("deregister.grpc", WRITES_PER_S, deregister).await
    }

    async fn http(&mut self, pool: &Pool) -> anyhow::Result<()> {
        let (members, services) = (self.members(), self.services());
        let connections = pool.clone();
        let register = move |index: u64| {
            let pool = connections.clone();
            let form = fleet::register_form(Member::nth(index % members), index / members, true);
            let path = "/nacos/v1/ns/instance".to_owned();
            async move { pool.send_form(Method::POST, path, form).await.map(drop) }
        };
        self.open("register.http", WRITES_PER_S, register.clone()).await?;
        self.peak("register.http", move |index| register(index + members)).await?;

        let connections = pool.clone();
        let beat = move |index: u64| {
            let pool = connections.clone();
            let path = fleet::beat_path(Member::nth(index % members));
            async move { known(&pool.send(Method::PUT, path).await?) }
        };
        self.open("beat.http", READS_PER_S, beat.clone()).await?;
        self.peak("beat.http", beat).await?;

        let connections = pool.clone();
        let query = move |index: u64| {
            let pool = connections.clone();
            let path = fleet::list_path(index % services);
            async move { full_list(&pool.send(Method::GET, path).await?) }
        };
        self.open("query.http", READS_PER_S, query.clone()).await?;
        self.peak("query.http", query).await
    }

    async fn open<Op, Answer>(&mut self, name: &str, rate: u64, op: Op) -> anyhow::Result<()>
    where
        Op: Fn(u64) -> Answer,
        Answer: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let outcome = pace::open_loop(rate, rate * self.seconds, self.watched, op).await?;
        self.measures.add_paced(name, &outcome);
        Ok(())
    }

    async fn peak<Op, Answer>(&mut self, name: &str, op: Op) -> anyhow::Result<()>
    where
        Op: Fn(u64) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let at_most = Duration::from_secs(self.seconds) / 2;
        let outcome = pace::closed_loop(PLENTY, at_most, self.watched, op).await?;
        self.measures.add_peak(name, &outcome);
        Ok(())
    }
}

/// A query that misses instances has not been answered.
fn full_service(json: &Bytes) -> anyhow::Result<()> {
    let queried: Queried = serde_json::from_slice(json).context("reading a service")?;
    full(&queried.service)
}

fn full_list(json: &Bytes) -> anyhow::Result<()> {
    full(&serde_json::from_slice(json).context("reading a list")?)
}

fn full(listed: &Listed) -> anyhow::Result<()> {
    let hosts = u64::try_from(listed.hosts.len())?;
    ensure!(hosts == INSTANCES_PER_SERVICE, "{hosts} instances of {INSTANCES_PER_SERVICE}");
    Ok(())
}

/// A beat for an instance that the server does not know has not been answered.
fn known(json: &Bytes) -> anyhow::Result<()> {
    let beaten: Beaten = serde_json::from_slice(json).context("reading a beat's answer")?;
    ensure!(matches!(beaten.code, 0 | 200 | 10200), "a beat was answered with {}", beaten.code);
    Ok(())
}
