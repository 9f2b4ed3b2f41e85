//! Files that are bad, cut, gone or turned back: what is read is true or unknown, and
//! never zero.

use std::time::Duration;

use proptest::prelude::*;
use seawall_guard::signal::{Files as _, Judgement, Source};

use super::machine::{Group, Machine, Mounts, TICK, group};

/// Shapes between them read every file there is.
const SHAPES: [Mounts; 3] = [Mounts::V2, Mounts::V1, Mounts::V1Apart];

fn groups() -> Vec<Group> {
    vec![group("", None, 0.5), group("pod", Some(2.0), 0.5), group("app", Some(4.0), 0.0)]
}

/// One core of own use, and half a core of a neighbour, of a pod's two.
fn machine(mounts: Mounts) -> Machine {
    let mut machine = Machine::new(mounts, 8, groups());
    machine.own = 1.0;
    machine.pressure = 0.2;
    machine
}

/// What the process uses itself, of the tightest limit.
const PROCESS: f64 = 0.5;
/// What its pod uses, of the same.
const POD: f64 = 0.75;
/// What the machine uses.
const HOST: f64 = 2.0 / 8.0;

/// Whether what is said is said of what it names, within 5 %.
fn is_true(judgement: &Judgement) -> bool {
    judgement.cpu.is_none_or(|cpu| {
        let truth = match cpu.source {
            Source::CgroupV2 | Source::CgroupV1 => POD,
            Source::Process => PROCESS,
            Source::Host => HOST,
        };
        (cpu.share - truth).abs() <= 0.05 * truth
    })
}

/// Spoils a file after every tick, and says what is thought after some seconds.
fn spoilt(mounts: Mounts, seconds: u32, spoil: impl Fn(&Machine)) -> Judgement {
    let mut machine = machine(mounts);
    let mut judgement = Judgement::UNKNOWN;
    for _ in 0..20 * seconds {
        machine.run(TICK);
        spoil(&machine);
        judgement = machine.judge();
    }
    judgement
}

#[test]
fn b2_every_file_that_is_cut_anywhere_leaves_a_truth_or_nothing() {
    for mounts in SHAPES {
        for path in machine(mounts).files.paths() {
            let length = machine(mounts).files.read(&path).unwrap().len();
            // Counters grow longer while it runs; cuts count from the front.
            for kept in (0..length).step_by(1 + length / 40) {
                let judgement = spoilt(mounts, 3, |machine| {
                    let text = machine.files.read(&path).unwrap();
                    machine.files.write(&path, &text[..kept]);
                });
                assert!(is_true(&judgement), "{mounts:?}, {path} cut at {kept}: {judgement:?}");
            }
        }
    }
}

#[test]
fn b2_every_file_that_is_gone_or_garbage_leaves_a_truth_or_nothing() {
    for mounts in SHAPES {
        for path in machine(mounts).files.paths() {
            let gone = spoilt(mounts, 3, |machine| machine.files.remove(&path));
            assert!(is_true(&gone), "{mounts:?} without {path}: {gone:?}");
            for garbage in
                ["\n", "-1\n", "0\n", "NaN\n", "18446744073709551616\n", "x y z\n", "max\n"]
            {
                // No garbage there: no quota, and the first processor.
                let is_right = match garbage {
                    "-1\n" => path.ends_with("quota_us"),
                    "0\n" => path.contains("cpuset.cpus") || path.ends_with("online"),
                    _ => false,
                };
                if is_right {
                    continue;
                }
                let judgement = spoilt(mounts, 3, |machine| machine.files.write(&path, garbage));
                assert!(is_true(&judgement), "{mounts:?}, {path} is {garbage:?}: {judgement:?}");
            }
        }
    }
}

#[test]
fn b2_files_that_go_away_later_become_unknown_within_a_second_and_come_back() {
    for mounts in SHAPES {
        let mut machine = machine(mounts);
        assert!(machine.settle(3).cpu.is_some());
        let mut gone = |ticks| {
            let mut judgement = Judgement::UNKNOWN;
            for _ in 0..ticks {
                machine.run(TICK);
                machine.files.remove("/");
                judgement = machine.judge();
            }
            judgement
        };
        let fast = gone(21);
        assert_eq!((fast.cpu, fast.pressure), (None, None), "{mounts:?}");
        assert_eq!(gone(20), Judgement::UNKNOWN, "{mounts:?}");
        let back = machine.settle(3);
        assert!(back.cpu.is_some() && is_true(&back), "{mounts:?}: {back:?}");
    }
}

#[test]
fn b2_cgroups_that_go_away_later_leave_the_process_and_no_looser_limit() {
    for mounts in SHAPES {
        let judgement = spoilt(mounts, 5, |machine| {
            if machine.has_run_for(Duration::from_secs(1)) {
                machine.files.remove("/sys/fs/cgroup");
            }
        });
        assert!(is_true(&judgement), "{mounts:?}: {judgement:?}");
        assert_eq!(judgement.cpu_limit, None, "{mounts:?}: the limit is not known any more");
        assert_eq!(judgement.memory, None, "{mounts:?}");
    }
}

#[test]
fn b2_counters_that_go_backwards_say_nothing_for_a_moment() {
    for mounts in SHAPES {
        let mut machine = machine(mounts);
        machine.settle(3);
        for back in 1..20 {
            machine.set_back(1e9 / f64::from(back));
            for _ in 0..5 {
                let judgement = machine.tick();
                assert!(is_true(&judgement), "{mounts:?}, back {back}: {judgement:?}");
            }
        }
    }
}

#[test]
fn b2_counters_that_stand_still_from_the_start_are_unknown_and_not_zero() {
    for mounts in SHAPES {
        let mut machine = machine(mounts);
        let still: Vec<_> = machine.files.paths();
        let still: Vec<_> = still
            .into_iter()
            .map(|path| (path.clone(), machine.files.read(&path).unwrap()))
            .collect();
        for _ in 0..60 {
            machine.run(TICK);
            for (path, text) in &still {
                machine.files.write(path, text.clone());
            }
            let judgement = machine.judge();
            assert_eq!(judgement.cpu, None, "{mounts:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn b2_any_text_in_any_file_at_any_time_is_survived(
        shape in 0_usize..3,
        spoils in prop::collection::vec(
            (any::<prop::sample::Index>(), "[0-9 ]{0,24}\n?|(max|some|full|cpu[0-9]?|0::|/|-|,|:| |\n|[0-9]){0,24}|.{0,20}"),
            1..40,
        ),
    ) {
        let mut machine = machine(SHAPES[shape]);
        for (path, text) in spoils {
            machine.run(TICK);
            let paths = machine.files.paths();
            let path: &String = path.get(&paths);
            machine.files.write(path, text);
            let judgement = machine.judge();
            prop_assert!(judgement.cpu.is_none_or(|cpu| (0.0..=1.0).contains(&cpu.share)));
            prop_assert!((0.5..=1.0).contains(&judgement.factor));
            prop_assert!(judgement.cpu_limit.is_none_or(|limit| limit > 0.0));
        }
        // It recovers once the files are whole again.
        let back = machine.settle(3);
        prop_assert!(back.cpu.is_some() && is_true(&back), "{back:?}");
    }
}
