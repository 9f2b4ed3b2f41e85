use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Instant {
    Instant::START + SECOND * seconds as u32
}

const fn trial(probes: u8, failures: u8) -> Trial {
    Trial { probes, failures, gap: SECOND }
}

/// Opened at the start, for a second.
fn open() -> Gate {
    let gate = Gate::new(State::Closed);
    assert_eq!(gate.open(0, at(0), |_| SECOND), Some(State::Closed));
    gate
}

fn passes(gate: &Gate, now: Instant, trial: Trial) -> Option<u32> {
    match gate.probe(now, trial) {
        Passage::Probe { era, .. } => Some(era),
        Passage::Wait(_) | Passage::Changed => None,
    }
}

#[test]
fn a_word_keeps_all_it_says() {
    let word = Word {
        era: u32::MAX - 1,
        state: State::HalfOpen,
        openings: 31,
        slots: 255,
        succeeded: 254,
        failed: 253,
    };
    assert_eq!(Word::of(word.bits()), word);
    assert_eq!(word.opened().openings, 31, "it counts no further");
    assert_eq!(word.next(State::Open).next(State::Open).era, 0);
}

#[test]
fn it_waits_for_the_whole_time_and_says_how_long() {
    let gate = open();
    assert_eq!(
        gate.probe(Instant::from_nanos(400_000_000), trial(1, 1)),
        Passage::Wait(SECOND * 3 / 5)
    );
    assert_eq!(gate.probe(at(1), trial(1, 1)), Passage::Probe { era: 2, first: true });
}

#[test]
fn resilience4j_1432_no_more_calls_pass_than_are_permitted_when_a_trial_begins() {
    let gate = open();
    let passed = (0..100).filter(|_| passes(&gate, at(1), trial(3, 2)).is_some()).count();
    assert_eq!(passed, 3);
}

#[test]
fn resilience4j_544_an_answer_that_says_nothing_makes_room_for_another_probe() {
    let gate = open();
    let era = passes(&gate, at(1), trial(1, 1)).unwrap();
    for _ in 0..1_000 {
        assert_eq!(passes(&gate, at(1), trial(1, 1)), None);
        gate.give_back(era, trial(1, 1));
        assert_eq!(passes(&gate, at(1), trial(1, 1)), Some(era));
    }
    let report = gate.report((era, true), at(1), trial(1, 1), State::Closed, |_| SECOND);
    assert_eq!(report, Some(State::Closed));
}

#[test]
fn resilience4j_935_probes_that_never_come_back_do_not_keep_it_half_open() {
    let gate = open();
    let era = passes(&gate, at(1), trial(1, 1)).unwrap();
    assert_eq!(gate.probe(at(1), trial(1, 1)), Passage::Wait(SECOND));
    assert_eq!(passes(&gate, at(2), trial(1, 1)), Some(era), "one a second passes instead");
    assert_eq!(passes(&gate, at(2), trial(1, 1)), None);
    // Those that come back after all make no more room than there was.
    gate.give_back(era, trial(1, 1));
    gate.give_back(era, trial(1, 1));
    assert_eq!(passes(&gate, at(2), trial(1, 1)), Some(era));
    assert_eq!(passes(&gate, at(2), trial(1, 1)), None);
}

#[test]
fn a_trial_ends_when_it_is_decided() {
    let gate = open();
    let era = passes(&gate, at(1), trial(4, 2)).unwrap();
    let tell = |succeeded| {
        gate.report((era, succeeded), at(1), trial(4, 2), State::Closed, |before| {
            SECOND * (before + 1)
        })
    };
    assert_eq!([tell(true), tell(false), tell(true)], [None; 3]);
    assert_eq!(tell(false), Some(State::Open));
    assert_eq!(gate.probe(at(1), trial(4, 2)), Passage::Wait(SECOND * 2), "the second time");

    let era = passes(&gate, at(3), trial(4, 2)).unwrap();
    let tell =
        |succeeded| gate.report((era, succeeded), at(3), trial(4, 2), State::Closed, |_| SECOND);
    assert_eq!([tell(true), tell(false), tell(true)], [None; 3]);
    assert_eq!(tell(true), Some(State::Closed));
    assert_eq!((gate.load().state, gate.load().openings), (State::Closed, 0));
}

#[test]
fn polly_216_what_is_of_another_era_changes_nothing() {
    let gate = open();
    let first = passes(&gate, at(1), trial(1, 1)).unwrap();
    gate.report((first, false), at(1), trial(1, 1), State::Closed, |_| SECOND);
    let second = passes(&gate, at(2), trial(1, 1)).unwrap();
    let before = gate.load();
    for old in [0, first] {
        assert_eq!(gate.report((old, true), at(2), trial(1, 1), State::Closed, |_| SECOND), None);
        assert_eq!(gate.report((old, false), at(2), trial(1, 1), State::Closed, |_| SECOND), None);
        assert_eq!(gate.open(old, at(2), |_| SECOND), None);
        gate.give_back(old, trial(1, 1));
        assert!(!gate.set_throttled(old, true));
    }
    assert_eq!((gate.load(), before.era), (before, second));
}

#[test]
fn throttled_and_closed_are_one_era_and_open_ends_it() {
    let gate = Gate::new(State::Closed);
    assert!(gate.set_throttled(0, true));
    assert!(!gate.set_throttled(0, true), "it is already");
    assert_eq!(gate.probe(at(0), trial(1, 1)), Passage::Changed);
    assert!(gate.pass_is_due(at(1), SECOND));
    assert!(!gate.pass_is_due(at(1), SECOND), "once in a second");
    assert_eq!(gate.open(0, at(1), |_| SECOND), Some(State::Throttled));
    assert!(!gate.set_throttled(1, false), "an open one is closed by its probes alone");
    assert_eq!(gate.restart(State::Disabled), State::Open);
    assert_eq!(gate.probe(at(1), trial(1, 1)), Passage::Changed);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask,
    GiveBack(usize),
    Report(usize, bool),
    Lose(usize),
    Wait(u64),
    Open,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Ask),
        1 => (0_usize..8).prop_map(Step::GiveBack),
        2 => (0_usize..8, any::<bool>()).prop_map(|(which, succeeded)| Step::Report(which, succeeded)),
        1 => (0_usize..8).prop_map(Step::Lose),
        2 => (1_u64..1_500).prop_map(Step::Wait),
        1 => Just(Step::Open),
    ]
}

proptest! {
    /// Whatever callers do: no more probes of one trial are under way than may be, but
    /// for one a second in the place of lost ones; results of other eras change nothing;
    /// and whoever waits as long as told gets an answer.
    #[test]
    fn a_gate_is_neither_overrun_nor_stuck(
        probes in 1_u8..5,
        failing in 1_u8..5,
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let trial = trial(probes, failing.min(probes));
        let (gate, mut now) = (open(), at(1));
        let mut under_way = VecDeque::new();
        let (mut trial_era, mut replaced, mut last_replaced) = (0, 0_usize, None);
        for step in steps {
            let word = gate.load();
            match step {
                Step::Ask => match gate.probe(now, trial) {
                    Passage::Probe { era, first } => {
                        prop_assert_eq!(era, gate.load().era);
                        prop_assert_eq!(first, word.state == State::Open);
                        if first {
                            (trial_era, replaced, last_replaced) = (era, 0, Some(now));
                        } else if word.slots == 0 {
                            replaced += 1;
                            prop_assert!(last_replaced.is_none_or(|last| now - last >= SECOND));
                            last_replaced = Some(now);
                        }
                        under_way.push_back(era);
                        let of_it = under_way.iter().filter(|&&era| era == trial_era).count();
                        prop_assert!(of_it <= usize::from(probes) + replaced);
                    }
                    Passage::Wait(time) => {
                        prop_assert!(time > Duration::ZERO && time <= SECOND);
                        let later = gate.probe(now + time, trial);
                        let passes = matches!(later, Passage::Probe { .. });
                        prop_assert!(passes, "it was told to come back then");
                        if let Passage::Probe { era, first } = later {
                            now = now + time;
                            if first {
                                (trial_era, replaced) = (era, 0);
                            } else {
                                replaced += 1;
                            }
                            last_replaced = Some(now);
                            under_way.push_back(era);
                        }
                    }
                    Passage::Changed => prop_assert!(word.state.is_counting()),
                },
                Step::GiveBack(which) => if let Some(era) = under_way.remove(which) {
                    gate.give_back(era, trial);
                    prop_assert!(gate.load().slots <= probes);
                    prop_assert_eq!(gate.load().era, word.era);
                },
                Step::Report(which, succeeded) => if let Some(era) = under_way.remove(which) {
                    let decision =
                        gate.report((era, succeeded), now, trial, State::Closed, |_| SECOND);
                    if era != word.era {
                        prop_assert_eq!(gate.load(), word);
                    } else if let Some(state) = decision {
                        prop_assert_eq!(gate.load().state, state);
                        prop_assert_eq!(state == State::Closed, succeeded);
                    }
                },
                Step::Lose(which) => {
                    under_way.remove(which);
                }
                Step::Wait(millis) => now = now + Duration::from_millis(millis),
                Step::Open => {
                    let opened = gate.open(word.era, now, |_| SECOND);
                    prop_assert_eq!(opened.is_some(), word.state.is_counting());
                }
            }
        }
    }
}
