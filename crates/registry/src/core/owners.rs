//! Puts instances in and takes them out, each with its owner.
//!
//! An address has one owner, the last that registered it. When another client had
//! it, that one's instance is kept as a shadow and comes back when the owner goes.
//! So what an old connection leaves behind can never take away what a newer one
//! registered, in whichever order the news of both arrive.

use std::sync::Arc;

use super::{
    RegistryCore,
    clients::ClientIndex,
    effect::{CheckChange, CheckPlan, Effect, Effects},
    service::{ServiceState, Shadow},
    services::ServiceIndex,
    slots::{AddressRef, Owner, Pulse, Slot},
    timers::Moment,
};
use crate::Instance;

impl<S: Clone> RegistryCore<S> {
    /// Gives the instance's address to `owner`. Nothing changes for subscribers if
    /// the same owner has registered the same before.
    pub(super) fn place(
        &mut self,
        at: Moment,
        index: ServiceIndex,
        owner: Owner,
        instance: Arc<Instance>,
        effects: &mut Effects<S>,
    ) {
        let Some(service) = self.services.get_mut(index) else { return };
        let address = AddressRef::from(&*instance);
        if let Owner::Client(client) = owner {
            drop_shadow(service, client, address);
        }
        let fresh =
            Slot { instance: instance.clone(), owner, healthy: instance.healthy, pulse: None };
        let mut changed = true;
        match service.slots.get_mut(address) {
            None => {
                service.slots.insert(fresh);
                self.instances += 1;
            }
            Some(slot) => {
                changed = slot.instance != instance || !slot.healthy;
                let pulse = slot.pulse.filter(|_| slot.owner == owner);
                let before = std::mem::replace(slot, Slot { pulse, ..fresh });
                if let Owner::Client(client) = before.owner
                    && before.owner != owner
                {
                    service.shadows.push(Shadow { owner: client, instance: before.instance });
                }
            }
        }
        service.ephemeral.get_or_insert(instance.ephemeral);
        if changed {
            self.changed(at, index);
        }
        self.announce(at, index, effects);
        self.note_warm(at, index, effects);
    }

    /// Takes away what `owner` has at the address; what others have there stays or
    /// comes to light.
    pub(super) fn displace(
        &mut self,
        at: Moment,
        index: ServiceIndex,
        owner: Owner,
        address: AddressRef<'_>,
        effects: &mut Effects<S>,
    ) {
        let Some(service) = self.services.get_mut(index) else { return };
        if let Owner::Client(client) = owner
            && drop_shadow(service, client, address)
        {
            return;
        }
        match service.slots.get_mut(address) {
            Some(slot) if slot.owner == owner => {
                let behind = |shadow: &Shadow| address.is_of(&shadow.instance);
                if let Some(position) = service.shadows.iter().rposition(behind) {
                    let Shadow { owner, instance } = service.shadows.remove(position);
                    let (owner, healthy) = (Owner::Client(owner), instance.healthy);
                    *slot = Slot { instance, owner, healthy, pulse: None };
                } else {
                    service.slots.remove(address);
                    self.instances -= 1;
                }
            }
            _ => return,
        }
        if owner == Owner::Stored {
            self.change_check(index, address, effects);
        }
        self.changed(at, index);
        self.note_if_empty(at, index);
    }

    /// Sets the heartbeat of an instance.
    pub(super) fn set_pulse(&mut self, index: ServiceIndex, address: AddressRef<'_>, pulse: Pulse) {
        let slot = self.services.get_mut(index).and_then(|s| s.slots.get_mut(address));
        if let Some(slot) = slot {
            slot.pulse = Some(pulse);
        }
    }

    /// Says what is believed of an instance; subscribers are told if that is new.
    pub(super) fn set_healthy(
        &mut self,
        at: Moment,
        index: ServiceIndex,
        address: AddressRef<'_>,
        healthy: bool,
    ) {
        let Some(service) = self.services.get_mut(index) else { return };
        if let Some(slot) = service.slots.get_mut(address)
            && slot.healthy != healthy
        {
            slot.healthy = healthy;
            self.changed(at, index);
        }
    }

    /// Tells the shell how the stored instance there is to be checked now.
    pub(super) fn change_check(
        &self,
        index: ServiceIndex,
        address: AddressRef<'_>,
        effects: &mut Effects<S>,
    ) {
        let Some(service) = self.services.get(index) else { return };
        let stored = service.slots.get(address).filter(|slot| slot.owner == Owner::Stored);
        let plan = stored.and_then(|slot| {
            let declared = service.definition.as_ref();
            let cluster = declared.and_then(|d| d.clusters.get(&slot.instance.cluster));
            CheckPlan::of(cluster, slot.instance.port, slot.healthy)
        });
        let (service, address) = (service.key.clone(), address.to_owned());
        effects.push(Effect::Check(CheckChange { service, address, plan }));
    }
}

fn drop_shadow(service: &mut ServiceState, client: ClientIndex, address: AddressRef<'_>) -> bool {
    let is_it = |shadow: &Shadow| shadow.owner == client && address.is_of(&shadow.instance);
    match service.shadows.iter().position(is_it) {
        Some(position) => {
            service.shadows.remove(position);
            true
        }
        None => false,
    }
}
