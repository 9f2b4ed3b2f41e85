//! The registry as the rest of the process uses it.
#![expect(clippy::todo, unused_variables, reason = "signatures first, bodies follow at once")]

use std::{collections::BTreeSet, sync::Arc};

use seawall_clock::Clock;
use seawall_store::Store;

use crate::{
    Beat, BeatOutcome, ClientDetail, ClientId, ClientInfo, ClusterDefinition, ClusterName,
    FuzzyWatchError, Instance, InstanceAddress, InstanceEdit, OpenError, PageRequest, Publisher,
    PushId, PushSink, Query, RegisterError, RegistryCounts, RegistrySettings, ServiceDefinition,
    ServiceDetail, ServiceFilter, ServiceKey, ServicePage, ServicePattern, ServiceUpdate,
    ServiceView, Subscriber, WriteError,
};

/// Services and their instances, with those who want to know of them.
pub struct Registry {}

impl Registry {
    /// Loads what is stored in the background and follows it; see [`Registry::ready`].
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: RegistrySettings,
    ) -> Result<Arc<Self>, OpenError> {
        todo!()
    }

    /// Ends the background tasks and writes down what is remembered lazily.
    pub async fn close(&self) {
        todo!()
    }

    /// Whether answers may be given: what is stored is loaded, the warm-up is over.
    pub fn ready(&self) -> bool {
        todo!()
    }

    /// Takes in a connected client; its pushes go to `pushes`. A client of the same
    /// id and an older generation counts as gone for new calls from now on.
    pub fn connect(&self, client: ClientId, info: ClientInfo, pushes: Arc<dyn PushSink>) {
        todo!()
    }

    /// Removes the client with its instances, subscriptions and watches, at once.
    /// What a newer generation registered stays.
    pub fn disconnect(&self, client: &ClientId) {
        todo!()
    }

    /// Registers an ephemeral instance, or replaces this client's one at that
    /// address. A [`ClientId::Heartbeat`] need not be connected.
    pub fn register(
        &self,
        client: &ClientId,
        service: ServiceKey,
        instance: Instance,
    ) -> Result<(), RegisterError> {
        todo!()
    }

    /// Removes this client's instance at that address; nothing happens if it has none.
    pub fn deregister(
        &self,
        client: &ClientId,
        service: &ServiceKey,
        address: &InstanceAddress,
    ) -> Result<(), RegisterError> {
        todo!()
    }

    /// Makes `instances` all that this client has in the service.
    pub fn batch_register(
        &self,
        client: &ClientId,
        service: ServiceKey,
        instances: Vec<Instance>,
    ) -> Result<(), RegisterError> {
        todo!()
    }

    /// Stores an instance that stays until it is deregistered; on disk when this returns.
    pub async fn register_persistent(
        &self,
        service: ServiceKey,
        instance: Instance,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// Removes a stored instance; nothing happens if there is none.
    pub async fn deregister_persistent(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// Takes in a sign of life of a heartbeat instance.
    pub fn beat(&self, service: &ServiceKey, beat: Beat) -> Result<BeatOutcome, RegisterError> {
        todo!()
    }

    /// Changes weight, enabled or metadata of an instance, whoever registered it;
    /// stored, and in force again when the address is registered anew.
    pub async fn update_instance(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
        edit: InstanceEdit,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// Sets the health of a stored instance that nobody checks
    /// ([`HealthChecker::None`](crate::HealthChecker::None)).
    pub fn set_health(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
        healthy: bool,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// The service as subscribers see it. Cached: cheap when nothing changed.
    pub fn query(&self, service: &ServiceKey, query: &Query) -> Arc<ServiceView> {
        todo!()
    }

    /// One instance with the operators' edits, shown or not.
    pub fn instance(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
    ) -> Option<Arc<Instance>> {
        todo!()
    }

    /// All instances with the operators' edits, also disabled ones, by address;
    /// of one cluster if named.
    pub fn instances(
        &self,
        service: &ServiceKey,
        cluster: Option<&ClusterName>,
    ) -> Vec<Arc<Instance>> {
        todo!()
    }

    /// Subscribes the client, or changes the clusters it asked for.
    pub fn subscribe(
        &self,
        client: &ClientId,
        service: ServiceKey,
        clusters: Vec<ClusterName>,
    ) -> Result<Arc<ServiceView>, RegisterError> {
        todo!()
    }

    /// Ends the client's subscription; nothing happens if it has none.
    pub fn unsubscribe(&self, client: &ClientId, service: &ServiceKey) {
        todo!()
    }

    /// The client has taken the push.
    pub fn acknowledge(&self, client: &ClientId, push: PushId) {
        todo!()
    }

    /// The client refused the push or could not be reached: it is tried again soon.
    pub fn reject(&self, client: &ClientId, push: PushId) {
        todo!()
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
        todo!()
    }

    /// Ends a fuzzy watch; nothing happens if there is none.
    pub fn unwatch_services(&self, client: &ClientId, pattern: &ServicePattern) {
        todo!()
    }

    /// Declares a service.
    pub async fn create_service(
        &self,
        service: ServiceKey,
        definition: ServiceDefinition,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// Changes what is declared of a service that is declared or has instances.
    pub async fn update_service(
        &self,
        service: &ServiceKey,
        update: ServiceUpdate,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// Declares a cluster of a service that is declared or has instances.
    pub async fn update_cluster(
        &self,
        service: &ServiceKey,
        cluster: ClusterName,
        definition: ClusterDefinition,
    ) -> Result<(), WriteError> {
        todo!()
    }

    /// Removes a service without instances.
    pub async fn delete_service(&self, service: &ServiceKey) -> Result<(), WriteError> {
        todo!()
    }

    /// What is known of a service; `None` if it has neither instances nor a definition.
    pub fn service(&self, service: &ServiceKey) -> Option<ServiceDetail> {
        todo!()
    }

    /// One page of services, sorted by group and name.
    pub fn list_services(&self, filter: &ServiceFilter, page: PageRequest) -> ServicePage {
        todo!()
    }

    /// Who subscribes to the service.
    pub fn subscribers(&self, service: &ServiceKey) -> Vec<Subscriber> {
        todo!()
    }

    /// Who has instances in the service.
    pub fn publishers(&self, service: &ServiceKey) -> Vec<Publisher> {
        todo!()
    }

    /// Every client: connected ones, heartbeat clients, and one for each stored
    /// address; sorted.
    pub fn clients(&self) -> Vec<ClientId> {
        todo!()
    }

    /// The client with this id as text (see [`ClientId`]'s `Display`).
    pub fn client(&self, id: &str) -> Option<ClientDetail> {
        todo!()
    }

    /// What the client with this id has registered.
    pub fn published_by(&self, id: &str) -> Vec<(ServiceKey, Arc<Instance>)> {
        todo!()
    }

    /// What the client with this id subscribes to.
    pub fn subscribed_by(&self, id: &str) -> Vec<Subscriber> {
        todo!()
    }

    /// How much there is.
    pub fn counts(&self) -> RegistryCounts {
        todo!()
    }
}
