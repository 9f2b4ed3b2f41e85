//! Endpoints that go wrong one by one (scenario C6).

use seawall_guard::balance::{BalanceSettings, Reason};

use super::world::{Mode, World};

const DEFAULT: fn() -> BalanceSettings = BalanceSettings::default;
const WRONG: [Mode; 5] =
    [Mode::Slow(50.0), Mode::Fails(0.3), Mode::Fails(1.0), Mode::BlackHole, Mode::Refuses];

/// Five replicas, of which the first goes wrong after 20 s.
fn one_of_five(mode: Mode, rate: f64) -> World {
    let mut world = World::new(1).servers(5, 0).client(rate, DEFAULT());
    world.run(20.0);
    world.set([0], mode);
    world
}

fn left_out(world: &World) -> Vec<usize> {
    let status = world.balancer(0).status(world.now);
    status.iter().filter(|status| status.left_out).map(|status| *status.endpoint()).collect()
}

#[test]
fn c6_one_of_five_goes_wrong_and_gets_less_than_3_percent_within_2_seconds() {
    for mode in WRONG {
        for rate in [50.0, 500.0, 5_000.0] {
            // When one of five is slow, failing or silent,
            let mut world = one_of_five(mode, rate);
            world.run(30.0);
            let [first, later] = [(20.0, 22.0), (22.0, 49.0)];
            let shares = [first, later].map(|time| world.share(time, &[0]));
            let success = world.success(later.0, later.1);
            println!(
                "{mode:?} at {rate}/s: share {:.4} in the first 2 s, then {:.4}; success {success:.4}",
                shares[0], shares[1]
            );
            // then it gets next to nothing from 2 s on, and nobody else is left out.
            assert!(shares[1] < 0.03, "{mode:?} at {rate}/s, seed {}", world.seed);
            assert!(success > 0.99, "{mode:?} at {rate}/s, seed {}", world.seed);
            assert!(left_out(&world).iter().all(|&server| server == 0));
        }
    }
}

#[test]
fn one_that_is_well_again_is_back_within_its_time_and_grows() {
    let mut world = one_of_five(Mode::Refuses, 500.0);
    world.run(3.0);
    assert_eq!(left_out(&world), [0]);
    world.set([0], Mode::Well);
    world.run(42.0);
    let shares = [(26.0, 28.0), (30.0, 35.0), (55.0, 65.0)].map(|time| world.share(time, &[0]));
    println!("share {shares:.3?} in seconds 26-28, 30-35, 55-65");
    assert!(shares[0] < 0.1, "seed {}", world.seed);
    assert!((0.1..0.3).contains(&shares[2]), "seed {}", world.seed);
}

#[test]
fn with_all_failing_everybody_is_asked_and_nobody_is_left_out() {
    for mode in [Mode::Fails(1.0), Mode::BlackHole, Mode::Refuses] {
        let mut world = World::new(2).servers(5, 0).client(500.0, DEFAULT());
        world.run(10.0);
        world.set(0..5, mode);
        world.run(30.0);
        // Panic: every endpoint gets its part, since any may be the first to be well.
        let shares = [0, 1, 2, 3, 4].map(|server| world.share((12.0, 38.0), &[server]));
        println!("{mode:?}: shares {shares:.3?}");
        assert!(shares.iter().all(|share| (0.1..0.3).contains(share)), "seed {}", world.seed);
        assert_eq!(left_out(&world), [0_usize; 0]);
        // And when one is, it is found: nearly everything is served from then on.
        world.set([3], Mode::Well);
        world.run(10.0);
        let success = world.success(42.0, 49.0);
        println!("{mode:?}: success {success:.4} with one of five well");
        assert!(success > 0.9, "{mode:?}, seed {}", world.seed);
    }
}

#[test]
fn of_ten_of_which_six_fail_three_are_left_out_and_nearly_all_is_served() {
    let mut world = World::new(3).servers(10, 0).client(1_000.0, DEFAULT());
    world.run(10.0);
    world.set(0..6, Mode::Fails(1.0));
    world.run(20.0);
    assert_eq!(left_out(&world).len(), 3);
    let success = world.success(12.0, 29.0);
    let failed = world.between(12.0, 29.0).into_iter().filter(|sample| !sample.served);
    let (probes, others): (Vec<_>, Vec<_>) = failed.partition(|sample| sample.probe);
    println!("success {success:.4}; {} probes and {} others failed", probes.len(), others.len());
    assert!(success > 0.99, "seed {}", world.seed);
}

#[test]
fn overloads_lower_the_share_and_never_eject() {
    let mut world = World::new(4).servers(5, 0).client(500.0, DEFAULT());
    world.run(10.0);
    world.set([0], Mode::Overloaded(0.5));
    world.run(60.0);
    let share = world.share((15.0, 69.0), &[0]);
    println!("one of five answers half with an overload: share {share:.3}");
    assert!(share < 0.1, "seed {}", world.seed);
    let status = world.balancer(0).status(world.now);
    assert!(status.iter().all(|status| status.unwell.is_none()), "{status:?}");

    // All of them: nobody is better, so all go on.
    world.set(0..5, Mode::Overloaded(0.5));
    world.run(60.0);
    let status = world.balancer(0).status(world.now);
    assert!(status.iter().all(|status| status.unwell.is_none() && !status.left_out), "{status:?}");
    let shares = [0, 1, 2, 3, 4].map(|server| world.share((90.0, 129.0), &[server]));
    println!("all of five do: shares {shares:.3?}");
    assert!(shares.iter().all(|share| (0.1..0.3).contains(share)), "seed {}", world.seed);
}

#[test]
fn a_fast_failing_endpoint_attracts_nothing_where_plain_peak_ewma_gives_it_most() {
    // Without ejection, so that only the choice is seen.
    let mut settings = DEFAULT();
    settings.ejection.consecutive_failures = 0;
    settings.ejection.success_below = 0.0;
    settings.ejection.outlier_sigmas = 0.0;
    let share = |world: World| {
        let mut world = world;
        world.run(10.0);
        world.set([0], Mode::Fails(1.0));
        world.run(60.0);
        world.share((20.0, 69.0), &[0])
    };
    let ours = share(World::new(6).servers(5, 0).client(500.0, settings));
    let plain = share(World::new(6).servers(5, 0).plain_client(500.0));
    println!("one of five fails in 1 ms: ours gives it {ours:.4}, plain peak-EWMA {plain:.4}");
    assert!(ours < 0.01);
    assert!(plain > 0.35, "the control fails: the fast failures attracted nothing");
}

#[test]
fn linkerd_4537_one_failure_in_a_thousand_sends_nobody_away() {
    // Linkerd's penalty of five seconds for a failure would keep an endpoint away for a
    // minute; here a failure costs as much as it is rare.
    let mut world = World::new(8).servers(10, 0).client(2_000.0, DEFAULT());
    world.set(0..10, Mode::Fails(0.001));
    world.run(60.0);
    let mut worst: f64 = 0.0;
    for tenth in 1..12 {
        let time = (f64::from(tenth) * 5.0, f64::from(tenth) * 5.0 + 5.0 - 1e-6);
        for server in 0..10 {
            worst = worst.max((world.share(time, &[server]) * 10.0 - 1.0).abs());
        }
    }
    println!("in 5 s no endpoint's share was further than {worst:.2} from its part");
    assert!(worst < 0.5, "seed {}", world.seed);
}

#[test]
fn an_outlier_in_success_is_left_out_although_it_serves_more_than_the_limit() {
    // The others serve all, this one 85 %: above 80 %, and 1.9 deviations below the mean.
    let mut settings = DEFAULT();
    // At this price failures are hardly avoided, so that there are enough requests.
    settings.failure_price = std::time::Duration::from_millis(1);
    let mut world = World::new(9).servers(10, 0).client(2_000.0, settings);
    world.set([4], Mode::Fails(0.15));
    world.run(2.0);
    let status = world.balancer(0).status(world.now);
    let unwell: Vec<_> =
        status.iter().filter_map(|status| Some((*status.endpoint(), status.unwell?))).collect();
    assert_eq!(unwell, [(4, Reason::Outlier)]);
    assert_eq!(left_out(&world), [4]);
}
