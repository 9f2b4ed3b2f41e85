//! Defects of peers that ours must not have.

use super::{
    AlgorithmSettings, CALM, CAPACITY, Duration, Gradient2Settings, Phase, VegasSettings, World,
    adaptive, limit, of, show,
};

/// Envoy took requests from before the measurement into it, so each measurement under
/// load found a higher latency than the last. Five minutes of three times the load.
#[test]
fn envoy_11579_an_overload_that_lasts_does_not_become_what_is_normal() {
    let seed = 101;
    let mut phases = vec![Phase::new(10.0, CALM)];
    phases.extend([Phase::new(30.0, 3.0 * CAPACITY); 10]);
    let reports = World::cores(seed).run(&adaptive(), &phases);
    for report in &reports[2..] {
        show("minutes of overload", seed, report, CAPACITY);
        assert!(report.goodput(0) >= 0.92 * CAPACITY, "seed {seed}");
        assert!(report.limit_max <= 40, "seed {seed}: {}", report.limit_max);
    }
}

/// Envoy's limit stayed at its minimum when the server became slower for good.
#[test]
fn envoy_38338_a_server_that_became_slower_for_good_is_believed() {
    for (seed, algorithm) in [
        (111, AlgorithmSettings::default()),
        (112, AlgorithmSettings::Vegas(VegasSettings::default())),
    ] {
        // Given 200 requests a second of 10 ms, When each takes 100 ms more whatever the
        // load, so that 22 must be in flight
        let slower = |seconds| Phase {
            delay: Duration::from_millis(100),
            ..Phase::new(seconds, 0.5 * CAPACITY)
        };
        let world = World { timeout: Duration::from_secs(1), ..World::cores(seed) };
        let phases = [Phase::new(30.0, 0.5 * CAPACITY), slower(5.0), slower(30.0)];
        let reports = world.run(&limit(&of(algorithm)), &phases);
        show("slower, at once", seed, &reports[1], 0.5 * CAPACITY);
        show("slower, later", seed, &reports[2], 0.5 * CAPACITY);
        // Then it is found out in seconds.
        assert!(reports[1].goodput(0) >= 0.6 * 0.5 * CAPACITY, "seed {seed}");
        assert!(reports[2].share_rejected() < 0.001, "seed {seed}");
    }
}

/// Envoy measures by going down to its minimum, whatever the server could do meanwhile.
#[test]
fn envoy_46532_measuring_costs_a_busy_server_little_and_a_calm_one_nothing() {
    let seed = 121;
    let phases = [Phase::new(60.0, 0.8 * CAPACITY), Phase::new(60.0, 1.5 * CAPACITY)];
    let reports = World::cores(seed).run(&adaptive(), &phases);
    show("measured when calm", seed, &reports[0], 0.8 * CAPACITY);
    show("measured when busy", seed, &reports[1], CAPACITY);
    assert!(reports[0].share_rejected() < 0.001, "seed {seed}");
    assert!(reports[1].goodput(5) >= 0.95 * CAPACITY, "seed {seed}");
    assert!(reports[1].worst_second(5) >= 0.7 * CAPACITY, "seed {seed}");
}

/// `Gradient2Limit` adds room for a queue even while latency says that there is one too
/// many, and climbs to its maximum of 200.
#[test]
fn netflix_134_gradient2_does_not_climb_to_its_maximum_in_an_overload() {
    let seed = 131;
    let phases = [Phase::new(10.0, CALM), Phase::new(120.0, 2.0 * CAPACITY)];
    let gradient2 = of(AlgorithmSettings::Gradient2(Gradient2Settings::default()));
    let reports = World::cores(seed).run(&limit(&gradient2), &phases);
    show("gradient2", seed, &reports[1], CAPACITY);
    assert!(reports[1].limit_max <= 40, "seed {seed}: {}", reports[1].limit_max);
    assert!(reports[1].goodput(0) >= 0.9 * CAPACITY, "seed {seed}");
}

/// `VegasLimit` measures its latency without load under load, and climbs.
#[test]
fn netflix_165_vegas_does_not_take_a_queue_for_the_latency_without_load() {
    let seed = 141;
    let phases = [Phase::new(10.0, CALM), Phase::new(120.0, 2.0 * CAPACITY)];
    let vegas = of(AlgorithmSettings::Vegas(VegasSettings::default()));
    let reports = World::cores(seed).run(&limit(&vegas), &phases);
    show("vegas", seed, &reports[1], CAPACITY);
    assert!(reports[1].limit_max <= 40, "seed {seed}: {}", reports[1].limit_max);
    assert!(reports[1].goodput(0) >= 0.9 * CAPACITY, "seed {seed}");
}

/// When every request runs into the caller's timeout, latency is that timeout: always the
/// same, so a gradient or a queue estimate sees nothing wrong.
#[test]
fn netflix_137_nothing_but_timeouts_lowers_every_limit_to_its_minimum() {
    for (seed, algorithm, minimum) in [
        (151, AlgorithmSettings::default(), 4),
        (152, AlgorithmSettings::Vegas(VegasSettings::default()), 10),
        (153, AlgorithmSettings::Gradient2(Gradient2Settings::default()), 20),
    ] {
        // Given a server that stops answering for 30 s, and callers who give up
        let world = World { cancels: true, reject_work: 0.0, ..World::cores(seed) };
        let dead = |seconds| Phase { slowness: 1e6, ..Phase::new(seconds, CALM) };
        let limit = limit(&of(algorithm.clone()));
        let phases = [Phase::new(10.0, CALM), dead(25.0), dead(5.0), Phase::new(10.0, CALM)];
        let reports = world.run(&limit, &phases);
        // Then the limit is low while it does,
        assert!(reports[2].limit_max <= minimum, "{algorithm:?}: {}", reports[2].limit_max);
        // and when it answers again the limit is back in seconds.
        show("after the timeouts", seed, &reports[3], CALM);
        assert!(reports[3].goodput(3) >= 0.9 * CALM, "seed {seed}: {algorithm:?}");
    }
}
