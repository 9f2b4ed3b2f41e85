//! Zones that die and come back.

use seawall_guard::balance::{BalanceSettings, Reason};

use super::world::{Mode, World};

const DEFAULT: fn() -> BalanceSettings = BalanceSettings::default;

/// Three zones of so many servers, and a client in each: one for which its own zone is
/// near, or one for which all are.
fn three_zones(servers: usize, rate: f64, local: bool) -> World {
    let mut world = World::new(7).servers(servers, 0).servers(servers, 1).servers(servers, 2);
    for zone in 0..3 {
        world = if local {
            world.client_in(zone, rate / 3.0, DEFAULT())
        } else {
            world.client(rate / 3.0, DEFAULT())
        };
    }
    world.run(20.0);
    world
}

/// The share of requests that stayed in their client's zone.
fn local(world: &World, from: f64, to: f64) -> f64 {
    let samples = world.between(from, to);
    let stayed = samples
        .iter()
        .filter(|sample| world.servers[sample.server].zone as usize == sample.client)
        .count();
    stayed as f64 / samples.len() as f64
}

#[test]
fn a_zone_that_dies_is_left_within_2_seconds_and_found_again_without_a_stampede() {
    for (servers, near) in [(3, false), (3, true), (20, false), (20, true)] {
        for mode in [Mode::BlackHole, Mode::Refuses] {
            // Given three zones, when one of them dies for a minute,
            let mut world = three_zones(servers, 1_000.0, near);
            let dead = world.of_zone(0);
            world.set(dead.clone(), mode);
            world.run(60.0);
            world.set(dead.clone(), Mode::Well);
            world.run(60.0);

            // then nearly everything that is sent from 2 s on is served,
            let early = world.success(20.0, 22.0);
            let success = world.success(22.0, 80.0);
            // the dead zone gets probes and nothing else,
            let down = world.between(22.0, 80.0);
            let there: Vec<_> =
                down.iter().filter(|sample| dead.contains(&sample.server)).collect();
            let probes = there.iter().filter(|sample| sample.probe).count();
            // and once it is back it grows to its third within half a minute.
            let shares = [(82.0, 84.0), (90.0, 95.0), (109.0, 111.0), (120.0, 139.0)]
                .map(|time| world.share(time, &dead));
            println!(
                "{servers} a zone, {} zones near, {mode:?}: success {early:.3} in the first 2 s, then \
                 {success:.4}; {probes} probes and {} others in 58 s; share {shares:.3?} after 2, 10, \
                 29 and 40 s",
                if near { "own" } else { "all" },
                there.len() - probes,
            );
            assert!(success >= 0.99, "seed {}", world.seed);
            assert!(there.len() - probes <= 5, "seed {}", world.seed);
            assert!(probes as f64 <= 0.005 * down.len() as f64, "seed {}", world.seed);
            assert!(shares[0] < 0.15 && shares[1] < 0.2, "seed {}", world.seed);
            assert!((0.267..0.4).contains(&shares[2]), "seed {}", world.seed);
            assert!((0.3..0.37).contains(&shares[3]), "seed {}", world.seed);
            let after = world.success(80.0, 139.0);
            assert!(after > 0.999, "seed {}: {after}", world.seed);
        }
    }
}

#[test]
fn a_client_whose_own_zone_is_a_black_hole_is_served_elsewhere_before_the_first_timeout() {
    let mut world = three_zones(3, 1_000.0, true);
    let dead = world.of_zone(0);
    world.set(dead, Mode::BlackHole);
    world.run(5.0);
    let own: Vec<_> =
        world.between(20.5, 21.0).into_iter().filter(|sample| sample.client == 0).collect();
    let served = own.iter().filter(|sample| sample.served).count();
    println!("0.5 to 1 s after: {served} of {} served", own.len());
    assert!(served as f64 >= 0.9 * own.len() as f64, "seed {}", world.seed);
}

#[test]
fn while_all_are_well_requests_stay_in_their_zone() {
    let world = three_zones(3, 1_000.0, true);
    let stayed = local(&world, 1.0, 20.0);
    println!("{:.2} % stay", stayed * 100.0);
    assert!(stayed > 0.95, "seed {}", world.seed);
}

#[test]
fn a_zone_of_which_a_half_is_dead_spills_what_it_cannot_carry() {
    // Of ten, five are well: 1.4 times that is 70 %, so 30 % leave the zone.
    let mut world = three_zones(10, 3_000.0, true);
    world.set(0..5, Mode::Refuses);
    world.run(30.0);
    let own: Vec<_> =
        world.between(22.0, 49.0).into_iter().filter(|sample| sample.client == 0).collect();
    let away = own.iter().filter(|sample| world.servers[sample.server].zone != 0).count();
    let away = away as f64 / own.len() as f64;
    let success = world.success(22.0, 49.0);
    println!("{:.1} % of the zone's requests leave it, success {success:.4}", away * 100.0);
    assert!((0.25..0.35).contains(&away), "seed {}", world.seed);
    assert!(success > 0.99, "seed {}", world.seed);
    // One of ten is no reason to leave.
    world.set(0..5, Mode::Well);
    world.run(60.0);
    world.set([0], Mode::Refuses);
    world.run(30.0);
    let stayed = local(&world, 112.0, 139.0);
    println!("with one of ten dead {:.2} % stay", stayed * 100.0);
    assert!(stayed > 0.99, "seed {}", world.seed);
}

#[test]
fn a_zone_that_answers_half_with_overloads_spills_what_it_cannot_carry() {
    let mut world = three_zones(3, 3_000.0, true);
    world.set(world.of_zone(0), Mode::Overloaded(0.5));
    world.run(60.0);
    let own: Vec<_> =
        world.between(50.0, 79.0).into_iter().filter(|sample| sample.client == 0).collect();
    let away = own.iter().filter(|sample| world.servers[sample.server].zone != 0).count();
    let away = away as f64 / own.len() as f64;
    println!("{:.1} % of the zone's requests leave it", away * 100.0);
    assert!((0.25..0.35).contains(&away), "seed {}", world.seed);
}

#[test]
fn of_two_dead_zones_of_three_the_third_serves() {
    let mut world = three_zones(3, 900.0, true);
    let dead: Vec<_> = world.of_zone(0).into_iter().chain(world.of_zone(1)).collect();
    world.set(world.of_zone(0), Mode::BlackHole);
    world.run(10.0);
    world.set(world.of_zone(1), Mode::BlackHole);
    world.run(30.0);
    let (success, share) = (world.success(33.0, 59.0), world.share((33.0, 59.0), &dead));
    println!("success {success:.4}, share of the dead {share:.4}");
    assert!(success > 0.98, "seed {}", world.seed);
}

#[test]
fn when_all_zones_fail_none_is_taken_for_down_and_all_are_asked() {
    let mut world = three_zones(3, 900.0, true);
    world.set(0..9, Mode::Fails(1.0));
    world.run(30.0);
    for client in 0..3 {
        let status = world.balancer(client).status(world.now);
        assert!(status.iter().all(|status| !status.left_out), "{status:?}");
    }
    for server in 0..9 {
        let share = world.share((25.0, 49.0), &[server]);
        assert!(share > 0.05, "server {server}: {share}, seed {}", world.seed);
    }
    world.set(0..9, Mode::Well);
    world.run(60.0);
    let (success, stayed) = (world.success(60.0, 109.0), local(&world, 90.0, 109.0));
    println!("once they are well: success {success:.4}, {stayed:.3} stay");
    assert!(success > 0.999 && stayed > 0.95, "seed {}", world.seed);
}

#[test]
fn a_zone_that_answers_with_overloads_is_no_dead_zone() {
    let mut world = three_zones(3, 900.0, false);
    world.set(world.of_zone(0), Mode::Overloaded(1.0));
    world.run(20.0);
    let status = world.balancer(0).status(world.now);
    assert!(status.iter().all(|status| status.unwell != Some(Reason::Zone) && !status.left_out));
    let share = world.share((22.0, 39.0), &[0, 1, 2]);
    println!("share of a zone that answers only overloads {share:.3}");
    assert!(share < 0.1, "seed {}", world.seed);
}
