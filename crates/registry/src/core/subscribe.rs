//! Who wants to know of which service.

use std::sync::Arc;

use super::{Moment, RegistryCore, clients::ClientIndex, services::ServiceIndex};
use crate::{ClientId, ClusterName, Query, RegisterError, ServiceKey, ServiceView};

impl<S: Clone> RegistryCore<S> {
    /// Subscribes the client, or changes the clusters it asked for.
    pub(crate) fn subscribe(
        &mut self,
        at: Moment,
        client: &ClientId,
        key: ServiceKey,
        clusters: Vec<ClusterName>,
    ) -> Result<Arc<ServiceView>, RegisterError> {
        let client = self.connected(client)?;
        let max = self.settings.subscriptions_per_client_max;
        let known = self.services.find(&key);
        if let Some(state) = self.clients.get(client)
            && state.subscribed.len() >= max
            && !known.is_some_and(|index| state.subscribed.contains_key(&index))
        {
            return Err(RegisterError::Limit { what: "subscriptions of this client", max });
        }
        let query = Query::of_clusters(clusters);
        let index = self.service_for(key.clone())?;
        if let Some(state) = self.clients.get_mut(client) {
            state.subscribed.entry(index).or_insert(None);
        }
        if let Some(service) = self.services.get_mut(index)
            && service.subscribers.insert(client, query.clusters.as_slice().into()).is_none()
        {
            let announced = service.announced;
            self.subscriptions += 1;
            // Of a service nobody knows there is nothing to tell: after a restart it
            // may only not be known again yet, and an empty list must not say so.
            if announced {
                self.push_soon(at, client, index);
            }
        }
        Ok(self.view(&key, &query))
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(&mut self, client: &ClientId, key: &ServiceKey) {
        let (Some(client), Some(service)) = (self.clients.find(client), self.services.find(key))
        else {
            return;
        };
        if let Some(state) = self.clients.get_mut(client) {
            state.subscribed.remove(&service);
        }
        self.drop_subscriber(client, service);
    }

    /// The service has one subscriber less.
    pub(super) fn drop_subscriber(&mut self, client: ClientIndex, index: ServiceIndex) {
        let Some(service) = self.services.get_mut(index) else { return };
        if service.subscribers.remove(&client).is_some() {
            self.subscriptions -= 1;
        }
        self.forget_if_unused(index);
    }
}
