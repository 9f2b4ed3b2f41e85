//! Clients, their subscriptions and watches.

use std::{collections::BTreeSet, sync::Arc};

use super::Registry;
use crate::{
    ClientId, ClientInfo, ClusterName, FuzzyWatchError, PushId, PushSink, RegisterError,
    ServiceKey, ServicePattern, ServiceView,
};

impl Registry {
    /// Takes in a connected client; its pushes go to `pushes`. A client of the same
    /// id and an older generation counts as gone for new calls from now on.
    pub fn connect(&self, client: ClientId, info: ClientInfo, pushes: Arc<dyn PushSink>) {
        self.shell.change(|core, at, _| core.connect(at, client, info, pushes));
    }

    /// Removes the client with its instances, subscriptions and watches, at once.
    /// What a newer generation registered stays.
    pub fn disconnect(&self, client: &ClientId) {
        self.shell.change(|core, at, effects| core.disconnect(at, client, effects));
    }

    /// Subscribes the client, or changes the clusters it asked for.
    pub fn subscribe(
        &self,
        client: &ClientId,
        service: ServiceKey,
        clusters: Vec<ClusterName>,
    ) -> Result<Arc<ServiceView>, RegisterError> {
        self.shell.change(|core, at, _| core.subscribe(at, client, service, clusters))
    }

    /// Ends the client's subscription; nothing happens if it has none.
    pub fn unsubscribe(&self, client: &ClientId, service: &ServiceKey) {
        self.shell.change(|core, _, _| core.unsubscribe(client, service));
    }

    /// The client has taken the push.
    pub fn acknowledge(&self, client: &ClientId, push: PushId) {
        self.shell.change(|core, at, _| core.acknowledge(at, client, push));
    }

    /// The client refused the push or could not be reached: it is tried again soon.
    pub fn reject(&self, client: &ClientId, push: PushId) {
        self.shell.change(|core, at, effects| core.reject(at, client, push, effects));
    }

    /// Begins a fuzzy watch. `received` is what the client knows already: it is told
    /// the difference. `initial` is echoed in [`FuzzySync`](crate::FuzzySync).
    pub fn watch_services(
        &self,
        client: &ClientId,
        pattern: ServicePattern,
        received: BTreeSet<ServiceKey>,
        initial: bool,
    ) -> Result<(), FuzzyWatchError> {
        self.shell.change(|core, at, effects| {
            core.watch_services(at, client, pattern, received, initial, effects)
        })
    }

    /// Ends a fuzzy watch; nothing happens if there is none.
    pub fn unwatch_services(&self, client: &ClientId, pattern: &ServicePattern) {
        self.shell.change(|core, _, _| core.unwatch_services(client, pattern));
    }
}
