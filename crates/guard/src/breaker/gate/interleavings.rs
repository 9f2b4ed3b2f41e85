//! Every interleaving of what callers do to a gate at the same time. Run with
//! `RUSTFLAGS="--cfg loom" cargo test -p seawall-guard --lib interleavings`.

use std::time::Duration;

use loom::{sync::Arc, thread};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const NOW: Instant = Instant::from_nanos(5_000_000_000);

const fn trial(probes: u8, failures: u8) -> Trial {
    Trial { probes, failures, gap: SECOND }
}

/// A gate that was opened and may be tried.
fn due() -> Arc<Gate> {
    let gate = Gate::new(State::Closed);
    gate.open(0, Instant::START, |_| SECOND);
    Arc::new(gate)
}

/// Runs both at once and returns what each of them says.
fn at_once<A, B>(one: A, other: B) -> (A::Output, B::Output)
where
    A: Work + 'static,
    B: Work + 'static,
{
    let thread = thread::spawn(move || one.run());
    let second = other.run();
    (thread.join().unwrap(), second)
}

/// A closure, named so that its result has a name too.
trait Work: Send {
    type Output: Send + 'static;
    fn run(self) -> Self::Output;
}

impl<T: Send + 'static, F: FnOnce() -> T + Send> Work for F {
    type Output = T;
    fn run(self) -> T {
        self()
    }
}

const fn passes(passage: Passage) -> bool {
    matches!(passage, Passage::Probe { .. })
}

#[test]
fn of_two_callers_one_is_the_probe() {
    loom::model(|| {
        let (one, other) = (due(), trial(1, 1));
        let two = one.clone();
        let (a, b) = at_once(move || one.probe(NOW, other), move || two.probe(NOW, other));
        assert!(passes(a) != passes(b), "{a:?} {b:?}");
    });
}

#[test]
fn of_two_callers_with_two_slots_both_pass_and_one_begins() {
    loom::model(|| {
        let (one, trial) = (due(), trial(2, 1));
        let two = one.clone();
        let (a, b) = at_once(move || one.probe(NOW, trial), move || two.probe(NOW, trial));
        let begins = |passage| matches!(passage, Passage::Probe { first: true, .. });
        assert!(passes(a) && passes(b) && begins(a) != begins(b), "{a:?} {b:?}");
    });
}

#[test]
fn a_probe_given_back_is_there_for_exactly_one_other() {
    loom::model(|| {
        let (gate, trial) = (due(), trial(1, 1));
        let Passage::Probe { era, .. } = gate.probe(NOW, trial) else { panic!("due") };
        let (one, two) = (gate.clone(), gate.clone());
        let give_back = move || one.give_back(era, trial);
        let (_, early) = at_once(give_back, move || two.probe(NOW, trial));
        let late = gate.probe(NOW, trial);
        assert!(passes(early) != passes(late), "{early:?} {late:?}");
        assert!(!passes(gate.probe(NOW, trial)));
    });
}

#[test]
fn two_results_that_disagree_decide_once() {
    loom::model(|| {
        let (gate, trial) = (due(), trial(2, 2));
        let Passage::Probe { era, .. } = gate.probe(NOW, trial) else { panic!("due") };
        assert!(passes(gate.probe(NOW, trial)));
        let (one, two) = (gate.clone(), gate.clone());
        let tell = move |gate: Arc<Gate>, succeeded| {
            gate.report((era, succeeded), NOW, trial, State::Closed, |_| SECOND)
        };
        let decisions = at_once(move || tell(one, true), move || tell(two, false));
        // One good answer is enough here, whichever comes first.
        assert!(matches!(decisions, (Some(State::Closed), None)), "{decisions:?}");
        assert_eq!(gate.load().era, era + 1);
    });
}

#[test]
fn a_result_and_a_probe_given_back_do_not_disturb_each_other() {
    loom::model(|| {
        let (gate, trial) = (due(), trial(2, 1));
        let Passage::Probe { era, .. } = gate.probe(NOW, trial) else { panic!("due") };
        assert!(passes(gate.probe(NOW, trial)));
        let (one, two) = (gate.clone(), gate.clone());
        let fail = move || one.report((era, false), NOW, trial, State::Closed, |_| SECOND);
        let (decision, ()) = at_once(fail, move || two.give_back(era, trial));
        assert_eq!(decision, Some(State::Open));
        let word = gate.load();
        assert_eq!((word.state, word.slots), (State::Open, 0), "a late one makes no room");
        assert!(matches!(gate.probe(NOW, trial), Passage::Wait(SECOND)));
    });
}

#[test]
fn two_reasons_to_open_open_it_once_and_for_the_whole_time() {
    loom::model(|| {
        let gate = Arc::new(Gate::new(State::Closed));
        let (one, two) = (gate.clone(), gate.clone());
        let (a, b) =
            at_once(move || one.open(0, NOW, |_| SECOND), move || two.open(0, NOW, |_| SECOND));
        assert!(a.is_some() != b.is_some());
        assert_eq!(gate.load().openings, 1);
        assert_eq!(gate.probe(NOW, trial(1, 1)), Passage::Wait(SECOND));
    });
}

#[test]
fn who_sees_it_open_sees_until_when() {
    loom::model(|| {
        let gate = Arc::new(Gate::new(State::Closed));
        let (one, two) = (gate.clone(), gate.clone());
        let open = move || one.open(0, NOW, |_| SECOND);
        let (_, seen) = at_once(open, move || two.probe(NOW, trial(1, 1)));
        assert!(matches!(seen, Passage::Changed | Passage::Wait(SECOND)), "{seen:?}");
    });
}

#[test]
fn a_lost_probe_is_replaced_by_one_and_not_by_two() {
    loom::model(|| {
        let (one, trial) = (due(), trial(1, 1));
        assert!(passes(one.probe(NOW, trial)));
        let (two, later) = (one.clone(), NOW + SECOND);
        let (a, b) = at_once(move || one.probe(later, trial), move || two.probe(later, trial));
        assert!(passes(a) != passes(b), "{a:?} {b:?}");
    });
}
