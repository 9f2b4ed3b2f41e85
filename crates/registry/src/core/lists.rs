//! Answers to those who look at the registry from outside.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    RegistryCore,
    clients::{ClientIndex, Published},
    service::ServiceState,
    services::ServiceIndex,
    slots::{Owner, Slot},
    views::{order, reaches_protection},
};
use crate::{
    ClientDetail, ClientId, ClientInfo, ClusterName, GroupFilter, GroupName, Instance,
    InstanceAddress, InstanceCounts, PageRequest, Publisher, RegistryCounts, ServiceDefinition,
    ServiceDetail, ServiceFilter, ServiceKey, ServiceName, ServicePage, ServiceSummary, Subscriber,
};

impl<S: Clone> RegistryCore<S> {
    /// One page of the announced services, by group and name.
    pub(crate) fn list_services(&self, filter: &ServiceFilter, page: PageRequest) -> ServicePage {
        let Some(groups) = self.services.announced(&filter.namespace) else {
            return ServicePage::default();
        };
        let text = filter.name_contains.to_lowercase();
        let plain = text.is_empty() && !filter.with_instances && filter.selector.is_empty();
        let mut left = page.skip();
        let mut answer = ServicePage::default();
        let asked = groups.iter().filter(|(group, _)| group_fits(&filter.group, group));
        for (_, names) in asked {
            let room = page.take() - answer.services.len();
            if plain {
                let part = names.values().skip(left).take(room);
                answer
                    .services
                    .extend(part.filter_map(|index| self.services.get(*index)).map(summary));
                left = left.saturating_sub(names.len());
                answer.total += names.len();
                continue;
            }
            for (_, index) in names.iter().filter(|(name, i)| self.fits(filter, &text, name, **i)) {
                answer.total += 1;
                if left > 0 {
                    left -= 1;
                } else if answer.services.len() < page.take() {
                    answer.services.extend(self.services.get(*index).map(summary));
                }
            }
        }
        answer
    }

    fn fits(
        &self,
        filter: &ServiceFilter,
        text: &str,
        name: &ServiceName,
        index: ServiceIndex,
    ) -> bool {
        let Some(service) = self.services.get(index) else { return false };
        let no_labels = BTreeMap::new();
        let labels = service.definition.as_ref().map_or(&no_labels, |d| &d.metadata);
        (text.is_empty() || name.as_str().to_lowercase().contains(text))
            // What is waited for after a restart is not called empty.
            && (!filter.with_instances || !service.slots.is_empty() || service.warming.is_some())
            && filter.selector.matches(labels)
    }

    /// What is known of an announced service.
    pub(crate) fn service(&self, key: &ServiceKey) -> Option<ServiceDetail> {
        let service = self.services.find_state(key).filter(|service| service.announced)?;
        let mut definition = service.definition.as_deref().cloned().unwrap_or_default();
        definition.ephemeral = service.ephemeral.or(definition.ephemeral);
        let mut clusters = counts_by_cluster(service);
        for cluster in definition.clusters.keys() {
            clusters.entry(cluster.clone()).or_default();
        }
        let subscribers = service.subscribers.len();
        Some(ServiceDetail { key: service.key.clone(), definition, clusters, subscribers })
    }

    /// What is declared of a service, and how many instances it has.
    pub(crate) fn declared(&self, key: &ServiceKey) -> Option<(ServiceDefinition, usize)> {
        let service = self.services.find_state(key).filter(|service| service.announced)?;
        Some((service.definition.as_deref().cloned().unwrap_or_default(), service.slots.len()))
    }

    /// One instance, operators' edits included.
    pub(crate) fn instance(
        &self,
        key: &ServiceKey,
        address: &InstanceAddress,
    ) -> Option<Arc<Instance>> {
        let service = self.services.find_state(key)?;
        service.slots.get(address.into()).map(|slot| service.effective(slot))
    }

    /// The operators' edits of the instances of a service.
    pub(crate) fn edited(&self, key: &ServiceKey) -> Vec<InstanceAddress> {
        let service = self.services.find_state(key);
        service.map(|service| service.edits.keys().cloned().collect()).unwrap_or_default()
    }

    /// All instances, operators' edits included, by address.
    pub(crate) fn instances(
        &self,
        key: &ServiceKey,
        cluster: Option<&ClusterName>,
    ) -> Vec<Arc<Instance>> {
        let Some(service) = self.services.find_state(key) else { return Vec::new() };
        let asked = |slot: &&Slot| cluster.is_none_or(|c| *c == slot.instance.cluster);
        let mut instances: Vec<_> =
            service.slots.iter().filter(asked).map(|slot| service.effective(slot)).collect();
        instances.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        instances
    }

    /// Who subscribes to a service.
    pub(crate) fn subscribers(&self, key: &ServiceKey) -> Vec<Subscriber> {
        let Some(service) = self.services.find_state(key) else { return Vec::new() };
        let clients = service.subscribers.keys();
        let mut found: Vec<_> = clients.filter_map(|c| self.subscriber(*c, service)).collect();
        found.sort_by(|a, b| a.client.cmp(&b.client));
        found
    }

    fn subscriber(&self, client: ClientIndex, service: &ServiceState) -> Option<Subscriber> {
        let clusters = service.subscribers.get(&client)?.to_vec();
        let client = self.clients.get(client)?;
        let ClientInfo { address, agent, app } = client.info.clone();
        let (client, service) = (client.id.clone(), service.key.clone());
        Some(Subscriber { client, address, agent, app, service, clusters })
    }

    /// Who has instances in a service, hidden ones included.
    pub(crate) fn publishers(&self, key: &ServiceKey) -> Vec<Publisher> {
        let Some(service) = self.services.find_state(key) else { return Vec::new() };
        let shown = service.slots.iter().map(|slot| (slot.owner, &slot.instance));
        let hidden = service.shadows.iter().map(|s| (Owner::Client(s.owner), &s.instance));
        let mut found: Vec<_> = shown
            .chain(hidden)
            .filter_map(|(owner, instance)| {
                let client = self.owner_id(owner, instance)?;
                Some(Publisher { client, address: instance.address(), service: key.clone() })
            })
            .collect();
        found.sort_by(|a, b| (&a.client, &a.address).cmp(&(&b.client, &b.address)));
        found
    }

    fn owner_id(&self, owner: Owner, instance: &Instance) -> Option<ClientId> {
        let (ip, port) = (instance.ip.clone(), instance.port);
        match owner {
            Owner::Client(client) => self.clients.get(client).map(|client| client.id.clone()),
            Owner::Heartbeat => Some(ClientId::Heartbeat { ip, port }),
            Owner::Stored => Some(ClientId::Stored { ip, port }),
        }
    }

    /// Every client there is, sorted.
    pub(crate) fn clients(&self) -> Vec<ClientId> {
        let connected = self.clients.iter().map(|client| client.id.clone());
        let mut all: Vec<_> = connected.chain(self.connectionless().map(|(id, _, _)| id)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Instances that no connected client owns, with the client they stand for.
    fn connectionless(&self) -> impl Iterator<Item = (ClientId, &ServiceState, &Slot)> {
        let slots =
            self.services.iter().flat_map(|(_, s)| s.slots.iter().map(move |slot| (s, slot)));
        slots.filter(|(_, slot)| !matches!(slot.owner, Owner::Client(_))).filter_map(|(s, slot)| {
            self.owner_id(slot.owner, &slot.instance).map(|client| (client, s, slot))
        })
    }

    /// What is known of the client with this id.
    pub(crate) fn client(&self, id: &str) -> Option<ClientDetail> {
        if let Some(client) = self.clients.find_id(id).and_then(|index| self.clients.get(index)) {
            return Some(ClientDetail {
                client: client.id.clone(),
                info: client.info.clone(),
                connected: client.connected,
                published: client.published.len(),
                subscribed: client.subscribed.len(),
            });
        }
        let mut owned = self.connectionless().filter(|(client, ..)| client.to_string() == id);
        let (client, _, slot) = owned.next()?;
        let address = compact_str::format_compact!("{}:{}", slot.instance.ip, slot.instance.port);
        Some(ClientDetail {
            client,
            info: ClientInfo { address, ..ClientInfo::default() },
            connected: Default::default(),
            published: 1 + owned.count(),
            subscribed: 0,
        })
    }

    /// What the client with this id has registered, by service.
    pub(crate) fn published_by(&self, id: &str) -> Vec<(ServiceKey, Arc<Instance>)> {
        let mut found: Vec<(ServiceKey, Arc<Instance>)> =
            match self.clients.find_id(id).and_then(|index| self.clients.get(index)) {
                Some(client) => client.published.iter().flat_map(|p| self.keyed(p)).collect(),
                None => self
                    .connectionless()
                    .filter(|(client, ..)| client.to_string() == id)
                    .map(|(_, service, slot)| (service.key.clone(), service.effective(slot)))
                    .collect(),
            };
        found.sort_by(|(a, x), (b, y)| (a, order(x)).cmp(&(b, order(y))));
        found
    }

    fn keyed(
        &self,
        (index, published): (&ServiceIndex, &Published),
    ) -> Vec<(ServiceKey, Arc<Instance>)> {
        let Some(service) = self.services.get(*index) else { return Vec::new() };
        published.as_slice().iter().map(|i| (service.key.clone(), i.clone())).collect()
    }

    /// What the client with this id subscribes to, by service.
    pub(crate) fn subscribed_by(&self, id: &str) -> Vec<Subscriber> {
        let Some(index) = self.clients.find_id(id) else { return Vec::new() };
        let Some(client) = self.clients.get(index) else { return Vec::new() };
        let services = client.subscribed.keys().filter_map(|index| self.services.get(*index));
        let mut found: Vec<_> = services.filter_map(|s| self.subscriber(index, s)).collect();
        found.sort_by(|a, b| a.service.cmp(&b.service));
        found
    }

    /// How much there is.
    pub(crate) fn counts(&self) -> RegistryCounts {
        RegistryCounts {
            services: self.services.announced_count(),
            instances: self.instances,
            clients: self.clients.len(),
            subscriptions: self.subscriptions,
            pushes_in_flight: self.tally.in_flight,
        }
    }
}

fn group_fits(filter: &GroupFilter, group: &GroupName) -> bool {
    match filter {
        GroupFilter::Any => true,
        GroupFilter::Is(wanted) => group == wanted,
        GroupFilter::Contains(text) => group.as_str().to_lowercase().contains(&text.to_lowercase()),
    }
}

fn counts_by_cluster(service: &ServiceState) -> BTreeMap<ClusterName, InstanceCounts> {
    let mut clusters: BTreeMap<ClusterName, InstanceCounts> = BTreeMap::new();
    for slot in service.slots.iter() {
        let counts = clusters.entry(slot.instance.cluster.clone()).or_default();
        counts.total += 1;
        counts.healthy += usize::from(slot.healthy);
    }
    clusters
}

fn summary(service: &ServiceState) -> ServiceSummary {
    let clusters = counts_by_cluster(service);
    let total = clusters.values().map(|counts| counts.total).sum();
    let healthy = clusters.values().map(|counts| counts.healthy).sum();
    let threshold = service.definition.as_ref().map_or(0.0, |d| d.protect_threshold);
    ServiceSummary {
        key: service.key.clone(),
        clusters: clusters.len(),
        instances: InstanceCounts { total, healthy },
        reached_protection: reaches_protection(healthy, total, threshold),
    }
}
