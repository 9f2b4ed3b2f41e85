//! What is stored, as the core follows it: definitions, instances, edits.

use std::{collections::HashSet, sync::Arc};

use super::{
    RegistryCore,
    edits::Overlay,
    effect::Effects,
    services::ServiceIndex,
    slots::{AddressRef, Owner},
    timers::Moment,
};
use crate::{Instance, InstanceAddress, RegisterError, ServiceDefinition, ServiceKey};

/// One thing that is stored, or no longer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StoredChange {
    /// A service is declared so; `None`: not declared.
    Definition(ServiceKey, Option<Box<ServiceDefinition>>),
    /// A stored instance.
    Instance(ServiceKey, Instance),
    /// A stored instance that is gone.
    InstanceGone(ServiceKey, InstanceAddress),
    /// Operators' edits of an instance; `None`: there are none.
    Edits(ServiceKey, InstanceAddress, Option<Overlay>),
}

/// All that is stored.
pub(crate) type StoredState = Vec<StoredChange>;

impl<S: Clone> RegistryCore<S> {
    /// Takes in all that is stored; what is not in it any more goes.
    pub(crate) fn reset_stored(
        &mut self,
        at: Moment,
        state: StoredState,
        effects: &mut Effects<S>,
    ) {
        for gone in self.missing_from(&state) {
            self.apply_stored(at, gone, effects);
        }
        for change in state {
            self.apply_stored(at, change, effects);
        }
        if !self.loaded {
            self.loaded = true;
            let all: Vec<_> = self.services.iter().map(|(index, _)| index).collect();
            all.into_iter().for_each(|index| self.changed(at, index));
        }
    }

    /// Takes in one change of what is stored.
    pub(crate) fn apply_stored(
        &mut self,
        at: Moment,
        change: StoredChange,
        effects: &mut Effects<S>,
    ) {
        let result = match change {
            StoredChange::Definition(key, definition) => self.define(at, key, definition, effects),
            StoredChange::Instance(key, instance) => {
                self.store_instance(at, key, instance, effects)
            }
            StoredChange::Edits(key, address, overlay) => self.edit(at, key, address, overlay),
            StoredChange::InstanceGone(key, address) => {
                if let Some(index) = self.services.find(&key) {
                    self.displace(at, index, Owner::Stored, (&address).into(), effects);
                }
                Ok(())
            }
        };
        if let Err(error) = result {
            // It stays in the store and is taken in after a restart with a higher limit.
            tracing::error!(%error, "what is stored does not fit into memory");
        }
    }

    /// Whether a stored instance may be written for this service.
    pub(crate) fn admits_stored(&self, key: &ServiceKey) -> Result<(), RegisterError> {
        self.check_kind(key, false)?;
        self.check_room(1)
    }

    /// Edits of instances that are not there.
    pub(crate) fn absent_edits(&self) -> Vec<(ServiceKey, InstanceAddress)> {
        let mut absent = Vec::new();
        for (_, service) in self.services.iter() {
            let gone = service.edits.keys().filter(|a| service.slots.get((*a).into()).is_none());
            absent.extend(gone.map(|address| (service.key.clone(), address.clone())));
        }
        absent
    }

    /// What is believed of a stored instance, by a check or by an operator.
    pub(crate) fn report_health(
        &mut self,
        at: Moment,
        key: &ServiceKey,
        address: &InstanceAddress,
        healthy: bool,
    ) {
        let Some(index) = self.services.find(key) else { return };
        let address = AddressRef::from(address);
        let slot = self.services.get(index).and_then(|service| service.slots.get(address));
        if slot.is_some_and(|slot| slot.owner == Owner::Stored) {
            self.set_healthy(at, index, address, healthy);
        }
    }

    /// The health a stored instance is registered with, whatever is believed of it.
    pub(crate) fn registered_health(
        &self,
        key: &ServiceKey,
        address: &InstanceAddress,
    ) -> Option<bool> {
        let (instance, _) = self.stored_health(self.services.find(key)?, address.into())?;
        Some(instance.healthy)
    }

    fn define(
        &mut self,
        at: Moment,
        key: ServiceKey,
        definition: Option<Box<ServiceDefinition>>,
        effects: &mut Effects<S>,
    ) -> Result<(), RegisterError> {
        if definition.is_none() && self.services.find(&key).is_none() {
            return Ok(());
        }
        let index = self.service_for(key)?;
        let Some(service) = self.services.get_mut(index) else { return Ok(()) };
        if service.definition == definition {
            return Ok(());
        }
        let declared = definition.as_ref().and_then(|definition| definition.ephemeral);
        service.ephemeral = service.ephemeral.or(declared);
        service.definition = definition;
        let stored = service.slots.iter().filter(|slot| slot.owner == Owner::Stored);
        let stored: Vec<_> = stored.map(|slot| slot.instance.clone()).collect();
        let is_declared = service.definition.is_some();
        for instance in stored {
            self.change_check(index, (&*instance).into(), effects);
        }
        self.changed(at, index);
        if is_declared {
            self.announce(at, index, effects);
        } else {
            self.note_if_empty(at, index);
        }
        Ok(())
    }

    fn store_instance(
        &mut self,
        at: Moment,
        key: ServiceKey,
        instance: Instance,
        effects: &mut Effects<S>,
    ) -> Result<(), RegisterError> {
        self.check_room(1)?;
        let index = self.service_for(key)?;
        let instance = self.pool.share_instance(Instance { ephemeral: false, ..instance });
        let address = instance.address();
        let before = self.stored_health(index, (&address).into());
        if before.as_ref().is_some_and(|(known, _)| **known == instance) {
            return Ok(());
        }
        let registered_healthy = instance.healthy;
        self.place(at, index, Owner::Stored, Arc::new(instance), effects);
        // What checks found out outlives a new registration that says nothing new.
        if let Some((known, healthy)) = before
            && known.healthy == registered_healthy
        {
            self.set_healthy(at, index, (&address).into(), healthy);
        }
        self.change_check(index, (&address).into(), effects);
        Ok(())
    }

    fn stored_health(
        &self,
        index: ServiceIndex,
        address: AddressRef<'_>,
    ) -> Option<(Arc<Instance>, bool)> {
        let slot = self.services.get(index)?.slots.get(address)?;
        (slot.owner == Owner::Stored).then(|| (slot.instance.clone(), slot.healthy))
    }

    fn edit(
        &mut self,
        at: Moment,
        key: ServiceKey,
        address: InstanceAddress,
        overlay: Option<Overlay>,
    ) -> Result<(), RegisterError> {
        if overlay.is_none() && self.services.find(&key).is_none() {
            return Ok(());
        }
        let index = self.service_for(key)?;
        let Some(service) = self.services.get_mut(index) else { return Ok(()) };
        let before = match overlay.clone() {
            Some(overlay) => service.edits.insert(address.clone(), overlay),
            None => service.edits.remove(&address),
        };
        if before != overlay && service.slots.get((&address).into()).is_some() {
            self.changed(at, index);
        }
        self.forget_if_unused(index);
        Ok(())
    }

    /// What the core has and `state` has not.
    fn missing_from(&self, state: &StoredState) -> Vec<StoredChange> {
        let mut defined = HashSet::new();
        let mut stored = HashSet::new();
        let mut edited = HashSet::new();
        for change in state {
            match change {
                StoredChange::Definition(key, _) => _ = defined.insert(key),
                StoredChange::Instance(key, instance) => {
                    _ = stored.insert((key, instance.address()))
                }
                StoredChange::Edits(key, address, _) => _ = edited.insert((key, address.clone())),
                StoredChange::InstanceGone(..) => {}
            }
        }
        let mut missing = Vec::new();
        for (_, service) in self.services.iter() {
            let key = &service.key;
            if service.definition.is_some() && !defined.contains(key) {
                missing.push(StoredChange::Definition(key.clone(), None));
            }
            for slot in service.slots.iter().filter(|slot| slot.owner == Owner::Stored) {
                let address = slot.instance.address();
                if !stored.contains(&(key, address.clone())) {
                    missing.push(StoredChange::InstanceGone(key.clone(), address));
                }
            }
            for address in service.edits.keys() {
                if !edited.contains(&(key, address.clone())) {
                    missing.push(StoredChange::Edits(key.clone(), address.clone(), None));
                }
            }
        }
        missing
    }
}
