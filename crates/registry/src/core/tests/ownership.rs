//! Who owns an instance, and when it goes.

use super::*;

#[test]
fn an_instance_goes_with_its_connection() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    assert_eq!(world.ports("s"), [1]);
    world.disconnect(&client);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
    assert_eq!(world.core.counts().instances, 0);
}

#[test]
fn t10_a_late_disconnect_of_an_old_generation_leaves_the_new_registration() {
    let mut world = World::new();
    let old = world.connect_again("a", 1);
    world.register(&old, "s", instance(1)).unwrap();
    let new = world.connect_again("a", 2);
    world.register(&new, "s", instance(1)).unwrap();
    world.disconnect(&old);
    assert_eq!(world.ports("s"), [1]);
    world.disconnect(&old);
    assert_eq!(world.ports("s"), [1], "told twice is told once");
    world.disconnect(&new);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
}

#[test]
fn t10_a_late_disconnect_of_another_connection_leaves_the_new_registration() {
    let mut world = World::new();
    let (old, new) = (world.connect("conn-1"), world.connect("conn-2"));
    world.register(&old, "s", instance(1)).unwrap();
    world.register(&new, "s", labelled(1, &[("from", "new")])).unwrap();
    world.disconnect(&old);
    assert_eq!(world.view("s").instances[0].metadata["from"], "new");
}

#[test]
fn t10_an_old_generation_can_do_nothing_once_a_new_one_is_there() {
    let mut world = World::new();
    let old = world.connect_again("a", 1);
    let new = world.connect_again("a", 2);
    world.register(&new, "s", instance(1)).unwrap();
    let refused = world.register(&old, "s", instance(2));
    assert_eq!(refused, Err(RegisterError::NotConnected { client: old.clone() }));
    let refused =
        world.call(|core, at, effects| core.deregister(at, &old, &key("s"), &address(1), effects));
    assert_eq!(refused, Err(RegisterError::NotConnected { client: old }));
    assert_eq!(world.ports("s"), [1]);
}

#[test]
fn t10_news_of_an_older_connection_do_not_hide_the_newer_one() {
    let mut world = World::new();
    let new = world.connect_again("a", 2);
    world.connect_again("a", 1);
    assert_eq!(world.register(&new, "s", instance(1)), Ok(()));
}

#[test]
fn an_address_of_two_clients_stays_while_one_of_them_stays() {
    let mut world = World::new();
    let (first, second) = (world.connect("a"), world.connect("b"));
    world.register(&first, "s", labelled(1, &[("from", "a")])).unwrap();
    world.register(&second, "s", labelled(1, &[("from", "b")])).unwrap();
    assert_eq!(world.core.publishers(&key("s")).len(), 2);
    world.deregister(&second, "s", 1);
    assert_eq!(world.view("s").instances[0].metadata["from"], "a");
    world.disconnect(&first);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
    assert_eq!(world.core.counts().instances, 0);
}

#[test]
fn t13_a_single_registration_takes_the_place_of_the_one_before() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    world.register(&client, "s", instance(2)).unwrap();
    assert_eq!(world.ports("s"), [2]);
}

#[test]
fn t13_a_batch_replaces_all_that_this_client_has_in_the_service_and_nothing_else() {
    let mut world = World::new();
    let (client, other) = (world.connect("a"), world.connect("b"));
    world.register(&other, "s", instance(9)).unwrap();
    world.register(&client, "t", instance(8)).unwrap();
    world.batch(&client, "s", &[1, 2, 3]);
    assert_eq!(world.ports("s"), [1, 2, 3, 9]);
    world.batch(&client, "s", &[3, 4]);
    assert_eq!(world.ports("s"), [3, 4, 9]);
    world.deregister(&client, "s", 3);
    assert_eq!(world.ports("s"), [4, 9]);
    world.batch(&client, "s", &[]);
    assert_eq!((world.ports("s"), world.ports("t")), (vec![9], vec![8]));
}

#[test]
fn t13_a_lone_instance_is_deregistered_even_if_the_cluster_is_not_repeated() {
    let mut world = World::new();
    let client = world.connect("a");
    let elsewhere = Instance { cluster: "c1".parse().unwrap(), ..instance(1) };
    world.register(&client, "s", elsewhere).unwrap();
    world.deregister(&client, "s", 1);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
}

#[test]
fn t12_the_first_registration_fixes_the_kind_until_the_service_is_gone() {
    let mut world = World::new();
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    let refused = world.core.admits_stored(&key("s"));
    assert_eq!(refused, Err(RegisterError::Kind { service: key("s"), ephemeral: true }));
    world.deregister(&client, "s", 1);
    assert!(world.core.admits_stored(&key("s")).is_err(), "empty, but still known");
    world.pass(60_000);
    assert_eq!(world.core.admits_stored(&key("s")), Ok(()));

    world.apply(StoredChange::Instance(key("s"), instance(1)));
    let refused = world.register(&client, "s", instance(2));
    assert_eq!(refused, Err(RegisterError::Kind { service: key("s"), ephemeral: false }));
    assert!(refused.unwrap_err().to_string().contains("persistent instances only"));
}

#[test]
fn limits_hold() {
    let mut world = World::with(RegistrySettings {
        services_max: 2,
        instances_max: 3,
        subscriptions_per_client_max: 1,
        ..RegistrySettings::default()
    });
    let client = world.connect("a");
    world.batch(&client, "s", &[1, 2]);
    world.register(&client, "t", instance(3)).unwrap();
    let limit = |what, max| Err(RegisterError::Limit { what, max });
    assert_eq!(world.register(&client, "t", instance(4)), limit("instances", 3));
    world.deregister(&client, "s", 1);
    assert_eq!(world.register(&client, "u", instance(5)), limit("services", 2));
    world.subscribe(&client, "s");
    let at = world.at();
    let refused = world.core.subscribe(at, &client, key("t"), Vec::new()).map(drop);
    assert_eq!(refused, limit("subscriptions of this client", 1));
}
