//! Scenarios and properties of the core.

mod fuzzy;
mod heartbeats;
mod lists;
mod model;
mod ownership;
mod pushes;
mod restarts;
mod stored;
mod views;

use std::{sync::Arc, time::Duration};

use seawall_clock::{Instant, WallTime};
use seawall_topology::{Labels, Namespace};

use super::*;
use crate::{
    ClientId, ClientInfo, FuzzyChange, Generation, Instance, InstanceAddress, Push, PushBody,
    PushId, Query, RegisterError, ServiceKey, ServiceView,
};

/// Noon of some day.
const NOON: u64 = 1_700_000_000_000;

/// A core, a clock that stands until it is moved, and what came out so far.
struct World {
    core: RegistryCore<&'static str>,
    now: Duration,
    wall: u64,
    pushes: Vec<(&'static str, Push)>,
    stalled: Vec<&'static str>,
    checks: Vec<CheckChange>,
}

impl World {
    fn new() -> Self {
        // A first change waits as long as the others: most scenarios are about merging.
        Self::with(RegistrySettings { push_first_ms: 500, ..RegistrySettings::default() })
    }

    /// A node that started on an empty store.
    fn with(settings: RegistrySettings) -> Self {
        let mut world = Self::starting(settings, Memory::default());
        world.call(|core, at, effects| core.reset_stored(at, Vec::new(), effects));
        world
    }

    /// A node that has not read the store yet.
    fn starting(settings: RegistrySettings, memory: Memory) -> Self {
        let mut world = Self {
            core: RegistryCore::new(settings),
            now: Duration::from_secs(1),
            wall: NOON,
            pushes: Vec::new(),
            stalled: Vec::new(),
            checks: Vec::new(),
        };
        world.call(|core, at, effects| core.recall(at, memory, effects));
        world
    }

    fn at(&self) -> Moment {
        let now = Millis::at(Instant::from_start(self.now));
        Moment { now, wall: WallTime::from_millis(self.wall) }
    }

    fn call<R>(
        &mut self,
        event: impl FnOnce(&mut RegistryCore<&'static str>, Moment, &mut Effects<&'static str>) -> R,
    ) -> R {
        let at = self.at();
        let mut effects = Effects::new();
        let answer = event(&mut self.core, at, &mut effects);
        for effect in effects {
            match effect {
                Effect::Push { to, push } => self.pushes.push((to, push)),
                Effect::Stalled { to } => self.stalled.push(to),
                Effect::Check(change) => self.checks.push(change),
                Effect::Warmed(_) => {}
            }
        }
        answer
    }

    /// Moves both clocks on, stopping wherever something is due.
    fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some(due) = self.core.next_due().map(|due| due.instant().since_start())
            && due <= end
        {
            let step = due.saturating_sub(self.now);
            self.now += step;
            self.wall += u64::try_from(step.as_millis()).unwrap();
            self.call(|core, at, effects| core.tick(at, effects));
        }
        self.wall += u64::try_from(end.saturating_sub(self.now).as_millis()).unwrap();
        self.now = end;
    }

    fn connect(&mut self, name: &'static str) -> ClientId {
        self.connect_again(name, 1)
    }

    fn connect_again(&mut self, name: &'static str, generation: u64) -> ClientId {
        let client = ClientId::connection(name, Generation::new(generation));
        self.call(|core, at, _| core.connect(at, client.clone(), ClientInfo::default(), name));
        client
    }

    fn disconnect(&mut self, client: &ClientId) {
        self.call(|core, at, effects| core.disconnect(at, client, effects));
    }

    fn register(
        &mut self,
        client: &ClientId,
        service: &str,
        instance: Instance,
    ) -> Result<(), RegisterError> {
        self.call(|core, at, effects| core.register(at, client, key(service), instance, effects))
    }

    fn batch(&mut self, client: &ClientId, service: &str, ports: &[u16]) {
        let instances = ports.iter().map(|port| instance(*port)).collect();
        self.call(|core, at, effects| {
            core.batch_register(at, client, key(service), instances, effects)
        })
        .unwrap();
    }

    fn deregister(&mut self, client: &ClientId, service: &str, port: u16) {
        self.call(|core, at, effects| {
            core.deregister(at, client, &key(service), &address(port), effects)
        })
        .unwrap();
    }

    fn subscribe(&mut self, client: &ClientId, service: &str) -> Arc<ServiceView> {
        let at = self.at();
        self.core.subscribe(at, client, key(service), Vec::new()).unwrap()
    }

    fn apply(&mut self, change: StoredChange) {
        self.call(|core, at, effects| core.apply_stored(at, change, effects));
    }

    fn view(&self, service: &str) -> Arc<ServiceView> {
        self.core.view(&key(service), &Query::all())
    }

    /// Ports of the instances that subscribers see.
    fn ports(&self, service: &str) -> Vec<u16> {
        ports_of(&self.view(service))
    }

    /// Takes out the service pushes so far: to whom, and the ports in them.
    fn told(&mut self) -> Vec<(&'static str, Vec<u16>)> {
        let pushes = std::mem::take(&mut self.pushes);
        let mut told: Vec<_> = pushes
            .into_iter()
            .filter_map(|(to, push)| match push.body {
                PushBody::Service(view) => Some((to, ports_of(&view))),
                _ => None,
            })
            .collect();
        told.sort();
        told
    }
}

fn key(name: &str) -> ServiceKey {
    ServiceKey::parse(Namespace::public(), "", name).unwrap()
}

fn instance(port: u16) -> Instance {
    Instance::new("10.0.0.1", port)
}

fn labelled(port: u16, pairs: &[(&str, &str)]) -> Instance {
    let labels: Labels = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Instance { metadata: Arc::new(labels), ..instance(port) }
}

fn address(port: u16) -> InstanceAddress {
    instance(port).address()
}

fn ports_of(view: &ServiceView) -> Vec<u16> {
    view.instances.iter().map(|instance| instance.port).collect()
}
