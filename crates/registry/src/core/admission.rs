//! What every change of a service passes through.

use super::{
    RegistryCore,
    effect::Effects,
    service::ServiceState,
    services::ServiceIndex,
    timers::{Moment, Timer},
};
use crate::{FuzzyChange, RegisterError, ServiceKey};

impl<S: Clone> RegistryCore<S> {
    /// The service of this key, made if it is not known.
    pub(super) fn service_for(&mut self, key: ServiceKey) -> Result<ServiceIndex, RegisterError> {
        if let Some(index) = self.services.find(&key) {
            return Ok(index);
        }
        let limit = RegisterError::Limit { what: "services", max: self.settings.services_max };
        if self.services.len() >= self.settings.services_max {
            return Err(limit);
        }
        let key = self.pool.share_key(key);
        self.services.insert(ServiceState::new(key, self.ref_time_floor)).ok_or(limit)
    }

    /// Refuses an instance of the other kind than the service's.
    pub(super) fn check_kind(
        &self,
        key: &ServiceKey,
        ephemeral: bool,
    ) -> Result<(), RegisterError> {
        match self.services.find_state(key).and_then(|service| service.ephemeral) {
            Some(fixed) if fixed != ephemeral => {
                Err(RegisterError::Kind { service: key.clone(), ephemeral: fixed })
            }
            _ => Ok(()),
        }
    }

    /// Refuses `more` instances when there is no room for them.
    pub(super) fn check_room(&self, more: usize) -> Result<(), RegisterError> {
        let max = self.settings.instances_max;
        if self.instances.saturating_add(more) > max {
            return Err(RegisterError::Limit { what: "instances", max });
        }
        Ok(())
    }

    /// The service looks different now: its time goes on, its views are built anew,
    /// and its subscribers will be told.
    pub(super) fn changed(&mut self, at: Moment, index: ServiceIndex) {
        let Some(service) = self.services.get_mut(index) else { return };
        service.last_ref_time = at.wall.as_millis().max(service.last_ref_time + 1);
        self.ref_time_last = self.ref_time_last.max(service.last_ref_time);
        service.views.get_mut().clear();
        if service.push.is_none() && !service.subscribers.is_empty() && service.warming.is_none() {
            // At once for a lone change, but never two pushes close together.
            let first = at.now.after(self.settings.push_first_ms);
            let spaced = service.pushed.map(|last| last.after(self.settings.push_delay_ms));
            let due = spaced.map_or(first, |spaced| spaced.max(first));
            service.push = Some(self.timers.arm(due, Timer::Push(index)));
        }
        self.unremembered.insert(index);
    }

    /// The service exists for all to see: on lists and in fuzzy watches.
    pub(super) fn announce(&mut self, at: Moment, index: ServiceIndex, effects: &mut Effects<S>) {
        if let Some(service) = self.services.get_mut(index) {
            service.empty = None;
        }
        if self.services.announce(index) {
            self.changed(at, index);
            self.tell_watchers(at, index, FuzzyChange::Added, effects);
        }
    }

    /// If the service has nothing left, it will be taken off the lists after a while.
    pub(super) fn note_if_empty(&mut self, at: Moment, index: ServiceIndex) {
        let Some(service) = self.services.get_mut(index) else { return };
        if service.announced && service.is_empty() && service.empty.is_none() {
            let due = at.now.after(self.settings.empty_service_ms);
            service.empty = Some(self.timers.arm(due, Timer::Empty(index)));
        }
        self.forget_if_unused(index);
    }

    /// Takes an empty service off the lists without waiting.
    pub(crate) fn retire_now(&mut self, at: Moment, key: &ServiceKey, effects: &mut Effects<S>) {
        if let Some(index) = self.services.find(key) {
            self.retire(at, index, effects);
        }
    }

    /// Takes the service off the lists.
    pub(super) fn retire(&mut self, at: Moment, index: ServiceIndex, effects: &mut Effects<S>) {
        if self.services.get(index).is_none_or(|service| !service.is_empty()) {
            return;
        }
        self.tell_watchers(at, index, FuzzyChange::Removed, effects);
        if self.services.unannounce(index) {
            self.changed(at, index);
        }
        if let Some(service) = self.services.get_mut(index) {
            service.ephemeral = None;
        }
        self.forget_if_unused(index);
    }

    /// Drops what is known of a service that nobody would miss.
    pub(super) fn forget_if_unused(&mut self, index: ServiceIndex) {
        let unused = self.services.get(index).is_some_and(|service| service.is_forgettable());
        if !unused || self.unremembered.contains(&index) {
            return;
        }
        if let Some(service) = self.services.remove(index) {
            self.ref_time_floor = self.ref_time_floor.max(service.last_ref_time);
        }
    }
}
