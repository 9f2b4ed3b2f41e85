//! Instances that live by sending heartbeats.

use super::*;
use crate::{Beat, BeatOutcome};

fn client(port: u16) -> ClientId {
    ClientId::heartbeat("10.0.0.1", port)
}

fn beat(world: &mut World, service: &str, port: u16, full: Option<Instance>) -> BeatOutcome {
    let beat = Beat { address: address(port), instance: full };
    world.call(|core, at, effects| core.beat(at, &key(service), beat, effects)).unwrap()
}

const KNOWN: BeatOutcome = BeatOutcome::Known { interval: Duration::from_secs(5) };

#[test]
fn a_silent_instance_is_unhealthy_after_15_s_and_gone_after_30() {
    let mut world = World::new();
    world.register(&client(1), "s", instance(1)).unwrap();
    world.register(&client(2), "s", instance(2)).unwrap();
    for _ in 0..4 {
        world.pass(4_999);
        assert_eq!(beat(&mut world, "s", 2, None), KNOWN);
    }
    let healthy: Vec<_> = world.view("s").instances.iter().map(|i| (i.port, i.healthy)).collect();
    assert_eq!(healthy, [(1, false), (2, true)]);
    assert_eq!(beat(&mut world, "s", 1, None), KNOWN);
    assert!(world.view("s").instances[0].healthy, "a beat heals");
    world.pass(15_000);
    world.pass(14_999);
    assert_eq!(world.ports("s"), [1, 2]);
    world.pass(1);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
}

#[test]
fn metadata_overrides_how_long_silence_is_borne() {
    let mut world = World::new();
    let hasty = [("preserved.heart.beat.timeout", "3000"), ("preserved.ip.delete.timeout", "6000")];
    world.register(&client(1), "s", labelled(1, &hasty)).unwrap();
    let nonsense =
        [("preserved.heart.beat.timeout", "soon"), ("preserved.ip.delete.timeout", "-1")];
    world.register(&client(2), "s", labelled(2, &nonsense)).unwrap();
    world.pass(3_000);
    let healthy: Vec<_> = world.view("s").instances.iter().map(|i| (i.port, i.healthy)).collect();
    assert_eq!(healthy, [(1, false), (2, true)]);
    world.pass(3_000);
    assert_eq!(world.ports("s"), [2]);
    world.pass(24_000);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
}

#[test]
fn t15_a_light_beat_of_an_unknown_instance_asks_for_registration() {
    let mut world = World::new();
    assert_eq!(beat(&mut world, "s", 1, None), BeatOutcome::Unknown);
    assert_eq!(world.core.counts().instances, 0);
    world.register(&client(1), "s", instance(1)).unwrap();
    assert_eq!(beat(&mut world, "s", 1, None), KNOWN);
    assert_eq!(beat(&mut world, "s", 2, None), BeatOutcome::Unknown);
}

#[test]
fn t15_a_full_beat_of_an_unknown_instance_registers_it() {
    let mut world = World::new();
    assert_eq!(beat(&mut world, "s", 1, Some(labelled(1, &[("k", "v")]))), KNOWN);
    assert_eq!(world.view("s").instances[0].metadata["k"], "v");
    world.pass(30_000);
    assert_eq!(world.ports("s"), [] as [u16; 0], "and it lives by beats from then on");
}

#[test]
fn registering_again_begins_the_silence_anew_and_leaves_one_timer() {
    let mut world = World::new();
    for _ in 0..10 {
        world.register(&client(1), "s", instance(1)).unwrap();
        world.pass(10_000);
        assert!(world.view("s").instances[0].healthy);
    }
    world.pass(19_999);
    assert_eq!(world.ports("s"), [1]);
    world.pass(1);
    assert_eq!(world.ports("s"), [] as [u16; 0]);
}

#[test]
fn a_heartbeat_instance_that_a_connection_takes_over_no_longer_needs_beats() {
    let mut world = World::new();
    world.register(&client(1), "s", instance(1)).unwrap();
    let connected = world.connect("a");
    world.register(&connected, "s", instance(1)).unwrap();
    world.pass(100_000);
    assert_eq!(world.ports("s"), [1]);
    world.deregister(&client(1), "s", 1);
    assert_eq!(world.ports("s"), [1], "it is not the heartbeat client's any more");
}
