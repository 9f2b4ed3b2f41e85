//! What subscribers see.

use super::*;
use crate::{ClusterName, Completeness, ServiceDefinition};

fn define(world: &mut World, service: &str, definition: ServiceDefinition) {
    world.apply(StoredChange::Definition(key(service), Some(Box::new(definition))));
}

fn store(world: &mut World, service: &str, port: u16, healthy: bool) {
    world.apply(StoredChange::Instance(key(service), Instance { healthy, ..instance(port) }));
}

#[test]
fn t04_the_time_of_a_service_grows_with_every_change() {
    let mut world = World::new();
    let client = world.connect("a");
    let mut last = world.view("s").last_ref_time;
    for port in 0..100 {
        // The wall clock stands still, then goes back by an hour.
        world.wall = if port < 50 { NOON } else { NOON - 3_600_000 };
        world.register(&client, "s", instance(port)).unwrap();
        let time = world.view("s").last_ref_time;
        assert!(time > last, "{time} after {last}");
        last = time;
    }
    world.wall = NOON + 10_000;
    world.register(&client, "s", instance(200)).unwrap();
    let ahead = world.view("s").last_ref_time - world.wall;
    assert!(ahead <= 1, "it follows the wall when it can");
}

#[test]
fn t04_a_service_that_was_gone_comes_back_with_a_later_time() {
    let mut world = World::new();
    let client = world.connect("a");
    for port in 0..10 {
        world.register(&client, "s", instance(port)).unwrap();
    }
    world.deregister(&client, "s", 9);
    let gone = world.view("s").last_ref_time;
    world.pass(60_000);
    world.core.take_memory_change();
    assert!(world.core.services.find(&key("s")).is_none());
    world.wall = NOON - 1;
    assert!(world.view("s").last_ref_time >= gone);
    world.register(&client, "s", instance(1)).unwrap();
    assert!(world.view("s").last_ref_time > gone);
}

#[test]
fn t04_times_go_on_after_a_restart_even_if_the_wall_went_back() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    let before = world.view("s").last_ref_time;
    let MemoryChange { ref_time, services } = world.core.take_memory_change().unwrap();

    let mut world = World::starting(RegistrySettings::default(), Memory { ref_time, services });
    world.wall = NOON - 1_000_000;
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    assert!(world.view("s").last_ref_time > before);
}

#[test]
fn t14_disabled_instances_are_not_shown_and_unhealthy_ones_only_to_those_who_ask() {
    let mut world = World::new();
    store(&mut world, "s", 1, true);
    store(&mut world, "s", 2, false);
    let disabled = Instance { enabled: false, ..instance(3) };
    world.apply(StoredChange::Instance(key("s"), disabled));
    assert_eq!(world.ports("s"), [1, 2]);
    let healthy_only = Query { healthy_only: true, ..Query::default() };
    assert_eq!(ports_of(&world.core.view(&key("s"), &healthy_only)), [1]);
    assert_eq!(world.core.instances(&key("s"), None).len(), 3);
}

#[test]
fn t14_at_the_protect_threshold_all_are_shown_as_healthy() {
    let table = [(0.5, true), (0.49, false), (1.0, true), (0.0, false)];
    for (protect_threshold, reached) in table {
        let mut world = World::new();
        define(&mut world, "s", ServiceDefinition { protect_threshold, ..Default::default() });
        store(&mut world, "s", 1, true);
        store(&mut world, "s", 2, false);
        let healthy_only = Query { healthy_only: true, ..Query::default() };
        let view = world.core.view(&key("s"), &healthy_only);
        assert_eq!(view.reached_protection, reached, "1 of 2 healthy at {protect_threshold}");
        assert_eq!(ports_of(&view), if reached { vec![1, 2] } else { vec![1] });
        assert!(view.instances.iter().all(|instance| instance.healthy));
    }
}

#[test]
fn t14_no_instances_do_not_reach_the_threshold_but_none_healthy_do() {
    let mut world = World::new();
    define(&mut world, "s", ServiceDefinition { protect_threshold: 1.0, ..Default::default() });
    assert!(!world.view("s").reached_protection, "0 of 0");
    store(&mut world, "t", 1, false);
    let view = world.view("t");
    assert!(view.reached_protection && view.instances[0].healthy, "0 of 1 is at most 0");
}

#[test]
fn t14_a_cluster_list_filters_and_is_echoed() {
    let mut world = World::new();
    for (port, cluster) in [(1, "a"), (2, "b"), (3, "c")] {
        let cluster = cluster.parse().unwrap();
        world.apply(StoredChange::Instance(key("s"), Instance { cluster, ..instance(port) }));
    }
    let query = Query::of_clusters(ClusterName::parse_list("c,a").unwrap());
    let view = world.core.view(&key("s"), &query);
    assert_eq!((ports_of(&view), view.clusters.as_str()), (vec![1, 3], "c,a"));
    assert_eq!(world.view("s").clusters, "");
}

#[test]
fn the_selector_shows_only_instances_with_its_labels() {
    let mut world = World::new();
    let client = world.connect("a");
    let selector = "zone in (a, b), !canary".parse().unwrap();
    define(&mut world, "s", ServiceDefinition { selector, ..Default::default() });
    let instances = vec![
        labelled(1, &[("zone", "a")]),
        labelled(2, &[("zone", "c")]),
        labelled(3, &[("zone", "b"), ("canary", "yes")]),
    ];
    world
        .call(|core, at, effects| core.batch_register(at, &client, key("s"), instances, effects))
        .unwrap();
    assert_eq!(world.ports("s"), [1]);
}

#[test]
fn the_same_query_shares_one_view_until_something_changes() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    let view = world.view("s");
    assert!(Arc::ptr_eq(&view, &world.view("s")));
    world.register(&client, "s", instance(1)).unwrap();
    assert!(Arc::ptr_eq(&view, &world.view("s")), "the same again changes nothing");
    world.register(&client, "s", labelled(1, &[("k", "v")])).unwrap();
    let changed = world.view("s");
    assert!(!Arc::ptr_eq(&view, &changed));
    assert_ne!(view.checksum, changed.checksum);
}

#[test]
fn an_unknown_service_is_told_from_an_empty_one() {
    let mut world = World::new();
    assert_eq!(world.view("s").completeness, Completeness::Unknown);
    let client = world.connect("a");
    world.subscribe(&client, "s");
    assert_eq!(world.view("s").completeness, Completeness::Unknown, "asking does not make it");
    define(&mut world, "s", ServiceDefinition::default());
    assert_eq!(world.view("s").completeness, Completeness::Complete);
}
