//! The world against queueing theory and against itself.

use std::rc::Rc;

use seawall_guard::{Class, Ctx, Instant, Outcome, Priority, Rejection};

use super::{
    Clients, Deadlines, Door, Load, Node, OpenDoor, PlainCaller, Report, Spread, Station, Ticket,
    World, models::StaticCap, ms, second,
};

fn open_node(station: Station) -> Node {
    Node::new(station, Spread::Exponential(ms(10)), Rc::new(OpenDoor))
}

/// One service of one node, and clients who wait for a minute.
fn queue(station: Station, rate: f64) -> World {
    let mut world = World::new(7);
    let service = world.service(vec![open_node(station)], vec![]);
    let link = world.link(service, PlainCaller::new(ms(60_000)));
    world.clients(Clients::new(link, Load::steady(rate).then(second(2_000.0), 0.0)));
    world
}

fn mean_millis(world: &mut World) -> f64 {
    let report = world.run(second(2_100.0));
    let mut sum = 0.0;
    let all = second(0.0)..second(2_000.0);
    // The mean as the average of a hundred quantiles is good to a per cent or two.
    for percent in 0..100 {
        let quantile = (f64::from(percent) + 0.5) / 100.0;
        sum += report.latency(quantile, all.clone()).as_secs_f64() * 10.0;
    }
    assert_eq!(report.success(all), 1.0);
    sum
}

#[test]
fn latencies_are_those_of_queueing_theory() {
    // M/M/1 with processor sharing: 1 / (mu - lambda).
    let sharing = mean_millis(&mut queue(Station::cpu(1.0), 70.0));
    assert!((sharing / 33.3 - 1.0).abs() < 0.08, "{sharing}");
    // M/M/2 first come, first served: 1/mu / (1 - rho^2) with rho = 0.7.
    let pool = mean_millis(&mut queue(Station::io(2), 140.0));
    assert!((pool / 19.6 - 1.0).abs() < 0.08, "{pool}");
}

#[test]
fn a_seed_makes_one_world() {
    let fates = |report: &Report| {
        let all = second(0.0)..second(2_000.0);
        (report.calls(all.clone()), report.latency(0.999, all))
    };
    let once = fates(queue(Station::cpu(1.0), 90.0).run(second(100.0)));
    let again = fates(queue(Station::cpu(1.0), 90.0).run(second(100.0)));
    assert_eq!(once, again);
}

#[test]
fn work_ends_at_the_deadline_only_where_that_is_enforced() {
    let goodput = |deadlines| {
        let mut world = World::new(7);
        let node = open_node(Station::cpu(1.0)).deadlines(deadlines);
        let service = world.service(vec![node], vec![]);
        let link = world.link(service, PlainCaller::new(ms(300)));
        world.clients(Clients::new(link, Load::steady(200.0)));
        world.run(second(20.0)).goodput(second(5.0)..second(20.0))
    };
    assert!(goodput(Deadlines::Unknown) < 20.0);
    assert!(goodput(Deadlines::Known) < 20.0, "an open door does not look at them");
    assert!(goodput(Deadlines::Enforced) > 90.0);
}

#[test]
fn retries_of_each_layer_multiply_and_a_budget_stops_that() {
    let leaf_requests_per_call = |with_budget: bool| {
        let caller = || {
            let caller = PlainCaller::new(ms(10_000)).retries(2, ms(1));
            if with_budget { caller.budget(0.1) } else { caller }
        };
        let mut world = World::new(7);
        let mut leaf = open_node(Station::io(1_000));
        leaf.failing = 1.0;
        let leaf = world.service(vec![leaf], vec![]);
        let to_leaf = world.link(leaf, caller());
        let middle = world.service(vec![open_node(Station::io(1_000))], vec![to_leaf]);
        let to_middle = world.link(middle, caller());
        let front = world.service(vec![open_node(Station::io(1_000))], vec![to_middle]);
        let to_front = world.link(front, caller());
        world.clients(Clients::new(to_front, Load::steady(20.0).then(second(60.0), 0.0)));
        let report = world.run(second(70.0)).clone();
        let all = second(0.0)..second(70.0);
        assert_eq!(report.success(all.clone()), 0.0);
        world.nodes[0].came(all.clone()) as f64 / report.calls(all) as f64
    };
    assert_eq!(leaf_requests_per_call(false), 27.0);
    let with_budget = leaf_requests_per_call(true);
    assert!(with_budget < 1.5, "{with_budget}");
}

#[test]
fn the_world_can_be_changed_at_any_moment() {
    let mut world = queue(Station::cpu(1.0), 50.0);
    world.clients[0].mix = vec![(0.5, Class::CRITICAL), (0.5, Class::SHEDDABLE)];
    world.at(second(10.0), |world| world.nodes[0].door = Rc::new(StaticCap::new(0)));
    world.at(second(20.0), |world| {
        world.nodes[0].door = Rc::new(OpenDoor);
        let now = world.now();
        world.nodes[0].station.set_speed(now, 0.0);
    });
    let report = world.run(second(2_100.0)).clone();
    assert_eq!(report.success(second(0.0)..second(9.0)), 1.0);
    assert_eq!(report.refused(second(10.0)..second(20.0)), 1.0);
    assert!(world.nodes[0].refused(second(10.0)..second(20.0)) > 400);
    assert_eq!(world.nodes[0].refused(second(20.0)..second(99.0)), 0);
    let stuck = report.only(|done| done.outcome == Outcome::Timeout);
    assert!(stuck.calls(second(20.0)..second(1_000.0)) > 40_000);
    let important = report.only(|done| done.priority.class == Class::CRITICAL);
    let share = important.calls(second(0.0)..second(2_000.0)) as f64;
    assert!((share / 50_000.0 - 1.0).abs() < 0.02, "{share}");
    assert_eq!(report.attempts(second(10.0)..second(20.0)), 1.0);
}

/// Says that it would refuse all but the first class.
struct Picky;

impl Door for Picky {
    fn enter(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        OpenDoor.enter(now, ctx)
    }

    fn level(&self) -> Option<u16> {
        Some(Priority::LEVELS / u16::from(Class::COUNT))
    }
}

#[test]
fn a_caller_of_two_nodes_asks_them_in_turn_and_may_follow_their_level() {
    let mut world = World::new(7);
    let node = || Node::new(Station::io(100), Spread::Fixed(ms(10)), Rc::new(Picky));
    let service = world.service(vec![node(), node()], vec![]);
    let link = world.link(service, PlainCaller::new(ms(100)).nodes(2).follows_level());
    let mut clients = Clients::new(link, Load::steady(1_000.0));
    clients.mix = vec![(0.5, Class::CRITICAL), (0.5, Class::DEFAULT)];
    world.clients(clients);
    let all = second(0.0)..second(10.0);
    let report = world.run(second(10.0)).clone();
    let came = [0, 1].map(|node| world.nodes[node].came(all.clone()));
    assert!(came[0].abs_diff(came[1]) <= 1, "{came:?}");
    let sent = (came[0] + came[1]) as f64 / report.calls(all.clone()) as f64;
    // All of the important ones, and of the others one in ten to probe.
    assert!((sent - 0.55).abs() < 0.03, "{sent}");
    assert!((report.refused(all) - 0.45).abs() < 0.03);
}
