//! The registry's decisions: who is registered, who is told what and when.
//!
//! [`RegistryCore`] is a plain state machine. Every call that changes something is
//! one event: it takes the moment it happens at and appends what is to be done
//! outside to a list of [`Effect`]s. Time reaches it through
//! [`RegistryCore::tick`], which the shell calls when [`RegistryCore::next_due`]
//! is reached. No socket, task, lock on shared state, clock or random source.
//!
//! ```text
//!   connect, register, beat, subscribe, stored changes, check results, tick
//!                                   |
//!                 services: slots (address -> instance, owner), shadows,
//!                           edits, subscribers, cached views
//!                 clients:  published, subscribed, pushes in flight
//!                 timers:   push delay, beats, acknowledgements, clean-up
//!                                   |
//!            Effect::Push, Effect::Stalled, Effect::Check, Effect::Warmed
//! ```

mod admission;
mod clients;
mod costs;
mod delivery;
mod edits;
mod effect;
mod fuzzy;
mod heartbeat;
mod lists;
mod owners;
mod pool;
mod register;
mod service;
mod services;
mod slots;
mod stored;
mod subscribe;
mod tick;
mod timers;
mod views;
mod warming;

use hashbrown::{HashMap, HashSet};

use clients::Clients;
use fuzzy::WatchedPattern;
use pool::Pool;
use services::{ServiceIndex, Services};
use timers::Timers;

pub(crate) use delivery::Tally;
pub(crate) use edits::Overlay;
pub(crate) use effect::{CheckChange, CheckPlan, Effect, Effects};
pub(crate) use stored::{StoredChange, StoredState};
pub(crate) use timers::{Millis, Moment};
pub(crate) use warming::{Memory, MemoryChange};

use crate::{RegistrySettings, ServicePattern};

/// All services, clients and what is due. `S` says where a client's pushes go; the
/// core only hands it back.
#[derive(Debug)]
pub(crate) struct RegistryCore<S> {
    settings: RegistrySettings,
    services: Services,
    clients: Clients<S>,
    timers: Timers,
    pool: Pool,
    patterns: HashMap<ServicePattern, WatchedPattern>,
    /// Services whose remembered size may be out of date.
    unremembered: HashSet<ServiceIndex>,
    instances: usize,
    subscriptions: usize,
    last_push: u64,
    /// New services begin later than this: no client has seen a later time of a
    /// service that is not known now.
    ref_time_floor: u64,
    /// The latest time given to any service.
    ref_time_last: u64,
    /// What is stored has been read.
    loaded: bool,
    /// The process is about to end; see [`Self::freeze`].
    frozen: bool,
    tally: Tally,
}

impl<S: Clone> RegistryCore<S> {
    /// A registry that knows nothing yet, not even what is stored.
    pub(crate) fn new(settings: RegistrySettings) -> Self {
        Self {
            settings,
            services: Services::default(),
            clients: Clients::default(),
            timers: Timers::default(),
            pool: Pool::default(),
            patterns: HashMap::new(),
            unremembered: HashSet::new(),
            instances: 0,
            subscriptions: 0,
            last_push: 0,
            ref_time_floor: 0,
            ref_time_last: 0,
            loaded: false,
            frozen: false,
            tally: Tally::default(),
        }
    }

    /// From now on nothing is pushed, and nobody's instances go because its connection
    /// or its beats do: that happens because the process ends.
    pub(crate) fn freeze(&mut self) {
        self.frozen = true;
    }

    /// When [`Self::tick`] has something to do next.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.timers.next_due()
    }

    /// What was pushed so far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }
}

#[cfg(test)]
mod tests;
