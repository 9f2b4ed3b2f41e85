//! What the registry costs: nanoseconds a call and bytes an instance.
//!
//! `cargo run --release -p seawall-registry --example registry_costs [instances]`

use std::{sync::Arc, time::Duration};

use seawall_clock::{Clock, SystemClock};
use seawall_registry::{
    Beat, ClientId, ClientInfo, EncodedPush, Generation, Instance, Push, PushSink, Query, Registry,
    RegistrySettings, ServiceKey,
};
use seawall_store::MemoryStore;
use seawall_topology::Namespace;

const INSTANCES_PER_SERVICE: usize = 10;

struct Nowhere;

impl PushSink for Nowhere {
    fn encode(&self, _: &Push) -> Option<EncodedPush> {
        None
    }
    fn send(&self, _: &Push, _: EncodedPush) {}
    fn stalled(&self) {}
}

struct Bench {
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    instances: usize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instances = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = MemoryStore::new(clock.clone());
    let registry = Registry::open(store, clock.clone(), RegistrySettings::default()).await?;
    while !registry.ready() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Bench { registry, clock, instances }.run();
    Ok(())
}

impl Bench {
    fn run(&self) {
        let empty = resident_bytes();
        let clients: Vec<_> = (0..100)
            .map(|number| ClientId::connection(format!("client-{number}"), Generation::new(1)))
            .collect();
        for client in &clients {
            self.registry.connect(client.clone(), ClientInfo::default(), Arc::new(Nowhere));
        }
        // A client has one instance in a service, so the turns differ from service to service.
        let nobody = ClientId::heartbeat("", 0);
        let owner = |number: usize| {
            let turn = number + number / self.services();
            clients.get(turn % clients.len()).unwrap_or(&nobody)
        };
        self.measure("register, connected", |number| {
            let (service, instance) = (self.service(number), self.instance(number));
            let _ = self.registry.register(owner(number), service, instance);
        });
        assert_eq!(self.registry.counts().instances, self.instances);
        self.report_bytes("an instance, connected", empty);
        self.measure("query, cached or first", |number| {
            self.registry.query(&self.service(number), &Query::all());
        });
        self.report_bytes("an instance, connected, with views", empty);
        self.measure("query, cached", |number| {
            self.registry.query(&self.service(number), &Query::all());
        });
        self.measure("register again, unchanged", |number| {
            let (service, instance) = (self.service(number), self.instance(number));
            let _ = self.registry.register(owner(number), service, instance);
        });
        self.measure("deregister, connected", |number| {
            let address = self.instance(number).address();
            let _ = self.registry.deregister(owner(number), &self.service(number), &address);
        });
        let empty = resident_bytes();
        self.measure("register, heartbeat", |number| {
            let instance = self.instance(number);
            let client = ClientId::heartbeat(instance.ip.clone(), instance.port);
            let _ = self.registry.register(&client, self.service(number), instance);
        });
        self.report_bytes("an instance, heartbeat (in reused memory)", empty);
        self.measure("beat", |number| {
            let beat = Beat { address: self.instance(number).address(), instance: None };
            let _ = self.registry.beat(&self.service(number), beat);
        });
    }

    fn services(&self) -> usize {
        (self.instances / INSTANCES_PER_SERVICE).max(1)
    }

    fn service(&self, number: usize) -> ServiceKey {
        let name = format!("service-{:06}", number % self.services());
        match ServiceKey::parse(Namespace::public(), "DEFAULT_GROUP", &name) {
            Ok(key) => key,
            Err(error) => unreachable!("{error}"),
        }
    }

    fn instance(&self, number: usize) -> Instance {
        let ip = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
        Instance::new(ip, 8080)
    }

    fn measure(&self, what: &str, mut call: impl FnMut(usize)) {
        let before = self.clock.now();
        (0..self.instances).for_each(&mut call);
        let nanos = (self.clock.now() - before).as_nanos() / self.instances as u128;
        println!("{nanos:>8} ns  {what}");
    }

    fn report_bytes(&self, what: &str, before: usize) {
        let bytes = resident_bytes().saturating_sub(before) / self.instances;
        println!("{bytes:>8} B   {what}");
    }
}

/// Resident memory of this process, where the system tells it.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|text| text.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
