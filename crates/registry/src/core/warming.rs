//! Protection from empty lists after a restart.
//!
//! A node remembers durably, a little late, which services had ephemeral instances
//! and about how many. After a restart such a service is *warming* until that many
//! are back or the grace time is over: nothing of it is pushed, and its views say
//! that they are not all there is. So subscribers keep the list they have.

use super::{
    RegistryCore,
    effect::{Effect, Effects},
    service::ServiceState,
    services::ServiceIndex,
    timers::{Moment, Timer},
};
use crate::ServiceKey;

/// What the previous run remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// A time not earlier than any a service had, in milliseconds since the epoch.
    pub(crate) ref_time: u64,
    /// Services that had ephemeral instances, and at least how many.
    pub(crate) services: Vec<(ServiceKey, usize)>,
}

/// What changed of what is to be remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MemoryChange {
    /// The latest time any service had, in milliseconds since the epoch.
    pub(crate) ref_time: u64,
    /// Services and how many instances to remember; 0: forget the service.
    pub(crate) services: Vec<(ServiceKey, usize)>,
}

impl<S: Clone> RegistryCore<S> {
    /// Takes in what the previous run remembered; comes before everything else.
    pub(crate) fn recall(&mut self, at: Moment, memory: Memory, effects: &mut Effects<S>) {
        self.ref_time_floor = memory.ref_time.max(at.wall.as_millis());
        self.ref_time_last = self.ref_time_floor;
        let grace_ms = self.settings.restart_grace_ms;
        if !memory.services.is_empty() {
            self.timers.arm(at.now.after(grace_ms), Timer::Grace);
        }
        for (key, instances) in memory.services {
            let Ok(index) = self.service_for(key) else { continue };
            if let Some(service) = self.services.get_mut(index) {
                service.remembered = instances;
                service.warming = Some(instances);
                service.ephemeral = Some(true);
            }
            self.announce(at, index, effects);
        }
    }

    /// As many instances are back as there were: the service is complete.
    pub(super) fn note_warm(&mut self, at: Moment, index: ServiceIndex, effects: &mut Effects<S>) {
        let Some(service) = self.services.get_mut(index) else { return };
        if service.warming.is_some_and(|expected| service.slots.len() >= expected) {
            service.warming = None;
            effects.push(Effect::Warmed(service.key.clone()));
            self.changed(at, index);
        }
    }

    /// Whoever is not back by now is gone.
    pub(super) fn grace_due(&mut self, at: Moment, effects: &mut Effects<S>) {
        let warming = self.services.iter().filter(|(_, service)| service.warming.is_some());
        let warming: Vec<_> = warming.map(|(index, _)| index).collect();
        for index in warming {
            if let Some(service) = self.services.get_mut(index) {
                service.warming = None;
                effects.push(Effect::Warmed(service.key.clone()));
            }
            self.changed(at, index);
            self.note_if_empty(at, index);
        }
    }

    /// Whether services of before a restart are waited for.
    pub(crate) fn is_warming(&self) -> bool {
        self.services.iter().any(|(_, service)| service.warming.is_some())
    }

    /// Whether instances of the service may still be coming back.
    pub(crate) fn waits_for(&self, key: &ServiceKey) -> bool {
        let warming = |service: &ServiceState| service.warming.is_some();
        !self.loaded || self.services.find_state(key).is_some_and(warming)
    }

    /// Whether instances of any of the services that `wanted` picks may be.
    pub(crate) fn waits_for_any(&self, wanted: impl Fn(&ServiceKey) -> bool) -> bool {
        let warming = |service: &ServiceState| service.warming.is_some() && wanted(&service.key);
        !self.loaded || self.services.iter().any(|(_, service)| warming(service))
    }

    /// Whether [`Self::take_memory_change`] may have something.
    pub(crate) fn has_memory_change(&self) -> bool {
        !self.unremembered.is_empty()
    }

    /// What has to be remembered differently than before; `None` if nothing has.
    pub(crate) fn take_memory_change(&mut self) -> Option<MemoryChange> {
        if self.unremembered.is_empty() {
            return None;
        }
        let mut services = Vec::new();
        for index in std::mem::take(&mut self.unremembered) {
            let Some(service) = self.services.get_mut(index) else { continue };
            let instances = worth_remembering(service);
            if instances != service.remembered {
                service.remembered = instances;
                services.push((service.key.clone(), instances));
            }
            self.forget_if_unused(index);
        }
        Some(MemoryChange { ref_time: self.ref_time_last, services })
    }
}

/// How many instances to expect after a restart: rounded down to a power of two,
/// so that a service that scales is not written down each time.
fn worth_remembering(service: &ServiceState) -> usize {
    if service.warming.is_some() {
        return service.remembered;
    }
    match service.slots.len() {
        0 => 0,
        _ if service.ephemeral == Some(false) => 0,
        instances => 1 << instances.ilog2(),
    }
}
