//! A store goes away, or gets slow, and comes back: with this crate's breaker by its
//! default settings in front of it, and with a model of go-zero's, so that it can be seen
//! that the situations are hard.

mod gozero;
mod world;

use std::time::Duration;

use gozero::{GoZero, sql};
use seawall_guard::{
    Outcome,
    breaker::{BreakerSettings, Reason, State, Transition},
};
use world::*;

const SLOW: Mood = Mood::Answers(Duration::from_millis(500), [Outcome::Success; 2], 0.0);
const SEEDS: std::ops::Range<u64> = 0..4;

fn ours(situation: &Situation) -> (Ours, Report) {
    let mut ours = Ours::new(BreakerSettings::default(), situation.seed);
    let report = play(&mut ours, situation);
    (ours, report)
}

fn theirs(situation: &Situation) -> Report {
    play(&mut GoZero::new(situation.seed, sql), situation)
}

/// After what time since `from` it opened first, and why.
fn opened(ours: &Ours, from: f64) -> Option<(Duration, Reason)> {
    let is_opening = |it: &&_| matches!(it, Transition { to: State::Open, .. });
    let opening = ours.transitions.iter().filter(is_opening).find(|it| it.at >= at(from))?;
    Some((opening.at - at(from), opening.reason))
}

/// The share of the calls between two seconds that reached the store.
fn sent(report: &Report, from: f64, to: f64) -> f64 {
    let sent = report.between(at(from), at(to)).filter(|call| call.outcome.is_some()).count();
    sent as f64 / report.between(at(from), at(to)).count() as f64
}

#[test]
fn c1_two_hundred_callers_before_a_black_hole_fail_fast_after_a_second_and_a_half() {
    for seed in SEEDS {
        let situation = Situation::outage(Mood::BlackHole, 30.0, 1.0, seed);
        let (ours, report) = ours(&situation);
        let (after, reason) = opened(&ours, 20.0).expect("it opens");
        assert!(
            after <= MS * 1_500 && reason == Reason::Outage,
            "seed {seed}: {after:?} {reason:?}"
        );
        let (from, to) = (at(21.5), at(50.0));
        let p99 = report.p99(from, to);
        assert!(p99 <= MS * 5, "seed {seed}: {p99:?}");
        let at_once = report.in_flight[22..50].iter().max();
        assert!(at_once <= Some(&2), "seed {seed}: {at_once:?} at the dead store");
        let probes = report.between(from, to).filter(|call| call.outcome.is_some()).count();
        assert!((27..=60).contains(&probes), "seed {seed}: {probes} in 28.5 s");

        let theirs = theirs(&situation).p99(from, to);
        assert!(theirs >= SECOND, "seed {seed}: go-zero lets more than one in 100 hang");
        println!(
            "c1 seed {seed}: open after {after:?}, p99 {p99:?} (go-zero {theirs:?}), {probes} probes"
        );
    }
}

#[test]
fn c1_what_hangs_at_a_black_hole_is_bounded_by_half_a_second_of_calls() {
    // 2,000 callers a second of whom each is patient for 30 s.
    for seed in SEEDS {
        let situation = Situation {
            callers: 4_000,
            think: SECOND * 2,
            timeout: SECOND * 30,
            ..Situation::outage(Mood::BlackHole, 20.0, 0.0, seed)
        };
        let (ours, report) = ours(&situation);
        let (after, _) = opened(&ours, 20.0).expect("it opens");
        assert!(after <= MS * 700, "seed {seed}: {after:?}");
        let hang = report.in_flight.iter().max().unwrap();
        assert!(*hang <= 1_500, "seed {seed}: {hang}");
        let theirs = theirs(&situation);
        let theirs = theirs.in_flight.iter().max().unwrap();
        assert!(*theirs >= 3_900, "seed {seed}: {theirs}");
        println!("c1 seed {seed}: open after {after:?}, {hang} hang (go-zero {theirs})");
    }
}

#[test]
fn c2_resets_open_it_and_so_does_slowness_with_all_answers_good() {
    for seed in SEEDS {
        for (mood, reason) in [(Mood::Resets, Reason::Outage), (SLOW, Reason::SlowRatio)] {
            let situation = Situation::outage(mood, 30.0, 1.0, seed);
            let (ours, report) = ours(&situation);
            let (after, why) = opened(&ours, 20.0).expect("it opens");
            assert!(after <= SECOND * 2, "seed {seed}: {mood:?} {after:?}");
            assert_eq!(why, reason, "seed {seed}: {mood:?}");
            let share = sent(&report, 22.0, 40.0);
            assert!(share < 0.01, "seed {seed}: {mood:?} {share}");
            // What is slow for longer begins to be the usual.
            let share = sent(&report, 40.0, 50.0);
            let most = if mood == SLOW { 0.2 } else { 0.01 };
            assert!(share < most, "seed {seed}: {mood:?} {share} later");
            println!("c2 seed {seed}: {mood:?} open after {after:?}");
        }
    }
}

#[test]
fn slowness_that_lasts_is_the_usual_after_a_minute() {
    for seed in SEEDS {
        let situation = Situation::outage(SLOW, 120.0, 1.0, seed);
        let (_, report) = ours(&situation);
        assert!(sent(&report, 22.0, 40.0) < 0.01, "seed {seed}");
        assert_eq!(report.refused(at(80.0), at(140.0)), 0, "seed {seed}");
    }
}

#[test]
fn gozero_5366_slow_answers_are_invisible_to_a_breaker_that_looks_at_errors_only() {
    let situation = Situation::outage(SLOW, 30.0, 1.0, 1);
    assert_eq!(theirs(&situation).refused(at(0.0), at(51.0)), 0);
    assert!(ours(&situation).1.refused(at(20.0), at(50.0)) > 10_000);
}

#[test]
fn c3_a_store_that_is_well_again_is_used_again_within_three_seconds() {
    let mut worst = Duration::ZERO;
    for seed in SEEDS {
        for mood in [Mood::BlackHole, Mood::Resets, SLOW] {
            let situation = Situation::outage(mood, 30.0, 20.0, seed);
            let (_, report) = ours(&situation);
            let after = report.recovery(at(50.0), at(69.0)).expect("it recovers");
            assert!(after <= SECOND * 3, "seed {seed}: {mood:?} {after:?}");
            assert_eq!(report.refused(at(53.0), at(70.0)), 0, "seed {seed}: {mood:?}");
            worst = worst.max(after);
        }
        let situation = Situation::outage(Mood::BlackHole, 30.0, 20.0, seed);
        let theirs = theirs(&situation).recovery(at(50.0), at(69.0));
        assert!(theirs.is_none_or(|after| after >= SECOND * 8), "seed {seed}: {theirs:?}");
    }
    println!("c3: back after {worst:?} at the latest");
}

#[test]
fn c3_neither_a_long_outage_nor_few_callers_make_it_later() {
    for seed in SEEDS {
        for (callers, think, lasts) in
            [(20, MS * 100, 600.0), (3, MS * 500, 60.0), (1, SECOND, 60.0)]
        {
            let situation = Situation {
                callers,
                think,
                ..Situation::outage(Mood::BlackHole, lasts, 30.0, seed)
            };
            let (_, report) = ours(&situation);
            let well = 20.0 + lasts;
            assert!(report.refused(at(20.0), at(well)) > 0 || callers == 1, "seed {seed}");
            let late = report.refused(at(well + 3.0), at(well + 30.0));
            assert_eq!(late, 0, "seed {seed}: {callers} callers");
        }
    }
}

#[test]
fn gozero_4101_a_minute_of_outage_does_not_become_ten() {
    // Nearly one statement in three fails by itself, which neither of them minds before.
    let mood = Mood::Answers(MS * 10, [Outcome::Success, Outcome::Ignore], 0.324);
    let situation = Situation {
        callers: 100,
        moods: vec![(at(0.0), mood), (at(20.0), Mood::Resets), (at(80.0), mood)],
        ..Situation::outage(mood, 60.0, 600.0, 2)
    };
    let gozero = theirs(&situation);
    assert!(gozero.refused(at(0.0), at(20.0)) < 20, "it was closed before");
    let (from, to) = (at(620.0), at(680.0));
    let (refused, asked) = (gozero.refused(from, to), gozero.between(from, to).count());
    assert!(refused * 4 > asked, "{refused} of {asked} in the tenth minute");

    let (_, report) = ours(&situation);
    let after = report.recovery(at(80.0), to).expect("it recovers");
    assert!(after <= SECOND * 3, "{after:?}");
    assert_eq!(report.refused(at(83.0), to), 0);
    println!(
        "4101: back after {after:?}; go-zero refuses {refused} of {asked} in the tenth minute"
    );
}

#[test]
fn gozero_3837_own_rejections_in_the_total_keep_a_breaker_open() {
    let mood = Mood::Answers(MS * 10, [Outcome::Success, Outcome::Ignore], 0.2);
    let situation = Situation {
        callers: 50,
        moods: vec![(at(0.0), mood), (at(20.0), Mood::Resets), (at(50.0), mood)],
        ..Situation::outage(mood, 30.0, 100.0, 1)
    };
    let late = |report: &Report| report.refused(at(70.0), at(150.0));
    let counted = late(&theirs(&situation));
    let uncounted = late(&play(&mut GoZero::without_drops(1, sql), &situation));
    let ours = late(&ours(&situation).1);
    assert!(counted > 10_000 && uncounted * 10 < counted, "{counted} {uncounted}");
    assert_eq!(ours, 0);
    println!("3837: refused 20 s later {ours}; go-zero {counted}, without its own {uncounted}");
}

#[test]
fn c4_bad_statements_take_the_store_from_nobody() {
    for seed in SEEDS {
        let mood = Mood::Answers(MS * 10, [Outcome::Success, Outcome::Ignore], 0.5);
        let situation = Situation::outage(mood, 30.0, 1.0, seed);
        let (ours, report) = ours(&situation);
        assert!(ours.transitions.is_empty(), "seed {seed}: {:?}", ours.transitions);
        assert_eq!(report.answered(at(0.0), at(51.0)), 1.0, "seed {seed}");
        let gozero = theirs(&situation).refused(at(20.0), at(50.0));
        assert!(gozero > 1_000, "seed {seed}: {gozero}");
    }
}

#[test]
fn c5_a_failover_opens_nothing() {
    for seed in SEEDS {
        let mood = Mood::Answers(MS * 2, [Outcome::Topology; 2], 0.0);
        let (ours, report) = ours(&Situation::outage(mood, 5.0, 5.0, seed));
        assert!(ours.transitions.is_empty(), "seed {seed}: {:?}", ours.transitions);
        assert_eq!(report.refused(at(0.0), at(30.0)), 0, "seed {seed}");
    }
}

#[test]
fn a_busy_store_is_used_to_its_capacity_and_sent_less_of_what_it_refuses() {
    for seed in SEEDS {
        // Some 1,800 calls a second for a store that has time for 400.
        let situation = Situation::outage(Mood::Busy(400), 60.0, 20.0, seed);
        let (ours, report) = ours(&situation);
        let (from, to) = (at(40.0), at(80.0));
        let count =
            |outcome| report.between(from, to).filter(|call| call.outcome == outcome).count();
        let served = count(Some(Outcome::Success)) as f64 / 40.0;
        let refused = count(Some(Outcome::Overload)) as f64 / 40.0;
        assert!(served >= 0.95 * 400.0, "seed {seed}: {served} a second");
        // Of the 1,400 that it would have to refuse.
        assert!(refused <= 800.0, "seed {seed}: {refused} a second");
        assert_eq!(opened(&ours, 0.0), None, "seed {seed}");
        let after = report.recovery(at(80.0), at(99.0)).expect("it recovers");
        assert!(after <= SECOND * 4, "seed {seed}: {after:?}");
        println!(
            "busy seed {seed}: served {served}/s, refused by the store {refused}/s, back after {after:?}"
        );
    }
}
