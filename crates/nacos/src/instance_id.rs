//! Ids of instances that ask for unique ones.
//!
//! An instance's id is made of its address unless its metadata names the generator
//! `snowflake` (Nacos' `SnowFlakeInstanceIdGenerator`): then it is a number that no
//! other registration has, followed by cluster and service.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use seawall_clock::WallTime;
use seawall_registry::{Instance, InstanceId, ServiceKey};

use crate::Nacos;

/// Metadata that names how the id is made.
const GENERATOR_KEY: &str = "preserved.instance.id.generator";
const SNOWFLAKE: &str = "snowflake";

/// Milliseconds since the epoch from which Nacos counts the time in such an id.
const EPOCH_MS: u64 = 1_533_429_240_000;
/// Bits below the time. Nacos puts a server's number and a count there; one node needs
/// the count alone.
const COUNT_BITS: u32 = 22;

/// Numbers that grow and begin with the time.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes(AtomicU64);

impl Snowflakes {
    /// A number larger than all before it, also when the wall clock goes back.
    fn next(&self, now: WallTime) -> u64 {
        let of_time = now.as_millis().saturating_sub(EPOCH_MS) << COUNT_BITS;
        let larger = |last: u64| of_time.max(last.saturating_add(1));
        let take = |last| Some(larger(last));
        // Never `Err`: there always is a larger one.
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        larger(last.unwrap_or_else(|last| last))
    }
}

impl Nacos {
    /// The instance with the id it asks for. One that is there already keeps its id:
    /// to register again changes nothing that subscribers see.
    pub(crate) fn identified(&self, service: &ServiceKey, instance: Instance) -> Instance {
        let asked = instance.metadata.get(GENERATOR_KEY).is_some_and(|kind| kind == SNOWFLAKE);
        if !asked || instance.id != InstanceId::Derived {
            return instance;
        }
        let present = self.registry.instance(service, &instance.address());
        let kept =
            present.map(|present| present.id.clone()).filter(|id| *id != InstanceId::Derived);
        let id = kept.unwrap_or_else(|| {
            let number = self.snowflakes.next(self.clock.wall());
            let id = format!("{number}#{}#{}", instance.cluster, service.grouped_name());
            InstanceId::Given(Arc::from(id))
        });
        Instance { id, ..instance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_even_when_the_clock_stands_or_goes_back() {
        let flakes = Snowflakes::default();
        let at = |ms| flakes.next(WallTime::from_millis(EPOCH_MS + ms));
        assert_eq!(at(1), 1 << 22);
        assert_eq!(at(1), (1 << 22) + 1);
        assert_eq!(at(0), (1 << 22) + 2);
        assert_eq!(at(2), 2 << 22);
        assert_eq!(flakes.next(WallTime::from_millis(0)), (2 << 22) + 1);
    }
}
