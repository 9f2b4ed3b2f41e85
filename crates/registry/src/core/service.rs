//! One service as the core keeps it.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::{
    clients::ClientIndex,
    edits::Overlay,
    slots::{Slot, Slots},
    timers::{Millis, TimerId},
    views::CachedView,
};
use crate::{ClusterName, Instance, InstanceAddress, ServiceDefinition, ServiceKey};

/// An instance whose address a later client registered as well; it comes back when
/// that one goes.
#[derive(Debug)]
pub(crate) struct Shadow {
    /// Whose it is.
    pub(crate) owner: ClientIndex,
    /// As registered.
    pub(crate) instance: Arc<Instance>,
}

/// A service that is known: defined, populated, subscribed to, edited or warming.
#[derive(Debug)]
pub(crate) struct ServiceState {
    /// Its key.
    pub(crate) key: ServiceKey,
    /// Whether its instances are ephemeral; fixed by the first one or the definition.
    pub(crate) ephemeral: Option<bool>,
    /// What is declared of it.
    pub(crate) definition: Option<Box<ServiceDefinition>>,
    /// Its instances.
    pub(crate) slots: Slots,
    /// Instances hidden by later ones at the same address, the latest last.
    pub(crate) shadows: Vec<Shadow>,
    /// Operators' edits of its instances, those included that are not there now.
    pub(crate) edits: HashMap<InstanceAddress, Overlay>,
    /// Who subscribes, and to which clusters.
    pub(crate) subscribers: HashMap<ClientIndex, Arc<[ClusterName]>>,
    /// Views of it as it is now.
    pub(crate) views: Mutex<Vec<CachedView>>,
    /// Milliseconds since the epoch of the last change, adjusted so that it grows.
    pub(crate) last_ref_time: u64,
    /// The timer that will tell the subscribers.
    pub(crate) push: Option<TimerId>,
    /// When they were last told.
    pub(crate) pushed: Option<Millis>,
    /// The timer that will see whether it is still empty.
    pub(crate) empty: Option<TimerId>,
    /// How many instances it has to have again before it is complete after a restart.
    pub(crate) warming: Option<usize>,
    /// How many instances the durable memory says it has; 0: it says nothing.
    pub(crate) remembered: usize,
    /// Whether it is listed and seen by fuzzy watches.
    pub(crate) announced: bool,
}

impl ServiceState {
    /// A service of which nothing is known but the key.
    pub(crate) fn new(key: ServiceKey, last_ref_time: u64) -> Self {
        Self {
            key,
            ephemeral: None,
            definition: None,
            slots: Slots::default(),
            shadows: Vec::new(),
            edits: HashMap::new(),
            subscribers: HashMap::new(),
            views: Mutex::new(Vec::new()),
            last_ref_time,
            push: None,
            pushed: None,
            empty: None,
            warming: None,
            remembered: 0,
            announced: false,
        }
    }

    /// Whether nothing keeps the service on the list.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.definition.is_none() && self.warming.is_none()
    }

    /// Whether nobody would miss what is known of the service.
    pub(crate) fn is_forgettable(&self) -> bool {
        self.is_empty() && !self.announced && self.subscribers.is_empty() && self.edits.is_empty()
    }

    /// The instance of `slot` as it is now, operators' edits included.
    pub(crate) fn effective(&self, slot: &Slot) -> Arc<Instance> {
        let overlay = match self.edits.is_empty() {
            true => None,
            false => self.edits.get(&slot.instance.address()),
        };
        if overlay.is_none() && slot.healthy == slot.instance.healthy {
            return slot.instance.clone();
        }
        let mut instance = (*slot.instance).clone();
        instance.healthy = slot.healthy;
        if let Some(overlay) = overlay {
            overlay.apply(&mut instance);
        }
        Arc::new(instance)
    }
}
