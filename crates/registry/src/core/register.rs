//! Clients come, register and go.

use std::sync::Arc;

use super::{
    RegistryCore,
    clients::{ClientIndex, Published},
    effect::Effects,
    services::ServiceIndex,
    slots::{AddressRef, Owner},
    timers::Moment,
};
use crate::{ClientId, ClientInfo, Instance, InstanceAddress, RegisterError, ServiceKey};

impl<S: Clone> RegistryCore<S> {
    /// Takes in a connected client. Late news of an older connection of the same id
    /// are ignored; older connections that are still there make no calls any more.
    pub(crate) fn connect(&mut self, at: Moment, client: ClientId, info: ClientInfo, sink: S) {
        self.clients.insert(client, info, at.wall, sink);
    }

    /// Removes a connection with everything it registered and asked for.
    pub(crate) fn disconnect(&mut self, at: Moment, client: &ClientId, effects: &mut Effects<S>) {
        let Some((index, gone)) = self.clients.remove(client) else { return };
        self.forget_deliveries(&gone);
        for service in gone.subscribed.into_keys() {
            self.drop_subscriber(index, service);
        }
        for pattern in gone.patterns {
            self.drop_watcher(index, &pattern);
        }
        if self.frozen {
            // The process ends: its clients will find what they had elsewhere or again.
            return;
        }
        for (service, published) in gone.published {
            for instance in published.as_slice() {
                self.displace(at, service, Owner::Client(index), (&**instance).into(), effects);
            }
        }
    }

    /// Registers one instance in place of all that the client has in the service.
    pub(crate) fn register(
        &mut self,
        at: Moment,
        client: &ClientId,
        key: ServiceKey,
        instance: Instance,
        effects: &mut Effects<S>,
    ) -> Result<(), RegisterError> {
        let instance =
            Instance { ephemeral: true, ..instance }.admit(self.settings.metadata_bytes_max)?;
        self.check_kind(&key, true)?;
        if matches!(client, ClientId::Heartbeat { .. }) {
            return self.register_heartbeat(at, key, instance, effects);
        }
        let client = self.connected(client)?;
        self.check_room(1)?;
        let service = self.service_for(key)?;
        let instance = Arc::new(self.pool.share_instance(instance));
        self.publish(at, client, service, Published::One(instance), effects);
        Ok(())
    }

    /// Makes `instances` all that the client has in the service.
    pub(crate) fn batch_register(
        &mut self,
        at: Moment,
        client: &ClientId,
        key: ServiceKey,
        instances: Vec<Instance>,
        effects: &mut Effects<S>,
    ) -> Result<(), RegisterError> {
        let max = self.settings.metadata_bytes_max;
        let instances = instances
            .into_iter()
            .map(|instance| Instance { ephemeral: true, ..instance }.admit(max))
            .collect::<Result<Vec<_>, _>>()?;
        let client = self.connected(client)?;
        self.check_kind(&key, true)?;
        self.check_room(instances.len())?;
        if instances.is_empty() && self.services.find(&key).is_none() {
            return Ok(());
        }
        let service = self.service_for(key)?;
        let mut set: Vec<Arc<Instance>> = Vec::with_capacity(instances.len());
        for instance in instances {
            // Of two instances at one address the later one counts.
            set.retain(|other| !AddressRef::from(&instance).is_of(other));
            set.push(Arc::new(self.pool.share_instance(instance)));
        }
        self.publish(at, client, service, Published::Set(set), effects);
        self.forget_if_unused(service);
        Ok(())
    }

    /// Removes the client's instance there. A client that registered a single
    /// instance has only that one, so its address need not be repeated exactly.
    pub(crate) fn deregister(
        &mut self,
        at: Moment,
        client: &ClientId,
        key: &ServiceKey,
        address: &InstanceAddress,
        effects: &mut Effects<S>,
    ) -> Result<(), RegisterError> {
        if matches!(client, ClientId::Heartbeat { .. }) {
            if let Some(index) = self.services.find(key) {
                self.displace(at, index, Owner::Heartbeat, address.into(), effects);
            }
            return Ok(());
        }
        let client = self.connected(client)?;
        let Some(index) = self.services.find(key) else { return Ok(()) };
        let published = self.clients.get_mut(client).and_then(|c| c.published.remove(&index));
        let left = match published {
            Some(Published::Set(mut set)) => {
                let gone: Vec<_> =
                    set.extract_if(.., |i| AddressRef::from(address).is_of(i)).collect();
                self.displace_all(at, client, index, &gone, effects);
                set
            }
            Some(one @ Published::One(_)) => {
                self.displace_all(at, client, index, one.as_slice(), effects);
                Vec::new()
            }
            None => Vec::new(),
        };
        if let Some(state) = self.clients.get_mut(client)
            && !left.is_empty()
        {
            state.published.insert(index, Published::Set(left));
        }
        Ok(())
    }

    /// The number of a client that may make calls.
    pub(super) fn connected(&self, client: &ClientId) -> Result<ClientIndex, RegisterError> {
        let not_connected = || RegisterError::NotConnected { client: client.clone() };
        self.clients.find(client).ok_or_else(not_connected)
    }

    fn publish(
        &mut self,
        at: Moment,
        client: ClientIndex,
        service: ServiceIndex,
        published: Published,
        effects: &mut Effects<S>,
    ) {
        let placed = published.as_slice().to_vec();
        let Some(state) = self.clients.get_mut(client) else { return };
        let before = match placed.is_empty() {
            true => state.published.remove(&service),
            false => state.published.insert(service, published),
        };
        for instance in &placed {
            self.place(at, service, Owner::Client(client), instance.clone(), effects);
        }
        let before = before.as_ref().map_or(&[][..], Published::as_slice);
        let gone =
            |old: &&Arc<Instance>| !placed.iter().any(|new| AddressRef::from(&***old).is_of(new));
        let gone: Vec<_> = before.iter().filter(gone).cloned().collect();
        self.displace_all(at, client, service, &gone, effects);
    }

    fn displace_all(
        &mut self,
        at: Moment,
        client: ClientIndex,
        service: ServiceIndex,
        gone: &[Arc<Instance>],
        effects: &mut Effects<S>,
    ) {
        for instance in gone {
            self.displace(at, service, Owner::Client(client), (&**instance).into(), effects);
        }
    }
}
