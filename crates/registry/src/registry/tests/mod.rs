//! The registry with its store and its tasks, on paused time.

mod clients;
mod restart;
mod stored;

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use seawall_clock::{Clock, Instant, WallTime};
use seawall_store::{MemoryStore, Store};
use seawall_topology::Namespace;

use crate::{
    ClientId, ClientInfo, EncodedPush, Generation, Instance, InstanceAddress, Push, PushBody,
    PushSink, Query, Registry, RegistrySettings, ServiceKey,
};

/// Reads the runtime's clock, which tests pause.
struct RuntimeClock(tokio::time::Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> Instant {
        Instant::from_start(self.0.elapsed())
    }

    fn wall(&self) -> WallTime {
        WallTime::from_millis(1_700_000_000_000).after(self.0.elapsed())
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(RuntimeClock(tokio::time::Instant::now()))
}

fn store() -> Arc<dyn Store> {
    MemoryStore::new(clock())
}

async fn open(store: &Arc<dyn Store>) -> Arc<Registry> {
    open_with(store, RegistrySettings::default()).await
}

async fn open_with(store: &Arc<dyn Store>, settings: RegistrySettings) -> Arc<Registry> {
    let registry = Registry::open(store.clone(), clock(), settings).await.unwrap();
    until(|| registry.ready()).await;
    registry
}

/// Lets time pass in small steps until it is so; at most ten minutes.
async fn until(mut so: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not become so");
}

/// Keeps the pushes a client gets.
#[derive(Default)]
struct Inbox {
    pushes: Mutex<Vec<Push>>,
    stalled: Mutex<bool>,
}

impl PushSink for Inbox {
    fn encode(&self, _: &Push) -> Option<EncodedPush> {
        Some(EncodedPush::default())
    }

    fn send(&self, push: &Push, _: EncodedPush) {
        self.pushes.lock().push(push.clone());
    }

    fn stalled(&self) {
        *self.stalled.lock() = true;
    }
}

impl Inbox {
    /// The ports of each service push so far.
    fn lists(&self) -> Vec<Vec<u16>> {
        let pushes = self.pushes.lock();
        let views = pushes.iter().filter_map(|push| match &push.body {
            PushBody::Service(view) => Some(view.instances.iter().map(|i| i.port).collect()),
            _ => None,
        });
        views.collect()
    }
}

fn connect(registry: &Registry, name: &str) -> (ClientId, Arc<Inbox>) {
    let client = ClientId::connection(name, Generation::new(1));
    let inbox = Arc::new(Inbox::default());
    registry.connect(client.clone(), ClientInfo::default(), inbox.clone());
    (client, inbox)
}

fn key(name: &str) -> ServiceKey {
    ServiceKey::parse(Namespace::public(), "", name).unwrap()
}

fn instance(port: u16) -> Instance {
    Instance::new("10.0.0.1", port)
}

fn address(port: u16) -> InstanceAddress {
    instance(port).address()
}

fn ports(registry: &Registry, service: &str) -> Vec<u16> {
    let view = registry.query(&key(service), &Query::all());
    view.instances.iter().map(|instance| instance.port).collect()
}
