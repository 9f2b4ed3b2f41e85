//! What pushes cost lately, from being sent to being acknowledged.

use super::timers::Millis;
use crate::PushCost;

/// Milliseconds that are looked at together.
const WINDOW_MS: u64 = 60_000;

/// Costs of the window that runs and of the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RecentCosts {
    window: u64,
    running: Sum,
    before: Sum,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    total_ms: u64,
    max_ms: u64,
}

impl RecentCosts {
    /// A push sent at `sent` was acknowledged at `now`.
    pub(crate) fn add(&mut self, now: Millis, sent: Millis) {
        self.roll(now);
        let cost_ms = now.since(sent);
        self.running.count += 1;
        self.running.total_ms += cost_ms;
        self.running.max_ms = self.running.max_ms.max(cost_ms);
    }

    /// The costs of the last one to two minutes; `None` if nothing was acknowledged.
    pub(crate) fn read(mut self, now: Millis) -> Option<PushCost> {
        self.roll(now);
        let (running, before) = (self.running, self.before);
        let total_ms = running.total_ms + before.total_ms;
        Some(PushCost {
            average_ms: total_ms.checked_div(running.count + before.count)?,
            max_ms: running.max_ms.max(before.max_ms),
        })
    }

    fn roll(&mut self, now: Millis) {
        let window = now.since(Millis::default()) / WINDOW_MS;
        if window != self.window {
            let next = window == self.window + 1;
            self.before = if next { self.running } else { Sum::default() };
            self.running = Sum::default();
            self.window = window;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Millis {
        Millis::default().after(ms)
    }

    #[test]
    fn old_costs_are_forgotten_after_two_minutes_at_most() {
        let mut costs = RecentCosts::default();
        assert_eq!(costs.read(at(0)), None);
        costs.add(at(50), at(0));
        costs.add(at(59_999), at(59_989));
        let first = PushCost { average_ms: 30, max_ms: 50 };
        assert_eq!(costs.read(at(59_999)), Some(first));
        assert_eq!(costs.read(at(119_999)), Some(first));
        assert_eq!(costs.read(at(120_000)), None);
        costs.add(at(60_000), at(59_996));
        assert_eq!(costs.read(at(60_000)), Some(PushCost { average_ms: 21, max_ms: 50 }));
        assert_eq!(costs.read(at(120_000)), Some(PushCost { average_ms: 4, max_ms: 4 }));
        assert_eq!(costs.read(at(600_000)), None);
    }
}
