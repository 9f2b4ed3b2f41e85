//! From a registration to its push at every subscriber of the service.

use std::sync::Arc;

use bytes::Bytes;

use super::fleet::{self, INSTANCES_PER_SERVICE, Member};
use crate::fanout::Rounds;
use crate::grpc::{Client, Crowd, Pushes};
use crate::measure::Measures;
use crate::pace;
use crate::target::Target;

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
    /// One service of ten instances, of which one changes each round.
    pub(crate) async fn run(self, target: &Target) -> anyhow::Result<Measures> {
        let watched = target.watched()?;
        let owners = Crowd::quiet(target.grpc(), u32::try_from(INSTANCES_PER_SERVICE)?).await?;
        for number in 0..INSTANCES_PER_SERVICE {
            // Round numbers of others never match one that is played.
            let request = fleet::register(Member(number), u64::MAX);
            owners.turn(number)?.call("InstanceRequest", request).await?;
        }
        let rounds = Rounds::new(self.connections)?;
        let subscribers =
            Crowd::connect(target.grpc(), self.connections, |_| watch(&rounds)).await?;
        subscribe(&subscribers, self.connections, watched).await?;

        let publisher: Client = owners.turn(0)?;
        let change = |round| {
            let publisher = publisher.clone();
            async move {
                let request = fleet::register(Member(0), round);
                publisher.call("InstanceRequest", request).await.map(drop)
            }
        };
        let fanout = rounds.all(self.rounds, watched, change, |_| async { Ok(()) }).await?;
        let mut measures = Measures::default();
        rounds.measure(&format!("push.{}", self.connections), &fanout, &mut measures);
        Ok(measures)
    }
}

fn watch(rounds: &Arc<Rounds>) -> Pushes {
    let seat = rounds.seat();
    Arc::new(move |kind: &str, json: &Bytes| {
        if kind != "NotifySubscriberRequest" {
            return;
        }
        let Some(round) = seat.awaited() else { return };
        if contains(json, fleet::round_marker(round).as_bytes()) {
            seat.arrived(round);
        }
    })
}

async fn subscribe(
    subscribers: &Crowd,
    connections: u32,
    watched: crate::watched::Watched,
) -> anyhow::Result<()> {
    let clients = subscribers.clone();
    let outcome =
        pace::closed_loop(u64::from(connections), pace::PATIENCE, watched, move |index| {
            let client = clients.turn(index);
            async move {
                client?.call("SubscribeServiceRequest", fleet::subscribe(0)).await.map(drop)
            }
        })
        .await?;
    anyhow::ensure!(outcome.failed() == 0, "{} subscriptions failed", outcome.failed());
    Ok(())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_anywhere() {
        assert!(contains(br#"{"a":{"round":"3"}}"#, fleet::round_marker(3).as_bytes()));
        assert!(!contains(br#"{"a":{"round":"31"}}"#, fleet::round_marker(3).as_bytes()));
    }
}
