//! What is due.

use super::{
    RegistryCore,
    effect::Effects,
    timers::{Moment, Timer},
};

/// Timers looked at in one go. When more are due, the next is still in the past:
/// the shell comes back after letting others in.
const TIMERS_MAX: usize = 10_000;

impl<S: Clone> RegistryCore<S> {
    /// Does what is due by now.
    pub(crate) fn tick(&mut self, at: Moment, effects: &mut Effects<S>) {
        for _ in 0..TIMERS_MAX {
            let Some((id, timer)) = self.timers.pop_due(at.now) else { return };
            match timer {
                Timer::Push(service) => self.push_due(at, id, service, effects),
                Timer::Beat(service, instance) => self.beat_due(at, id, service, instance, effects),
                Timer::Delivery(client) => self.delivery_due(at, id, client, effects),
                Timer::Grace => self.grace_due(at, effects),
                Timer::Empty(service) => {
                    if self.services.get(service).is_some_and(|state| state.empty == Some(id)) {
                        self.retire(at, service, effects);
                    }
                }
            }
        }
    }
}
