//! Who gets how much when all are well.

use seawall_guard::balance::BalanceSettings;

use super::world::{Mode, World};

const DEFAULT: fn() -> BalanceSettings = BalanceSettings::default;

/// The largest and the smallest number of requests of an endpoint, by their mean.
fn spread(world: &World, from: f64, to: f64) -> (f64, f64) {
    let mut counts = vec![0_u32; world.servers.len()];
    for sample in world.between(from, to) {
        counts[sample.server] += 1;
    }
    let mean = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    let by_mean = |count: Option<&u32>| f64::from(*count.unwrap()) / mean;
    (by_mean(counts.iter().max()), by_mean(counts.iter().min()))
}

#[test]
fn a_thousand_equal_endpoints_get_equal_parts() {
    let mut world = World::new(3).servers(1_000, 0).fixed().client(50_000.0, DEFAULT());
    world.run(10.0);
    let (most, least) = spread(&world, 1.0, 9.9);
    println!(
        "1,000 endpoints of 10 ms, 50 requests a second each: {least:.2} to {most:.2} of the mean"
    );
    assert!(most <= 1.3 && least >= 0.7, "seed {}", world.seed);
}

#[test]
fn equal_endpoints_whose_latency_is_random_get_about_equal_parts_in_time() {
    let mut world = World::new(3).servers(20, 0).client(2_000.0, DEFAULT());
    world.run(60.0);
    let (most, least) = spread(&world, 5.0, 59.0);
    println!("20 endpoints of exponential 10 ms: {least:.2} to {most:.2} of the mean");
    assert!(most <= 1.3 && least >= 0.7, "seed {}", world.seed);
}

/// The largest number of requests that a server got in any tenth of a second, by the mean,
/// and the deviation of these numbers, by that of pure chance.
fn swings(world: &World, from: f64, to: f64) -> (f64, f64) {
    let tenths = ((to - from) * 10.0).round() as usize;
    let mut counts = vec![0.0_f64; tenths * world.servers.len()];
    for sample in world.between(from, to) {
        let tenth = (sample.sent.as_nanos() / 100_000_000) as usize - (from * 10.0) as usize;
        counts[tenth * world.servers.len() + sample.server] += 1.0;
    }
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let variance =
        counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / counts.len() as f64;
    (counts.iter().copied().fold(0.0, f64::max) / mean, (variance / mean).sqrt())
}

#[test]
fn a_hundred_clients_with_balancers_of_their_own_do_not_swing_together() {
    for load in [0.5, 0.8, 0.95] {
        // Given 20 servers of 4 workers, so 8,000 requests a second,
        let mut world = World::new(5).servers(20, 0).workers(4);
        for _ in 0..100 {
            world = world.client(80.0 * load, DEFAULT());
        }
        world.run(30.0);
        let (most, deviation) = swings(&world, 5.0, 29.0);
        let success = world.success(5.0, 29.0);
        println!(
            "load {load}: most in 0.1 s {most:.2} of the mean, deviation {deviation:.2} of chance's, \
             success {success:.4}"
        );
        // then their requests spread as if they were thrown by one hand.
        assert!(deviation < 1.3, "seed {}", world.seed);
        assert!(success > 0.999, "seed {}", world.seed);
    }
}

#[test]
fn a_server_that_was_slow_is_not_run_over_by_the_herd_when_it_is_fast_again() {
    let mut world = World::new(5).servers(20, 0).workers(4);
    for _ in 0..100 {
        world = world.client(50.0, DEFAULT());
    }
    world.run(10.0);
    world.set([0], Mode::Slow(50.0));
    world.run(10.0);
    world.set([0], Mode::Well);
    world.run(60.0);
    let (most, deviation) = swings(&world, 21.0, 79.0);
    println!("most in 0.1 s {most:.2} of the mean, deviation {deviation:.2} of chance's");
    assert!(most < 3.0, "seed {}", world.seed);
    let back = world.share((60.0, 79.0), &[0]);
    println!("its share 40 s later {back:.3}");
    assert!((0.03..0.08).contains(&back), "seed {}", world.seed);
}
