//! Builds what subscribers see, once for each change.

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, OnceLock},
};

use compact_str::{CompactString, format_compact};

use super::{RegistryCore, service::ServiceState};
use crate::{ClusterName, Completeness, Instance, Query, ServiceKey, ServiceView};

/// Views kept of one service; beyond that they are built each time.
const VIEWS_MAX: usize = 16;

/// A view and what asked for it.
#[derive(Debug)]
pub(crate) struct CachedView {
    query: Query,
    view: Arc<ServiceView>,
}

impl<S: Clone> RegistryCore<S> {
    /// The service as `query` sees it now.
    pub(crate) fn view(&self, key: &ServiceKey, query: &Query) -> Arc<ServiceView> {
        match self.services.find_state(key) {
            Some(service) => self.view_of(service, query),
            None => Arc::new(self.view_of_nothing(key, query)),
        }
    }

    pub(crate) fn view_of(&self, service: &ServiceState, query: &Query) -> Arc<ServiceView> {
        let mut views = service.views.lock();
        if let Some(cached) = views.iter().find(|cached| cached.query == *query) {
            return cached.view.clone();
        }
        let view = Arc::new(build(service, query, self.completeness(service)));
        if views.len() < VIEWS_MAX {
            views.push(CachedView { query: query.clone(), view: view.clone() });
        }
        view
    }

    fn completeness(&self, service: &ServiceState) -> Completeness {
        if service.warming.is_some() || !self.loaded {
            Completeness::Warming
        } else if service.announced {
            Completeness::Complete
        } else {
            Completeness::Unknown
        }
    }

    /// The view of a service nobody ever spoke of. Its time is not later than that
    /// of any service that will be made, so that a client takes in the real one.
    fn view_of_nothing(&self, key: &ServiceKey, query: &Query) -> ServiceView {
        let completeness = if self.loaded { Completeness::Unknown } else { Completeness::Warming };
        finish(key.clone(), query, Vec::new(), self.ref_time_floor, false, completeness)
    }
}

fn build(service: &ServiceState, query: &Query, completeness: Completeness) -> ServiceView {
    let mut instances = visible(service, &query.clusters);
    let healthy = instances.iter().filter(|instance| instance.healthy).count();
    let threshold = service.definition.as_ref().map_or(0.0, |d| d.protect_threshold);
    let reached = reaches_protection(healthy, instances.len(), threshold);
    if reached {
        instances.iter_mut().filter(|instance| !instance.healthy).for_each(|instance| {
            *instance = Arc::new(Instance { healthy: true, ..(**instance).clone() });
        });
    } else if query.healthy_only {
        instances.retain(|instance| instance.healthy);
    }
    instances.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
    finish(service.key.clone(), query, instances, service.last_ref_time, reached, completeness)
}

/// Instances that subscribers of `clusters` may see, healthy or not, in no order.
fn visible(service: &ServiceState, clusters: &[ClusterName]) -> Vec<Arc<Instance>> {
    let selector = service.definition.as_ref().map(|definition| &definition.selector);
    let asked = |cluster: &ClusterName| clusters.is_empty() || clusters.contains(cluster);
    service
        .slots
        .iter()
        .filter(|slot| asked(&slot.instance.cluster))
        .map(|slot| service.effective(slot))
        .filter(|instance| instance.enabled)
        .filter(|instance| selector.is_none_or(|s| s.is_empty() || s.matches(&instance.metadata)))
        .collect()
}

/// Whether so few instances are healthy that all have to share the load. No
/// instances at all are not few: there is nothing to protect.
pub(crate) fn reaches_protection(healthy: usize, total: usize, threshold: f32) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a share of instances need not be exact")]
    let share = healthy as f32 / total as f32;
    total > 0 && share <= threshold
}

pub(crate) fn order(instance: &Instance) -> (&str, u16, &str) {
    (&instance.ip, instance.port, instance.cluster.as_str())
}

fn finish(
    service: ServiceKey,
    query: &Query,
    instances: Vec<Arc<Instance>>,
    last_ref_time: u64,
    reached_protection: bool,
    completeness: Completeness,
) -> ServiceView {
    let clusters: Vec<_> = query.clusters.iter().map(ClusterName::as_str).collect();
    ServiceView {
        service,
        clusters: clusters.join(","),
        checksum: checksum(&instances),
        instances,
        last_ref_time,
        reached_protection,
        completeness,
        encoded: OnceLock::new(),
        push_start: OnceLock::new(),
    }
}

/// A sum over everything a subscriber sees. Only for noticing differences.
fn checksum(instances: &[Arc<Instance>]) -> CompactString {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    for instance in instances {
        order(instance).hash(&mut hasher);
        instance.weight.to_bits().hash(&mut hasher);
        instance.healthy.hash(&mut hasher);
        instance.metadata.hash(&mut hasher);
    }
    format_compact!("{:016x}", hasher.finish())
}

/// FNV-1a (Fowler, Noll, Vo): the same sum on every node and in every run.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
