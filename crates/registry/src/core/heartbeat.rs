//! Instances that live by sending heartbeats.

use std::sync::Arc;

use seawall_topology::Labels;

use super::{
    RegistryCore,
    effect::Effects,
    services::ServiceIndex,
    slots::{AddressRef, Owner, Pulse},
    timers::{Millis, Moment, Timer, TimerId},
};
use crate::{Beat, BeatOutcome, Instance, RegisterError, ServiceKey};

/// Metadata by which an instance overrides [`crate::RegistrySettings::beat_timeout_ms`].
const TIMEOUT_KEY: &str = "preserved.heart.beat.timeout";
/// Metadata by which an instance overrides [`crate::RegistrySettings::beat_delete_ms`].
const DELETE_KEY: &str = "preserved.ip.delete.timeout";

impl<S: Clone> RegistryCore<S> {
    /// Registers an instance that lives by its heartbeat; registering is a beat.
    pub(super) fn register_heartbeat(
        &mut self,
        at: Moment,
        key: ServiceKey,
        instance: Instance,
        effects: &mut Effects<S>,
    ) -> Result<(), RegisterError> {
        self.check_room(1)?;
        let service = self.service_for(key)?;
        let instance = Instance { healthy: true, ..instance };
        let instance = Arc::new(self.pool.share_instance(instance));
        self.place(at, service, Owner::Heartbeat, instance.clone(), effects);
        let timeout_ms =
            override_of(&instance.metadata, TIMEOUT_KEY, self.settings.beat_timeout_ms);
        let delete_ms = override_of(&instance.metadata, DELETE_KEY, self.settings.beat_delete_ms);
        let due = at.now.after(timeout_ms.min(delete_ms).into());
        let timer = self.timers.arm(due, Timer::Beat(service, instance.clone()));
        let pulse = Pulse { last: at.now, timeout_ms, delete_ms, timer };
        self.set_pulse(service, (&*instance).into(), pulse);
        Ok(())
    }

    /// Takes in a sign of life.
    pub(crate) fn beat(
        &mut self,
        at: Moment,
        key: &ServiceKey,
        beat: Beat,
        effects: &mut Effects<S>,
    ) -> Result<BeatOutcome, RegisterError> {
        let known = BeatOutcome::Known { interval: self.settings.beat_interval() };
        let address = AddressRef::from(&beat.address);
        if let Some(index) = self.services.find(key)
            && let Some(slot) = self.services.get_mut(index).and_then(|s| s.slots.get_mut(address))
        {
            if let Some(pulse) = &mut slot.pulse {
                pulse.last = at.now;
                self.set_healthy(at, index, address, true);
            }
            return Ok(known);
        }
        let Some(instance) = beat.instance else { return Ok(BeatOutcome::Unknown) };
        let instance =
            Instance { ephemeral: true, ..instance }.admit(self.settings.metadata_bytes_max)?;
        self.check_kind(key, true)?;
        self.register_heartbeat(at, key.clone(), instance, effects)?;
        Ok(known)
    }

    /// Looks at an instance whose beat may be overdue.
    pub(super) fn beat_due(
        &mut self,
        at: Moment,
        timer: TimerId,
        index: ServiceIndex,
        instance: Arc<Instance>,
        effects: &mut Effects<S>,
    ) {
        if self.frozen {
            // Beats are lost because the process ends.
            return;
        }
        let address = AddressRef::from(&*instance);
        let slot = self.services.get(index).and_then(|service| service.slots.get(address));
        let Some(slot) = slot else { return };
        let Some(pulse) = slot.pulse.filter(|pulse| pulse.timer == timer) else { return };
        let silence = at.now.since(pulse.last);
        if silence >= pulse.delete_ms.into() {
            tracing::debug!(ip = %instance.ip, port = instance.port, silence_ms = silence, "beat lost");
            self.displace(at, index, Owner::Heartbeat, address, effects);
            return;
        }
        if silence >= pulse.timeout_ms.into() {
            self.set_healthy(at, index, address, false);
        }
        let due = next_look(pulse, at.now);
        let timer = self.timers.arm(due, Timer::Beat(index, instance.clone()));
        self.set_pulse(index, address, Pulse { timer, ..pulse });
    }
}

/// When silence next means something: first unhealthy, then removed.
fn next_look(pulse: Pulse, now: Millis) -> Millis {
    let unhealthy = pulse.last.after(pulse.timeout_ms.into());
    let removed = pulse.last.after(pulse.delete_ms.into());
    if unhealthy > now { unhealthy.min(removed) } else { removed }
}

/// The positive number of milliseconds that the metadata sets, or the default.
fn override_of(metadata: &Labels, key: &str, default_ms: u64) -> u32 {
    let set = metadata.get(key).and_then(|text| text.trim().parse().ok()).filter(|ms| *ms > 0);
    u32::try_from(set.unwrap_or(default_ms)).unwrap_or(u32::MAX)
}
