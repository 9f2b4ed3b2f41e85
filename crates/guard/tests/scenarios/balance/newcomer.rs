//! Endpoints that are new.

use seawall_guard::{
    Instant, Outcome,
    balance::{BalanceSettings, Balancer, Member},
};

use super::world::World;

/// A world in which a client comes to know of one server more after 20 s.
fn one_more(servers: usize, rate: f64, service_ms: u64) -> World {
    let mut world = World::new(11).servers(servers + 1, 0);
    for server in &mut world.servers {
        server.service = std::time::Duration::from_millis(service_ms);
    }
    let mut world = world.client(rate, BalanceSettings::default());
    let known = |count: usize| (0..count).map(Member::new);
    world.balancer(0).replace(world.now, known(servers));
    world.run(20.0);
    world.balancer(0).replace(world.now, known(servers + 1));
    world.run(60.0);
    world
}

#[test]
fn a_new_endpoint_is_not_flooded_and_has_its_part_after_the_warm_up() {
    for (servers, rate) in [(1, 200.0), (4, 500.0), (9, 5_000.0)] {
        let world = one_more(servers, rate, 10);
        let part = 1.0 / (servers + 1) as f64;
        let share = |from, to| world.share((from, to), &[servers]) / part;
        let shares = [share(20.0, 22.0), share(39.0, 41.0), share(50.0, 79.0)];
        println!("1 new beside {servers} at {rate}/s: {shares:.2?} of its part after 0, 20, 30 s");
        assert!(shares[0] < 0.5, "seed {}", world.seed);
        assert!(shares[0] < shares[1] && shares[1] < shares[2], "seed {}", world.seed);
        assert!((0.75..1.25).contains(&shares[2]), "seed {}", world.seed);
    }
}

#[test]
fn tower_134_a_new_endpoint_is_considered_although_the_others_are_fast() {
    // Tower took a new endpoint's latency for one second, so that it got nothing while
    // its peers were faster.
    let world = one_more(4, 500.0, 1);
    let share = world.share((50.0, 79.0), &[4]);
    println!("1 new beside 4 of 1 ms: share {share:.3} after the warm-up");
    assert!((0.1..0.3).contains(&share), "seed {}", world.seed);
}

#[test]
fn gozero_p2c_an_endpoint_without_history_is_neither_the_best_nor_the_worst() {
    // In go-zero an endpoint that answered nothing yet has the load of a latency of one
    // nanosecond and gets all requests until the first answer; its penalty for "no
    // history" is never reached.
    let settings = BalanceSettings { warm_up: std::time::Duration::ZERO, ..Default::default() };
    let balancer = Balancer::new(settings, 1, Instant::START).unwrap();
    let mut now = Instant::START;
    let millisecond = std::time::Duration::from_millis(1);
    balancer.replace(now, (0..4).map(Member::new));
    for _ in 0..2_000 {
        let pick = balancer.pick(now).unwrap();
        now = now + millisecond * 10;
        pick.finish(now, Outcome::Success);
    }
    // When one joins that answers nothing yet,
    balancer.replace(now, (0..5).map(Member::new));
    let picks: Vec<_> = (0..100).map(|_| balancer.pick(now).unwrap()).collect();
    let new = picks.iter().filter(|pick| *pick.endpoint() == 4).count();
    // then it gets its part of a hundred requests at once.
    assert!((10..=30).contains(&new), "{new}");
}

#[test]
fn gozero_p2c_a_change_of_the_set_forgets_nothing() {
    // go-zero makes all endpoints anew on each change of the set.
    let balancer = Balancer::new(BalanceSettings::default(), 1, Instant::START).unwrap();
    let second = std::time::Duration::from_secs(1);
    let mut now = Instant::START;
    balancer.replace(now, (0..3).map(Member::new));
    let under_way = balancer.pick(now).unwrap();
    let busy = *under_way.endpoint();
    for _ in 0..20 {
        let pick = balancer.pick(now).unwrap();
        now = now + second / 10;
        pick.finish(now, Outcome::Success);
    }
    let before = balancer.status(now);
    let change = balancer.replace(now, (0..4).map(Member::new));
    assert_eq!((change.kept, change.added, change.removed), (3, 1, 0));
    let after = balancer.status(now);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.endpoint(), after.endpoint());
        assert_eq!((before.pending, before.latency), (after.pending, after.latency));
        assert_eq!(after.pending, u32::from(*after.endpoint() == busy));
    }
    under_way.finish(now, Outcome::Success);
    assert!(balancer.status(now).iter().all(|status| status.pending == 0));
}
