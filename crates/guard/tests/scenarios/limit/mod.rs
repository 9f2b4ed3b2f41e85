//! Limits on requests in flight, against a server that is simulated.
//!
//! Server and load are those for which peers are known: four cores, 10 ms of work each,
//! exponentially distributed, so 400 requests a second; callers wait 300 ms; a rejection
//! costs 0.2 ms. With no limit an overload of ten times leaves 3 % of that, and a static
//! limit of 16 in flight 81 %.

mod peers;
mod world;

use std::time::Duration;

use seawall_guard::{
    Instant,
    limit::{AlgorithmSettings, ConcurrencyLimit, Gradient2Settings, LimitSettings, VegasSettings},
};
use world::{Phase, Report, Server, World, exponential};

const CAPACITY: f64 = 400.0;
const CALM: f64 = 0.7 * CAPACITY;

fn adaptive() -> ConcurrencyLimit {
    limit(&LimitSettings::default())
}

fn limit(settings: &LimitSettings) -> ConcurrencyLimit {
    let limit = ConcurrencyLimit::new(settings, Instant::START);
    limit.unwrap_or_else(|error| unreachable!("{error}"))
}

fn of(algorithm: AlgorithmSettings) -> LimitSettings {
    LimitSettings { algorithm, ..LimitSettings::default() }
}

fn show(what: &str, seed: u64, report: &Report, capacity: f64) {
    println!(
        "{what} (seed {seed}): goodput {:.1} %, worst second {:.0} %, p50 {:.0} ms, \
         p99 {:.0} ms, rejected {:.2} %, late {}, limit {} to {}",
        report.goodput(0) / capacity * 100.0,
        report.worst_second(0) / capacity * 100.0,
        report.millis(0.5),
        report.millis(0.99),
        report.share_rejected() * 100.0,
        report.late,
        report.limit_min,
        report.limit_max,
    );
}

/// A step from 0.7 of the capacity to `times` of it for 20 s, and back.
fn step(times: f64, world: &World) -> Vec<Report> {
    let phases =
        [Phase::new(15.0, CALM), Phase::new(20.0, CAPACITY * times), Phase::new(10.0, CALM)];
    world.run(&adaptive(), &phases)
}

#[test]
fn a_step_to_any_overload_keeps_goodput_and_latency_and_is_over_when_it_is_over() {
    let unloaded_p99 = {
        let reports = World::cores(1).run(&adaptive(), &[Phase::new(20.0, 0.1 * CAPACITY)]);
        reports[0].millis(0.99)
    };
    for (times, share) in [(1.2, 0.95), (2.0, 0.92), (5.0, 0.88), (10.0, 0.78)] {
        for (seed, cancels) in [(11, false), (12, true)] {
            let reports = step(times, &World { cancels, ..World::cores(seed) });
            let [calm, overload, after] = &reports[..] else { panic!() };
            show(&format!("{times} times"), seed, overload, CAPACITY);
            assert_eq!(calm.rejected, 0, "seed {seed}");
            assert!(overload.goodput(5) >= share * CAPACITY, "seed {seed}");
            let first = &overload.good_each_second[..2];
            assert!(first.iter().sum::<u64>() as f64 >= 2.0 * 0.7 * CAPACITY, "seed {seed}");
            assert!(overload.millis(0.99) <= 3.0 * unloaded_p99 + 50.0, "seed {seed}");
            // Two seconds for what is still inside.
            assert!(after.goodput(2) >= 0.97 * CALM, "seed {seed}: {}", after.goodput(2));
            assert!(after.share_rejected() < 0.01, "seed {seed}: {after:?}");
        }
    }
}

#[test]
fn a_pool_in_front_of_a_store_is_kept_busy_and_its_queue_short() {
    // Given 32 slots of 50 ms, so 640 a second, and a processor with nothing to do
    let world = |seed| World {
        server: Server::Slots(32),
        work: |rng| exponential(rng, 0.05),
        timeout: Duration::from_secs(1),
        reject_work: 0.0,
        ..World::cores(seed)
    };
    for (times, seed) in [(1.2, 21), (5.0, 22)] {
        let phases = [Phase::new(15.0, 448.0), Phase::new(20.0, 640.0 * times)];
        let reports = world(seed).run(&adaptive(), &phases);
        show(&format!("pool, {times} times"), seed, &reports[1], 640.0);
        assert!(reports[1].goodput(5) >= 0.95 * 640.0, "seed {seed}");
        assert!(reports[1].millis(0.99) < 500.0, "seed {seed}");
    }
}

#[test]
fn a_server_that_starts_in_an_overload_finds_its_limit() {
    // Given a server whose first request comes with ten times too many
    for seed in 31..36 {
        let overload = |seconds| Phase::new(seconds, 10.0 * CAPACITY);
        let phases = [overload(2.0), overload(8.0), overload(10.0)];
        let reports = World::cores(seed).run(&adaptive(), &phases);
        for (report, share) in reports.iter().zip([0.65, 0.74, 0.77]) {
            show("start in an overload", seed, report, CAPACITY);
            assert!(report.goodput(0) >= share * CAPACITY, "seed {seed}");
        }
        // Then what it has found is no queue.
        assert!(reports[2].limit_max <= 32, "seed {seed}");
    }
}

#[test]
fn a_slow_server_gets_as_many_in_flight_as_it_needs() {
    // Given requests of a second each, of which 700 a second come
    let seed = 41;
    let world = World {
        server: Server::Slots(1_000),
        work: |rng| exponential(rng, 1.0),
        timeout: Duration::from_secs(10),
        reject_work: 0.0,
        ..World::cores(seed)
    };
    let reports = world.run(&adaptive(), &[Phase::new(12.0, 700.0), Phase::new(10.0, 700.0)]);
    show("a second each", seed, &reports[1], 700.0);
    assert!(reports[1].share_rejected() < 0.001, "seed {seed}");
}

#[test]
fn fast_and_slow_requests_behind_one_limit_are_no_overload() {
    // Given nine requests of 2 ms and one of 100 ms in ten, at 0.7 of the capacity
    let seed = 51;
    let world = World {
        work: |rng| exponential(rng, if rng.next_f64() < 0.9 { 0.002 } else { 0.1 }),
        timeout: Duration::from_secs(1),
        ..World::cores(seed)
    };
    let capacity = 4.0 / 0.011_8;
    let phases = [Phase::new(30.0, 0.7 * capacity), Phase::new(30.0, 2.0 * capacity)];
    let reports = world.run(&adaptive(), &phases);
    show("mixed, 0.7 times", seed, &reports[0], capacity);
    show("mixed, 2 times", seed, &reports[1], capacity);
    assert!(reports[0].share_rejected() < 0.001, "seed {seed}");
    assert!(reports[1].goodput(5) >= 0.9 * capacity, "seed {seed}");
}

#[test]
fn a_server_that_lost_half_its_cores_is_used_to_the_full() {
    let seed = 61;
    let halved = |seconds| Phase { slowness: 2.0, ..Phase::new(seconds, 0.8 * CAPACITY) };
    let phases = [Phase::new(20.0, 0.8 * CAPACITY), halved(3.0), halved(27.0)];
    let reports = World::cores(seed).run(&adaptive(), &phases);
    for (report, at_least) in [(&reports[1], 0.8), (&reports[2], 0.92)] {
        show("half the cores", seed, report, CAPACITY / 2.0);
        assert!(report.goodput(0) >= at_least * CAPACITY / 2.0, "seed {seed}");
    }
}

#[test]
fn a_load_of_0_8_with_its_natural_bursts_is_as_good_as_never_rejected() {
    let (mut offered, mut rejected) = (0, 0);
    for seed in 71..81 {
        let reports = World::cores(seed)
            .run(&adaptive(), &[Phase::new(10.0, CALM), Phase::new(60.0, 0.8 * CAPACITY)]);
        show("0.8 times", seed, &reports[1], 0.8 * CAPACITY);
        (offered, rejected) = (offered + reports[1].offered, rejected + reports[1].rejected);
    }
    let share = rejected as f64 / offered as f64;
    assert!(share < 0.001, "{share}");
}
