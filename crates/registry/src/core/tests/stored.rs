//! What is stored: instances, definitions, operators' edits.

use super::*;
use crate::{
    ClusterDefinition, ClusterName, HealthChecker, InstanceEdit, MetadataEdit, ServiceDefinition,
};

fn edits(weight: f64) -> Option<Overlay> {
    let labels = Labels::from([("by".to_owned(), "operator".to_owned())]);
    let metadata = MetadataEdit::Merge(labels);
    Some(Overlay::default().then(InstanceEdit { weight: Some(weight), enabled: None, metadata }))
}

#[test]
fn a_stored_instance_stays_without_any_client() {
    let mut world = World::new();
    world.apply(StoredChange::Instance(key("s"), instance(1)));
    world.pass(1_000_000);
    assert_eq!(world.ports("s"), [1]);
    assert!(!world.view("s").instances[0].ephemeral);
    world.apply(StoredChange::InstanceGone(key("s"), address(1)));
    assert_eq!(world.ports("s"), [] as [u16; 0]);
}

#[test]
fn operators_edits_outlive_a_new_registration() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "s", labelled(1, &[("k", "v")])).unwrap();
    world.apply(StoredChange::Edits(key("s"), address(1), edits(7.0)));
    let edited = |world: &World| {
        let view = world.view("s");
        let instance = &view.instances[0];
        (instance.weight, instance.metadata.get("by").cloned(), instance.metadata.len())
    };
    assert_eq!(edited(&world), (7.0, Some("operator".to_owned()), 2));
    world.disconnect(&client);
    world.pass(100_000);
    let client = world.connect_again("a", 2);
    world.register(&client, "s", labelled(1, &[("k", "other")])).unwrap();
    assert_eq!(edited(&world), (7.0, Some("operator".to_owned()), 2));
    world.apply(StoredChange::Edits(key("s"), address(1), None));
    assert_eq!(edited(&world), (1.0, None, 1));
}

#[test]
fn edits_of_absent_instances_are_known_and_keep_the_service_unlisted() {
    let mut world = World::new();
    world.apply(StoredChange::Edits(key("s"), address(1), edits(2.0)));
    assert_eq!(world.core.absent_edits(), [(key("s"), address(1))]);
    assert_eq!(world.core.counts().services, 0);
    world.apply(StoredChange::Edits(key("s"), address(1), None));
    assert_eq!(world.core.services.len(), 0);
}

#[test]
fn a_definition_keeps_a_service_that_has_no_instances() {
    let mut world = World::new();
    let definition = ServiceDefinition { ephemeral: Some(false), ..Default::default() };
    world.apply(StoredChange::Definition(key("s"), Some(Box::new(definition))));
    world.pass(1_000_000);
    let detail = world.core.service(&key("s")).unwrap();
    assert_eq!((detail.definition.ephemeral, detail.clusters.len()), (Some(false), 0));
    world.apply(StoredChange::Definition(key("s"), None));
    world.pass(60_000);
    assert_eq!(world.core.service(&key("s")), None);
}

#[test]
fn a_reset_takes_away_what_is_not_in_it() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "ephemeral", instance(9)).unwrap();
    for port in [1, 2] {
        world.apply(StoredChange::Instance(key("s"), instance(port)));
    }
    world.apply(StoredChange::Edits(key("s"), address(1), edits(2.0)));
    world.apply(StoredChange::Definition(key("d"), Some(Box::default())));
    let state = vec![StoredChange::Instance(key("s"), instance(2))];
    let before = world.view("s").last_ref_time;
    world.call(|core, at, effects| core.reset_stored(at, state.clone(), effects));
    assert_eq!((world.ports("s"), world.ports("ephemeral")), (vec![2], vec![9]));
    assert_eq!(world.core.edited(&key("s")), []);
    assert!(world.core.services.find_state(&key("d")).unwrap().definition.is_none());
    let after = world.view("s").last_ref_time;
    assert!(after > before);
    world.call(|core, at, effects| core.reset_stored(at, state, effects));
    assert_eq!(world.view("s").last_ref_time, after, "the same again changes nothing");
}

#[test]
fn stored_instances_are_checked_as_their_cluster_says() {
    let mut world = World::new();
    world.apply(StoredChange::Instance(key("s"), instance(1)));
    let plan = CheckPlan { checker: HealthChecker::Tcp, port: 1, healthy: true };
    let expected = |plan| CheckChange { service: key("s"), address: address(1), plan };
    assert_eq!(std::mem::take(&mut world.checks), [expected(Some(plan))]);
    let cluster =
        |checker| ClusterDefinition { checker, check_port: Some(99), ..Default::default() };
    let define = |checker| {
        let clusters = [(ClusterName::default(), cluster(checker))].into();
        let definition = ServiceDefinition { clusters, ..Default::default() };
        StoredChange::Definition(key("s"), Some(Box::new(definition)))
    };
    world.apply(define(HealthChecker::Tcp));
    let plan = CheckPlan { checker: HealthChecker::Tcp, port: 99, healthy: true };
    assert_eq!(std::mem::take(&mut world.checks), [expected(Some(plan))]);
    world.apply(define(HealthChecker::None));
    assert_eq!(std::mem::take(&mut world.checks), [expected(None)]);
    world.apply(StoredChange::InstanceGone(key("s"), address(1)));
    assert_eq!(world.checks, [expected(None)]);
}

#[test]
fn what_a_check_found_outlives_a_new_registration_that_says_nothing_new() {
    let mut world = World::new();
    world.apply(StoredChange::Instance(key("s"), instance(1)));
    world.apply(StoredChange::Instance(key("s"), instance(2)));
    world.call(|core, at, _| core.report_health(at, &key("s"), &address(1), false));
    let healthy = |world: &World| world.core.instance(&key("s"), &address(1)).unwrap().healthy;
    assert!(!healthy(&world));
    world.apply(StoredChange::Instance(key("s"), labelled(1, &[("k", "v")])));
    assert!(!healthy(&world));
    let client = world.connect("a");
    world.register(&client, "e", instance(1)).unwrap();
    world.call(|core, at, _| core.report_health(at, &key("e"), &address(1), false));
    assert!(world.core.instance(&key("e"), &address(1)).unwrap().healthy, "not a stored one");
}
