//! Shares equal names and metadata, of which a registry holds very many.

use std::{hash::Hash, sync::Arc};

use hashbrown::HashSet;
use seawall_topology::{Labels, Namespace};

use crate::{ClusterName, GroupName, Instance, ServiceKey, no_metadata};

/// Names of one sort kept for sharing; when there are more, sharing begins anew.
const NAMES_MAX: usize = 10_000;
/// Metadata kept for sharing before the unused is looked for the first time.
const METADATA_FIRST: usize = 1_024;

/// What is shared. It only saves memory: nothing depends on two names being one.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    namespaces: HashSet<Namespace>,
    groups: HashSet<GroupName>,
    clusters: HashSet<ClusterName>,
    metadata: HashSet<Arc<Labels>>,
    metadata_sweep_at: usize,
}

impl Pool {
    /// The key with shared namespace and group.
    pub(crate) fn share_key(&mut self, key: ServiceKey) -> ServiceKey {
        ServiceKey {
            namespace: share(&mut self.namespaces, key.namespace),
            group: share(&mut self.groups, key.group),
            name: key.name,
        }
    }

    /// The instance with shared cluster and metadata.
    pub(crate) fn share_instance(&mut self, mut instance: Instance) -> Instance {
        instance.cluster = share(&mut self.clusters, instance.cluster);
        instance.metadata = self.share_metadata(instance.metadata);
        instance
    }

    fn share_metadata(&mut self, metadata: Arc<Labels>) -> Arc<Labels> {
        if metadata.is_empty() {
            return no_metadata();
        }
        if let Some(known) = self.metadata.get(&metadata) {
            return known.clone();
        }
        if self.metadata.len() >= self.metadata_sweep_at.max(METADATA_FIRST) {
            self.metadata.retain(|known| Arc::strong_count(known) > 1);
            self.metadata_sweep_at = self.metadata.len() * 2;
        }
        self.metadata.insert(metadata.clone());
        metadata
    }
}

fn share<T: Clone + Eq + Hash>(names: &mut HashSet<T>, name: T) -> T {
    if let Some(known) = names.get(&name) {
        return known.clone();
    }
    if names.len() >= NAMES_MAX {
        names.clear();
    }
    names.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(value: usize) -> Instance {
        let metadata = Arc::new(Labels::from([("k".to_owned(), value.to_string())]));
        Instance { metadata, ..Instance::new("10.0.0.1", 1) }
    }

    #[test]
    fn equal_metadata_is_one_and_unused_metadata_is_let_go() {
        let mut pool = Pool::default();
        let first = pool.share_instance(labelled(1));
        let second = pool.share_instance(labelled(1));
        assert!(Arc::ptr_eq(&first.metadata, &second.metadata));
        for value in 2..10_000 {
            pool.share_instance(labelled(value));
        }
        assert!(pool.metadata.len() <= METADATA_FIRST, "{} kept", pool.metadata.len());
        assert!(Arc::ptr_eq(&first.metadata, &pool.share_instance(labelled(1)).metadata));
    }
}
