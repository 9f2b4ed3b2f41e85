//! Everything that happens because time passed, in one queue.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::Arc,
    time::Duration,
};

use seawall_clock::{Instant, WallTime};

use super::{clients::ClientIndex, services::ServiceIndex};
use crate::Instance;

/// Whole milliseconds since the monotonic clock's start: half the size of an
/// [`Instant`], kept for every heartbeat instance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(u64);

impl Millis {
    /// The moment of `instant`, rounded down.
    pub(crate) fn at(instant: Instant) -> Self {
        Self(u64::try_from(instant.since_start().as_millis()).unwrap_or(u64::MAX))
    }

    /// The moment `millis` later.
    pub(crate) fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds since `earlier`; 0 if that is later.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment for the clock.
    pub(crate) fn instant(self) -> Instant {
        Instant::from_start(Duration::from_millis(self.0))
    }
}

/// When an event happens, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// For timeouts.
    pub(crate) now: Millis,
    /// For what people and clients are told.
    pub(crate) wall: WallTime,
}

/// Names one setting of one timer; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerId(u64);

/// What to look at when a timer is due. A timer is never stopped: who set it keeps
/// the id of the one that counts, and the others are ignored when they are due.
#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// Tell the service's subscribers.
    Push(ServiceIndex),
    /// See whether the service is still empty.
    Empty(ServiceIndex),
    /// See whether the heartbeat instance is silent.
    Beat(ServiceIndex, Arc<Instance>),
    /// See what the client has not acknowledged, and what is to be tried again.
    Delivery(ClientIndex),
    /// The time after the start in which services may be warming is over.
    Grace,
}

#[derive(Debug)]
struct Armed {
    due: Millis,
    id: TimerId,
    timer: Timer,
}

impl PartialEq for Armed {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Armed {}

impl PartialOrd for Armed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Armed {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.id).cmp(&(other.due, other.id))
    }
}

/// The queue of timers, soonest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BinaryHeap<Reverse<Armed>>,
    last: u64,
}

impl Timers {
    /// Sets a timer.
    pub(crate) fn arm(&mut self, due: Millis, timer: Timer) -> TimerId {
        self.last += 1;
        let id = TimerId(self.last);
        self.queue.push(Reverse(Armed { due, id, timer }));
        id
    }

    /// When the next timer is due.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.queue.peek().map(|Reverse(armed)| armed.due)
    }

    /// Takes out a timer that is due.
    pub(crate) fn pop_due(&mut self, now: Millis) -> Option<(TimerId, Timer)> {
        if self.next_due()? > now {
            return None;
        }
        self.queue.pop().map(|Reverse(armed)| (armed.id, armed.timer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_due_by_time_then_by_order_of_setting() {
        let mut timers = Timers::default();
        let start = Millis::default();
        let late = timers.arm(start.after(20), Timer::Grace);
        let first = timers.arm(start.after(10), Timer::Grace);
        let second = timers.arm(start.after(10), Timer::Grace);
        assert_eq!(timers.next_due(), Some(start.after(10)));
        assert!(timers.pop_due(start.after(9)).is_none());
        let due: Vec<_> =
            std::iter::from_fn(|| timers.pop_due(start.after(30))).map(|t| t.0).collect();
        assert_eq!(due, [first, second, late]);
    }
}
