//! What a callee said it would refuse.

use std::time::Duration;

use super::PriorityGate;
use crate::{
    admit::Priority,
    sync::{AtomicU32, AtomicU64, Ordering},
    time::Instant,
};

/// What was said is forgotten after this time: whoever is not asked any more says nothing
/// more, and must be asked again.
const HEARD_FOR: Duration = Duration::from_secs(1);

const LEVEL_BITS: u32 = 16;

/// One in so many is sent all the same. From these the callee knows that there are more
/// who want something than it answers; else it would take their silence for calm.
const PROBE: u32 = 10;

/// The level of a callee's [`PriorityGate`] as its answers told it, kept by a caller.
///
/// Whoever is beyond it need not be sent: the callee would refuse it, and a task that
/// needs an answer to it fails before it costs anything. It is how DAGOR spares the
/// overloaded the work of refusing.
///
/// ```
/// use std::time::Duration;
/// use seawall_guard::{Class, Instant, Priority, shed::PeerLevel};
///
/// let (peer, now) = (PeerLevel::new(), Instant::START);
/// let batch = Priority::of_class(Class::SHEDDABLE);
/// assert!(peer.admits(now, batch));
/// peer.hear(now, batch.level());
/// assert_eq!((0..100).filter(|_| peer.admits(now, batch)).count(), 10, "only to probe");
/// assert!(peer.admits(now + Duration::from_secs(1), batch), "that was long ago");
/// ```
#[derive(Debug)]
pub struct PeerLevel {
    /// From the top: 48 bits for when it was heard, in milliseconds, 16 for the level.
    heard: AtomicU64,
    beyond: AtomicU32,
}

impl PeerLevel {
    /// Of a callee that said nothing yet.
    pub fn new() -> Self {
        Self { heard: AtomicU64::new(PriorityGate::OPEN.into()), beyond: AtomicU32::new(0) }
    }

    /// The callee said its level.
    pub fn hear(&self, now: Instant, level: u16) {
        self.heard.store(millis(now) << LEVEL_BITS | u64::from(level), Ordering::Relaxed);
    }

    /// Whether a request is worth sending.
    pub fn admits(&self, now: Instant, priority: Priority) -> bool {
        let heard = self.heard.load(Ordering::Relaxed);
        let since = millis(now).saturating_sub(heard >> LEVEL_BITS);
        priority.level() < heard as u16
            || u128::from(since) >= HEARD_FOR.as_millis()
            || self.beyond.fetch_add(1, Ordering::Relaxed).is_multiple_of(PROBE)
    }
}

impl Default for PeerLevel {
    fn default() -> Self {
        Self::new()
    }
}

fn millis(now: Instant) -> u64 {
    now.as_nanos() / 1_000_000
}
