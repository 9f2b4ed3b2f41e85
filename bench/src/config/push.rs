//! From a publish to the change notice at every listener.

use std::sync::Arc;

use bytes::Bytes;
use memchr::memmem;

use super::item;
use crate::fanout::Rounds;
use crate::grpc::{Arrivals, Crowd, Listener};
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;
use crate::watched::Watched;

/// The configuration that everybody listens to.
const ITEM: u64 = 0;

/// Its version before round 0.
const BEFORE: u64 = 1_000_000;

/// Fan-out of one configuration's change.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Push {
    /// Connections that listen
    #[arg(long, default_value_t = 1_000)]
    connections: u32,
    /// Changes that are pushed
    #[arg(long, default_value_t = 10)]
    rounds: u64,
}

impl Push {
    /// One configuration, published once a round; after each round every client
    /// listens with what it now holds, as real clients do.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let publisher = Crowd::calling(target.grpc(), 1).await?.turn(0)?;
        publisher.clone().call("ConfigPublishRequest", item::publish(ITEM, BEFORE)).await?;
        let rounds = Rounds::new(self.connections)?;
        let listeners =
            Crowd::listening(target.grpc(), self.connections, || watch(&rounds)).await?;
        listen(&listeners, self.connections, BEFORE, watched).await?;

        let change = |round| {
            let publisher = publisher.clone();
            async move {
                let request = item::publish(ITEM, round);
                publisher.call("ConfigPublishRequest", request).await.map(drop)
            }
        };
        let settle = |round| listen(&listeners, self.connections, round, watched);
        let fanout = rounds.all(self.rounds, watched, change, settle).await?;
        listeners.report_ended();
        let mut measures = Measures::default();
        rounds.measure(&format!("push.{}", self.connections), &fanout, &mut measures);
        Ok(measures)
    }
}

fn watch(rounds: &Arc<Rounds>) -> Arrivals {
    let seat = rounds.seat();
    let named = memmem::Finder::new(&item::marker(ITEM)).into_owned();
    Box::new(move |at, push| {
        if push.kind == "ConfigChangeNotifyRequest"
            && let Some(round) = seat.awaited()
            && named.find(push.json).is_some()
        {
            seat.arrived(round, at);
        }
    })
}

async fn listen(
    listeners: &Crowd<Listener>,
    connections: u32,
    version: u64,
    watched: Watched,
) -> anyhow::Result<()> {
    let clients = listeners.clone();
    let request: Bytes = item::listen(ITEM, version).into();
    let outcome =
        pace::closed_loop(u64::from(connections), pace::PATIENCE, watched, move |index| {
            let (client, request) = (clients.turn(index), request.clone());
            async move { client?.call("ConfigBatchListenRequest", request).await.map(drop) }
        })
        .await?;
    anyhow::ensure!(outcome.failed() == 0, "{} listens failed", outcome.failed());
    Ok(())
}
