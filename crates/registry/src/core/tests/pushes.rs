//! Who is told what and when.

use super::*;

#[test]
fn changes_are_collected_for_half_a_second() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(499);
    world.batch(&provider, "s", &[1, 2]);
    assert_eq!(world.told(), []);
    world.pass(1);
    assert_eq!(world.told(), [("r", vec![1, 2])]);
    world.pass(4_000);
    assert_eq!(world.told(), [], "nothing changed, nothing is said");
}

#[test]
fn a_lone_change_is_told_at_once_and_the_next_ones_together() {
    let mut world = World::with(RegistrySettings::default());
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.pass(1_000);
    world.told();
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(4);
    assert_eq!(world.told(), []);
    world.pass(1);
    assert_eq!(world.told(), [("r", vec![1])], "5 ms after the change");
    world.batch(&provider, "s", &[1, 2]);
    world.pass(300);
    world.batch(&provider, "s", &[1, 2, 3]);
    world.pass(199);
    assert_eq!(world.told(), []);
    world.pass(1);
    assert_eq!(world.told(), [("r", vec![1, 2, 3])], "500 ms after the push before");
}

#[test]
fn a_new_subscriber_is_told_soon_what_there_was_before_it_came() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(5_000);
    world.subscribe(&reader, "s");
    world.pass(499);
    assert_eq!(world.told(), []);
    world.pass(1);
    assert_eq!(world.told(), [("r", vec![1])]);
    world.subscribe(&reader, "s");
    world.pass(4_000);
    assert_eq!(world.told(), [], "it is no new subscriber");
}

#[test]
fn only_subscribers_are_told_and_each_what_it_asked_for() {
    let mut world = World::new();
    let provider = world.connect("p");
    let (all, part, gone) = (world.connect("all"), world.connect("part"), world.connect("gone"));
    world.subscribe(&all, "s");
    let at = world.at();
    world.core.subscribe(at, &part, key("s"), vec!["c1".parse().unwrap()]).unwrap();
    world.subscribe(&gone, "s");
    world.core.unsubscribe(&gone, &key("s"));
    let elsewhere = Instance { cluster: "c1".parse().unwrap(), ..instance(2) };
    world
        .call(|core, at, effects| {
            core.batch_register(at, &provider, key("s"), vec![instance(1), elsewhere], effects)
        })
        .unwrap();
    world.pass(500);
    assert_eq!(world.told(), [("all", vec![1, 2]), ("part", vec![2])]);
    assert_eq!(world.core.counts().subscriptions, 2);
}

#[test]
fn an_acknowledged_push_is_not_repeated() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    let id = world.pushes[0].1.id;
    assert_eq!(world.core.counts().pushes_in_flight, 1);
    world.pass(20);
    world.call(|core, at, _| core.acknowledge(at, &reader, id));
    world.told();
    world.pass(60_000);
    assert_eq!(world.told(), []);
    let pushes = world.core.tally().pushes;
    assert_eq!((pushes.sent, pushes.acknowledged, pushes.failed), (1, 1, 0));
    assert_eq!((pushes.cost_ms_max, world.core.counts().pushes_in_flight), (20, 0));
}

#[test]
fn an_unanswered_push_is_repeated_a_second_after_five_with_the_newest_state() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![1])]);
    world.pass(5_999);
    assert_eq!(world.told(), []);
    world.batch(&provider, "s", &[1, 2]);
    world.pass(1);
    assert_eq!(world.told(), [("r", vec![1, 2])]);
}

#[test]
fn a_refused_push_is_repeated_after_a_second() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    let id = world.pushes[0].1.id;
    world.told();
    world.call(|core, at, effects| core.reject(at, &reader, id, effects));
    world.pass(999);
    assert_eq!(world.told(), []);
    world.pass(1);
    assert_eq!(world.told(), [("r", vec![1])]);
}

#[test]
fn a_newer_push_overtakes_the_one_in_flight() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    let first = world.pushes[0].1.id;
    world.register(&provider, "s", instance(2)).unwrap();
    world.pass(500);
    let second = world.pushes[1].1.id;
    world.told();
    world.call(|core, at, _| core.acknowledge(at, &reader, first));
    assert_eq!(world.core.counts().pushes_in_flight, 1, "only the second counts");
    world.call(|core, at, _| core.acknowledge(at, &reader, second));
    world.pass(60_000);
    assert_eq!(world.told(), []);
}

#[test]
fn a_client_that_answers_nothing_is_given_up_and_told_no_more() {
    let settings = RegistrySettings { push_tries_max: 3, ..RegistrySettings::default() };
    let mut world = World::with(settings);
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(60_000);
    assert_eq!(world.told().len(), 3);
    assert_eq!(world.stalled, ["r"]);
    world.register(&provider, "s", instance(2)).unwrap();
    world.pass(60_000);
    assert_eq!(world.told(), []);
    assert_eq!(world.core.counts().pushes_in_flight, 0);
    world.disconnect(&reader);
    let back = world.connect_again("r", 2);
    assert_eq!(ports_of(&world.subscribe(&back, "s")), [2]);
    world.register(&provider, "s", instance(3)).unwrap();
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![3])]);
}

#[test]
fn a_client_that_left_is_not_waited_for() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.subscribe(&reader, "s");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    world.disconnect(&reader);
    world.told();
    world.pass(60_000);
    assert_eq!((world.told(), world.stalled.len()), (vec![], 0));
    assert_eq!(world.core.counts().pushes_in_flight, 0);
    assert_eq!(world.core.counts().subscriptions, 0);
}

#[test]
fn the_last_instance_leaving_is_told_as_an_empty_list() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.register(&provider, "s", instance(1)).unwrap();
    world.subscribe(&reader, "s");
    world.disconnect(&provider);
    world.pass(1_000);
    assert_eq!(world.told().last(), Some(&("r", vec![])));
}
