//! The core against a model so simple that it is plainly right.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CLIENTS: [&str; 3] = ["a", "b", "c"];
const SERVICES: [&str; 2] = ["s", "t"];

#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    Disconnect { client: usize, generations_ago: u64 },
    Register { client: usize, service: usize, port: u16 },
    Batch { client: usize, service: usize, ports: Vec<u16> },
    Deregister { client: usize, service: usize, port: u16 },
    Subscribe { client: usize, service: usize },
    Unsubscribe { client: usize, service: usize },
    Heartbeat { service: usize, port: u16 },
    AcknowledgeAll,
    Pass(u64),
    SetWall(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (client, service, port) = (0..CLIENTS.len(), 0..SERVICES.len(), 0u16..4);
    let ports = prop::collection::vec(port.clone(), 0..4);
    let step = prop_oneof![
        3 => client.clone().prop_map(Step::Connect),
        2 => (client.clone(), 0u64..3).prop_map(|(client, generations_ago)| {
            Step::Disconnect { client, generations_ago }
        }),
        6 => (client.clone(), service.clone(), port.clone())
            .prop_map(|(client, service, port)| Step::Register { client, service, port }),
        3 => (client.clone(), service.clone(), ports)
            .prop_map(|(client, service, ports)| Step::Batch { client, service, ports }),
        3 => (client.clone(), service.clone(), port.clone())
            .prop_map(|(client, service, port)| Step::Deregister { client, service, port }),
        2 => (client.clone(), service.clone())
            .prop_map(|(client, service)| Step::Subscribe { client, service }),
        1 => (client, service.clone())
            .prop_map(|(client, service)| Step::Unsubscribe { client, service }),
        2 => (service, port).prop_map(|(service, port)| Step::Heartbeat { service, port }),
        1 => Just(Step::AcknowledgeAll),
        3 => prop_oneof![0u64..700, 5_000u64..40_000, 60_000u64..70_000].prop_map(Step::Pass),
        1 => (NOON - 100_000..NOON + 100_000).prop_map(Step::SetWall),
    ];
    prop::collection::vec(step, 1..80)
}

/// What a connection has in each service, and whether it gave it as a batch.
type Sets = BTreeMap<usize, (bool, Vec<u16>)>;

/// Who has what, in the order it was registered; and the last beat of those that
/// live by beats.
#[derive(Default)]
struct Model {
    generations: [u64; 3],
    connected: BTreeMap<(usize, u64), Sets>,
    beats: BTreeMap<(usize, u16), Duration>,
}

impl Model {
    fn newest(&self, client: usize) -> Option<(usize, u64)> {
        let id = (client, self.generations[client]);
        self.connected.contains_key(&id).then_some(id)
    }

    fn ports(&self, service: usize) -> Vec<u16> {
        let owned = self.connected.values().filter_map(|sets| sets.get(&service));
        let mut ports: Vec<_> = owned.flat_map(|(_, ports)| ports.iter().copied()).collect();
        ports.extend(self.beats.keys().filter(|(s, _)| *s == service).map(|(_, port)| *port));
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    fn publish(&mut self, client: usize, service: usize, batch: bool, mut ports: Vec<u16>) {
        let Some(id) = self.newest(client) else { return };
        ports.sort_unstable();
        ports.dedup();
        // A connection takes an address over from a heartbeat for good.
        self.beats.retain(|(s, port), _| *s != service || !ports.contains(port));
        let sets = self.connected.get_mut(&id).unwrap();
        sets.insert(service, (batch, ports));
    }
}

fn id(client: usize, generation: u64) -> ClientId {
    ClientId::connection(CLIENTS[client], Generation::new(generation))
}

fn run(world: &mut World, model: &mut Model, step: Step) {
    match step {
        Step::Connect(client) => {
            model.generations[client] += 1;
            let generation = model.generations[client];
            world.connect_again(CLIENTS[client], generation);
            model.connected.insert((client, generation), BTreeMap::new());
        }
        Step::Disconnect { client, generations_ago } => {
            let generation = model.generations[client].saturating_sub(generations_ago);
            world.disconnect(&id(client, generation));
            model.connected.remove(&(client, generation));
        }
        Step::Register { client, service, port } => {
            let connected = model.newest(client).is_some();
            let client_id = id(client, model.generations[client]);
            let result = world.register(&client_id, SERVICES[service], instance(port));
            assert_eq!(result.is_ok(), connected);
            model.publish(client, service, false, vec![port]);
        }
        Step::Batch { client, service, ports } if model.newest(client).is_some() => {
            world.batch(&id(client, model.generations[client]), SERVICES[service], &ports);
            model.publish(client, service, true, ports);
        }
        Step::Deregister { client, service, port } if model.newest(client).is_some() => {
            let newest = model.newest(client).unwrap();
            world.deregister(&id(newest.0, newest.1), SERVICES[service], port);
            if let Some((batch, ports)) =
                model.connected.get_mut(&newest).unwrap().get_mut(&service)
            {
                ports.retain(|other| *batch && *other != port);
            }
        }
        Step::Subscribe { client, service } if model.newest(client).is_some() => {
            world.subscribe(&id(client, model.generations[client]), SERVICES[service]);
        }
        Step::Unsubscribe { client, service } => {
            world.core.unsubscribe(&id(client, model.generations[client]), &key(SERVICES[service]));
        }
        Step::Heartbeat { service, port } => {
            // Registering by heartbeat takes a free address, or its own again.
            let held = model
                .connected
                .values()
                .any(|sets| sets.get(&service).is_some_and(|(_, ports)| ports.contains(&port)));
            if !held {
                let client = ClientId::heartbeat("10.0.0.1", port);
                world.register(&client, SERVICES[service], instance(port)).unwrap();
                model.beats.insert((service, port), world.now);
            }
        }
        Step::AcknowledgeAll => {
            for push in 0..=world.core.last_push {
                for client in 0..CLIENTS.len() {
                    let client = id(client, model.generations[client]);
                    world.call(|core, at, _| core.acknowledge(at, &client, PushId::new(push)));
                }
            }
        }
        Step::Pass(millis) => {
            world.pass(millis);
            let now = world.now;
            model.beats.retain(|_, last| now - *last < Duration::from_secs(30));
        }
        Step::SetWall(wall) => world.wall = wall,
        _ => {}
    }
}

fn check_invariants(
    world: &World,
    model: &Model,
    last_ref_times: &mut BTreeMap<usize, (u64, Vec<u16>)>,
) {
    let mut total = 0;
    for (service, name) in SERVICES.iter().enumerate() {
        let view = world.view(name);
        let ports = ports_of(&view);
        assert_eq!(ports, model.ports(service), "instances of {name}");
        total += ports.len();
        let (time, before) = last_ref_times.entry(service).or_default();
        assert!(view.last_ref_time >= *time, "the time of {name} went back");
        assert!(ports == *before || view.last_ref_time > *time, "{name} changed at the same time");
        (*time, *before) = (view.last_ref_time, ports);
        let healthy_only =
            world.core.view(&key(name), &Query { healthy_only: true, ..Query::default() });
        let unhealthy = view.instances.iter().filter(|instance| !instance.healthy).count();
        assert_eq!(healthy_only.instances.len(), view.instances.len() - unhealthy);
    }
    let counts = world.core.counts();
    assert_eq!(counts.instances, total);
    assert_eq!(counts.clients, model.connected.len());
    let subscribers: usize =
        SERVICES.iter().map(|name| world.core.subscribers(&key(name)).len()).sum();
    assert_eq!(counts.subscriptions, subscribers);
    // Nobody owns an instance but a client that is connected or a heart that beats.
    for name in SERVICES {
        for publisher in world.core.publishers(&key(name)) {
            let ClientId::Connection { id, generation } = &publisher.client else { continue };
            let client = CLIENTS.iter().position(|name| **name == **id).unwrap();
            assert!(model.connected.contains_key(&(client, generation.get())), "an orphan");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_core_agrees_with_the_model(steps in steps()) {
        let mut world = World::new();
        let mut model = Model::default();
        let mut times = BTreeMap::new();
        for step in steps {
            run(&mut world, &mut model, step);
            check_invariants(&world, &model, &mut times);
        }
        // When all are gone, nothing is left but what time takes away.
        for client in 0..CLIENTS.len() {
            for generation in 0..=model.generations[client] {
                world.disconnect(&id(client, generation));
            }
        }
        world.pass(200_000);
        while world.core.take_memory_change().is_some() {}
        prop_assert_eq!(world.core.services.len(), 0);
        prop_assert_eq!(world.core.counts(), crate::RegistryCounts::default());
    }
}
