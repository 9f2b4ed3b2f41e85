//! From a registration to its push at every subscriber of the service.

use std::sync::Arc;

use memchr::memmem;

use super::fleet::{self, INSTANCES_PER_SERVICE, Member};
use crate::fanout::Rounds;
use crate::grpc::{Arrivals, Client, Crowd, Listener};
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;

/// The service that everybody subscribes to.
const SERVICE: u64 = 900_000;

/// The address of round 0; every round has its own.
const FIRST_ADDRESS: u64 = 3_000_000;

/// Fan-out of one service's change.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Push {
    /// Connections that subscribe
    #[arg(long, default_value_t = 1_000)]
    connections: u32,
    /// Changes that are pushed
    #[arg(long, default_value_t = 10)]
    rounds: u64,
}

impl Push {
    /// One service of ten instances, of which one moves to a new address each round.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let owners = Crowd::calling(target.grpc(), u32::try_from(INSTANCES_PER_SERVICE)?).await?;
        for number in 0..INSTANCES_PER_SERVICE {
            let request = fleet::register(Member { service: SERVICE, address: number }, 0);
            owners.turn(number)?.call("InstanceRequest", request).await?;
        }
        let rounds = Rounds::new(self.connections)?;
        let markers = markers(self.rounds);
        let subscribers =
            Crowd::listening(target.grpc(), self.connections, || watch(&rounds, &markers)).await?;
        subscribe(&subscribers, self.connections, watched).await?;

        let publisher: Client = owners.turn(0)?;
        let change = |round| {
            let publisher = publisher.clone();
            async move {
                let request = fleet::register(moved(round), round);
                publisher.call("InstanceRequest", request).await.map(drop)
            }
        };
        let fanout = rounds.all(self.rounds, watched, change, |_| async { Ok(()) }).await?;
        subscribers.report_ended();
        let mut measures = Measures::default();
        rounds.measure(&format!("push.{}", self.connections), &fanout, &mut measures);
        Ok(measures)
    }
}

/// The instance that moves, where it is in a round.
const fn moved(round: u64) -> Member {
    Member { service: SERVICE, address: FIRST_ADDRESS + round }
}

/// What a push of each round contains, to be looked for in thousands of them.
fn markers(rounds: u64) -> Arc<[memmem::Finder<'static>]> {
    let marker = |round| fleet::marker(moved(round)).into_bytes();
    (0..=rounds).map(|round| memmem::Finder::new(&marker(round)).into_owned()).collect()
}

fn watch(rounds: &Arc<Rounds>, markers: &Arc<[memmem::Finder<'static>]>) -> Arrivals {
    let (seat, markers) = (rounds.seat(), Arc::clone(markers));
    Box::new(move |at, push| {
        if push.kind != "NotifySubscriberRequest" {
            return;
        }
        let Some(round) = seat.awaited() else { return };
        let marker = usize::try_from(round).ok().and_then(|round| markers.get(round));
        if marker.is_some_and(|marker| marker.find(push.json).is_some()) {
            seat.arrived(round, at);
        }
    })
}

async fn subscribe(
    subscribers: &Crowd<Listener>,
    connections: u32,
    watched: crate::watched::Watched,
) -> anyhow::Result<()> {
    let clients = subscribers.clone();
    let outcome =
        pace::closed_loop(u64::from(connections), pace::PATIENCE, watched, move |index| {
            let client = clients.turn(index);
            async move {
                client?.call("SubscribeServiceRequest", fleet::subscribe(SERVICE)).await.map(drop)
            }
        })
        .await?;
    anyhow::ensure!(outcome.failed() == 0, "{} subscriptions failed", outcome.failed());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_told_from_the_next_by_its_marker() {
        let pushed = fleet::register(moved(3), 0);
        assert!(pushed.contains(&fleet::marker(moved(3))));
        assert!(!pushed.contains(&fleet::marker(moved(4))));
    }
}
