//! What is seen from outside.

use super::*;
use crate::{GroupFilter, GroupName, PageRequest, ServiceFilter};

fn names(
    world: &World,
    filter: &ServiceFilter,
    number: usize,
    size: usize,
) -> (usize, Vec<String>) {
    let page = world.core.list_services(filter, PageRequest { number, size });
    (page.total, page.services.iter().map(|service| service.key.name.to_string()).collect())
}

#[test]
fn pages_of_many_services_are_sorted_complete_and_without_repetition() {
    let mut world = World::new();
    let client = world.connect("a");
    for number in 0..1_050 {
        let group = if number % 3 == 0 { "g1" } else { "g2" };
        let name = format!("{group}@@s{number:04}");
        world.register(&client, &name, instance(1)).unwrap();
    }
    let filter = ServiceFilter::default();
    let mut seen = Vec::new();
    for number in 1..=11 {
        let page = world.core.list_services(&filter, PageRequest { number, size: 100 });
        assert_eq!(page.total, 1_050);
        seen.extend(page.services.into_iter().map(|service| service.key));
    }
    assert_eq!(seen.len(), 1_050);
    assert!(seen.is_sorted());
    let group = GroupFilter::Is("g1".parse().unwrap());
    let (total, page) = names(&world, &ServiceFilter { group, ..Default::default() }, 2, 2);
    assert_eq!((total, page), (350, vec!["s0006".to_owned(), "s0009".to_owned()]));
    assert_eq!(names(&world, &filter, 999, 10), (1_050, vec![]));
}

#[test]
fn filters_are_by_namespace_group_name_and_instances() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "shop@@Order", instance(1)).unwrap();
    world.register(&client, "shop@@pay", instance(1)).unwrap();
    world.apply(StoredChange::Definition(key("back@@order-log"), Some(Box::default())));
    let filter = |name: &str, group, with_instances| ServiceFilter {
        name_contains: name.to_owned(),
        group,
        with_instances,
        ..Default::default()
    };
    let listed = |filter: ServiceFilter| names(&world, &filter, 1, 10).1;
    assert_eq!(listed(filter("order", GroupFilter::Any, false)), ["order-log", "Order"]);
    assert_eq!(listed(filter("order", GroupFilter::Any, true)), ["Order"]);
    assert_eq!(
        listed(filter("", GroupFilter::Contains("SHO".to_owned()), false)),
        ["Order", "pay"]
    );
    assert_eq!(listed(filter("", GroupFilter::Is(GroupName::default()), false)), [] as [String; 0]);
    let elsewhere = ServiceFilter { namespace: "dev".parse().unwrap(), ..Default::default() };
    assert_eq!(names(&world, &elsewhere, 1, 10).0, 0);
}

#[test]
fn namespaces_do_not_meet() {
    let mut world = World::new();
    let client = world.connect("a");
    let dev = ServiceKey::parse("dev".parse().unwrap(), "", "s").unwrap();
    world
        .call(|core, at, effects| core.register(at, &client, dev.clone(), instance(1), effects))
        .unwrap();
    world.register(&client, "s", instance(2)).unwrap();
    assert_eq!(world.ports("s"), [2]);
    assert_eq!(ports_of(&world.core.view(&dev, &Query::all())), [1]);
}

#[test]
fn an_empty_service_is_cleaned_up_after_a_minute_unless_it_fills_again() {
    let mut world = World::new();
    let client = world.connect("a");
    for service in ["s", "t"] {
        world.register(&client, service, instance(1)).unwrap();
        world.deregister(&client, service, 1);
    }
    world.pass(59_999);
    assert_eq!(world.core.counts().services, 2);
    world.register(&client, "t", instance(1)).unwrap();
    world.pass(1);
    assert_eq!(names(&world, &ServiceFilter::default(), 1, 10).1, ["t"]);
    world.core.take_memory_change();
    world.pass(60_000);
    assert_eq!(world.core.services.len(), 1, "nothing is left of the other");
}

#[test]
fn clients_are_found_with_what_they_publish_and_subscribe_to() {
    let mut world = World::new();
    let client = world.connect("conn");
    world.register(&client, "s", instance(1)).unwrap();
    let at = world.at();
    world.core.subscribe(at, &client, key("t"), vec!["c1".parse().unwrap()]).unwrap();
    let heartbeat = ClientId::heartbeat("10.0.0.1", 2);
    world.register(&heartbeat, "s", instance(2)).unwrap();
    world.apply(StoredChange::Instance(key("p"), instance(3)));

    let ids: Vec<_> = world.core.clients().iter().map(ClientId::to_string).collect();
    assert_eq!(ids, ["conn", "10.0.0.1:2#true", "10.0.0.1:3#false"]);
    let detail = world.core.client("conn").unwrap();
    assert_eq!((detail.published, detail.subscribed), (1, 1));
    assert_eq!(world.core.client("10.0.0.1:2#true").unwrap().client, heartbeat);
    assert_eq!(world.core.client("nobody"), None);
    let published = |id| -> Vec<_> {
        world.core.published_by(id).iter().map(|(s, i)| (s.name.to_string(), i.port)).collect()
    };
    assert_eq!(published("conn"), [("s".to_owned(), 1)]);
    assert_eq!(published("10.0.0.1:3#false"), [("p".to_owned(), 3)]);
    let subscribed = world.core.subscribed_by("conn");
    assert_eq!(subscribed, world.core.subscribers(&key("t")));
    assert_eq!(subscribed[0].clusters, ["c1".parse().unwrap()]);
    let owners: Vec<_> =
        world.core.publishers(&key("s")).iter().map(|p| p.client.to_string()).collect();
    assert_eq!(owners, ["conn", "10.0.0.1:2#true"]);
}
