//! The instances of one service, each with its owner.

use std::{
    hash::BuildHasher,
    sync::{Arc, LazyLock},
};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{
    clients::ClientIndex,
    timers::{Millis, TimerId},
};
use crate::{ClusterName, Instance, InstanceAddress};

/// One hasher for all tables, so that none has to carry its own.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// Who an instance goes away with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A connected client.
    Client(ClientIndex),
    /// Its own heartbeat.
    Heartbeat,
    /// Nobody: it is stored.
    Stored,
}

/// The heartbeat of an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pulse {
    /// The last sign of life.
    pub(crate) last: Millis,
    /// Silence after which it is unhealthy, in milliseconds.
    pub(crate) timeout_ms: u32,
    /// Silence after which it is removed, in milliseconds.
    pub(crate) delete_ms: u32,
    /// The timer that looks after it.
    pub(crate) timer: TimerId,
}

/// One registered instance.
#[derive(Debug)]
pub(crate) struct Slot {
    /// As registered, without operators' edits.
    pub(crate) instance: Arc<Instance>,
    /// Who it belongs to.
    pub(crate) owner: Owner,
    /// Whether it is believed to work; the registered value counts no more.
    pub(crate) healthy: bool,
    /// Its heartbeat, if it has one.
    pub(crate) pulse: Option<Pulse>,
}

/// An address without ownership, for looking up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressRef<'a> {
    ip: &'a str,
    port: u16,
    cluster: &'a ClusterName,
}

impl<'a> From<&'a Instance> for AddressRef<'a> {
    fn from(instance: &'a Instance) -> Self {
        Self { ip: &instance.ip, port: instance.port, cluster: &instance.cluster }
    }
}

impl<'a> From<&'a InstanceAddress> for AddressRef<'a> {
    fn from(address: &'a InstanceAddress) -> Self {
        Self { ip: &address.ip, port: address.port, cluster: &address.cluster }
    }
}

impl AddressRef<'_> {
    /// Whether `instance` is there.
    pub(crate) fn is_of(self, instance: &Instance) -> bool {
        self.port == instance.port && self.ip == instance.ip && *self.cluster == instance.cluster
    }

    /// The address with everything it needs.
    pub(crate) fn to_owned(self) -> InstanceAddress {
        InstanceAddress::new(self.ip, self.port, self.cluster.clone())
    }

    fn hash(self) -> u64 {
        HASHER.hash_one((self.ip, self.port, self.cluster))
    }
}

/// Instances by address.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    table: HashTable<Slot>,
}

impl Slots {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The instance there.
    pub(crate) fn get(&self, address: AddressRef<'_>) -> Option<&Slot> {
        self.table.find(address.hash(), |slot| address.is_of(&slot.instance))
    }

    /// The instance there, to change it; its address must stay.
    pub(crate) fn get_mut(&mut self, address: AddressRef<'_>) -> Option<&mut Slot> {
        self.table.find_mut(address.hash(), |slot| address.is_of(&slot.instance))
    }

    /// Puts in an instance whose address is free.
    pub(crate) fn insert(&mut self, slot: Slot) {
        let rehash = |slot: &Slot| AddressRef::from(&*slot.instance).hash();
        let hash = rehash(&slot);
        self.table.insert_unique(hash, slot, rehash);
    }

    /// Takes out the instance there.
    pub(crate) fn remove(&mut self, address: AddressRef<'_>) -> Option<Slot> {
        let found = self.table.find_entry(address.hash(), |slot| address.is_of(&slot.instance));
        let (slot, _) = found.ok()?.remove();
        if self.table.is_empty() {
            self.table = HashTable::new();
        }
        Some(slot)
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.table.iter()
    }
}
