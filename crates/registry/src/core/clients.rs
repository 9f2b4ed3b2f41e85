//! Connected clients, by number and by id.

use std::{collections::VecDeque, sync::Arc};

use hashbrown::{HashMap, HashSet};
use seawall_clock::WallTime;
use slab::Slab;

use super::{
    delivery::{InFlight, Waiting},
    services::ServiceIndex,
    timers::{Millis, TimerId},
};
use crate::{ClientId, ClientInfo, Generation, Instance, PushId, ServicePattern};

/// Number of a connected client; used again later for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClientIndex(u32);

/// What a client has in one service. Most have one instance.
#[derive(Debug)]
pub(crate) enum Published {
    /// One instance; the next single registration takes its place.
    One(Arc<Instance>),
    /// A set, given by a batch.
    Set(Vec<Arc<Instance>>),
}

impl Published {
    pub(crate) fn as_slice(&self) -> &[Arc<Instance>] {
        match self {
            Self::One(instance) => std::slice::from_ref(instance),
            Self::Set(instances) => instances,
        }
    }
}

/// One connected client. `S` is where its pushes go.
#[derive(Debug)]
pub(crate) struct ClientState<S> {
    pub(crate) id: ClientId,
    pub(crate) info: ClientInfo,
    pub(crate) connected: WallTime,
    pub(crate) sink: S,
    /// What it registered.
    pub(crate) published: HashMap<ServiceIndex, Published>,
    /// What it subscribes to, with the push of it that is in flight.
    pub(crate) subscribed: HashMap<ServiceIndex, Option<PushId>>,
    /// Its fuzzy watches.
    pub(crate) patterns: HashSet<ServicePattern>,
    /// Pushes sent and not acknowledged, by id, oldest first.
    pub(crate) in_flight: VecDeque<InFlight>,
    /// Pushes to be tried again, soonest first.
    pub(crate) waiting: VecDeque<Waiting>,
    /// The timer that looks after both, and when it is due.
    pub(crate) delivery: Option<(TimerId, Millis)>,
    /// It left too much unanswered: nothing is sent any more.
    pub(crate) stalled: bool,
}

/// All connected clients.
#[derive(Debug)]
pub(crate) struct Clients<S> {
    states: Slab<ClientState<S>>,
    /// The connections of each id, the newest last. Nearly always one.
    by_id: HashMap<Arc<str>, Vec<(Generation, ClientIndex)>>,
}

impl<S> Default for Clients<S> {
    fn default() -> Self {
        Self { states: Slab::new(), by_id: HashMap::new() }
    }
}

impl<S> Clients<S> {
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// Takes in a client, unless a connection of its id that is as new is there.
    pub(crate) fn insert(
        &mut self,
        client: ClientId,
        info: ClientInfo,
        connected: WallTime,
        sink: S,
    ) -> bool {
        let ClientId::Connection { id, generation } = &client else { return false };
        let Ok(index) = u32::try_from(self.states.vacant_key()).map(ClientIndex) else {
            return false;
        };
        let connections = self.by_id.entry(id.clone()).or_default();
        if connections.last().is_some_and(|(newest, _)| newest >= generation) {
            return false;
        }
        connections.push((*generation, index));
        self.states.insert(ClientState {
            id: client,
            info,
            connected,
            sink,
            published: HashMap::new(),
            subscribed: HashMap::new(),
            patterns: HashSet::new(),
            in_flight: VecDeque::new(),
            waiting: VecDeque::new(),
            delivery: None,
            stalled: false,
        });
        true
    }

    /// The client, if it is connected and no newer connection has its id.
    pub(crate) fn find(&self, client: &ClientId) -> Option<ClientIndex> {
        let ClientId::Connection { id, generation } = client else { return None };
        let (newest, index) = self.by_id.get(id)?.last()?;
        (newest == generation).then_some(*index)
    }

    /// The newest connection of this id.
    pub(crate) fn find_id(&self, id: &str) -> Option<ClientIndex> {
        self.by_id.get(id)?.last().map(|(_, index)| *index)
    }

    /// Takes out a connection, whether or not there is a newer one.
    pub(crate) fn remove(&mut self, client: &ClientId) -> Option<(ClientIndex, ClientState<S>)> {
        let ClientId::Connection { id, generation } = client else { return None };
        let connections = self.by_id.get_mut(id)?;
        let position = connections.iter().position(|(other, _)| other == generation)?;
        let (_, index) = connections.remove(position);
        if connections.is_empty() {
            self.by_id.remove(id);
        }
        Some((index, self.states.try_remove(index.0 as usize)?))
    }

    pub(crate) fn get(&self, index: ClientIndex) -> Option<&ClientState<S>> {
        self.states.get(index.0 as usize)
    }

    pub(crate) fn get_mut(&mut self, index: ClientIndex) -> Option<&mut ClientState<S>> {
        self.states.get_mut(index.0 as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ClientState<S>> {
        self.states.iter().map(|(_, state)| state)
    }
}
