//! Answers to those who look at the registry from outside.

use std::sync::Arc;

use super::Registry;
use crate::{
    CheckCounts, ClientDetail, ClientId, Instance, PageRequest, Publisher, PushCost,
    PushStatistics, RegistryCounts, ServiceDetail, ServiceFilter, ServiceKey, ServicePage,
    Subscriber,
};

impl Registry {
    /// What is known of a service; `None` if it has neither instances nor a definition.
    pub fn service(&self, service: &ServiceKey) -> Option<ServiceDetail> {
        self.shell.core.read().service(service)
    }

    /// One page of services, sorted by group and name.
    pub fn list_services(&self, filter: &ServiceFilter, page: PageRequest) -> ServicePage {
        self.shell.core.read().list_services(filter, page)
    }

    /// Who subscribes to the service.
    pub fn subscribers(&self, service: &ServiceKey) -> Vec<Subscriber> {
        self.shell.core.read().subscribers(service)
    }

    /// Who has instances in the service.
    pub fn publishers(&self, service: &ServiceKey) -> Vec<Publisher> {
        self.shell.core.read().publishers(service)
    }

    /// Every client: connected ones, heartbeat clients, and one for each stored
    /// address; sorted.
    pub fn clients(&self) -> Vec<ClientId> {
        self.shell.core.read().clients()
    }

    /// The client with this id as text (see [`ClientId`]'s `Display`).
    pub fn client(&self, id: &str) -> Option<ClientDetail> {
        self.shell.core.read().client(id)
    }

    /// What the client with this id has registered.
    pub fn published_by(&self, id: &str) -> Vec<(ServiceKey, Arc<Instance>)> {
        self.shell.core.read().published_by(id)
    }

    /// What the client with this id subscribes to.
    pub fn subscribed_by(&self, id: &str) -> Vec<Subscriber> {
        self.shell.core.read().subscribed_by(id)
    }

    /// How much there is.
    pub fn counts(&self) -> RegistryCounts {
        self.shell.core.read().counts()
    }

    /// What pushes cost lately; `None` if none was acknowledged.
    pub fn recent_push_cost(&self) -> Option<PushCost> {
        let core = self.shell.core.read();
        core.tally().recent.read(self.shell.moment().now)
    }

    /// Active checks made since the start.
    pub fn check_counts(&self) -> CheckCounts {
        self.shell.checks.counts()
    }

    /// What was pushed since the start.
    pub fn push_statistics(&self) -> PushStatistics {
        self.shell.core.read().tally().pushes
    }
}
