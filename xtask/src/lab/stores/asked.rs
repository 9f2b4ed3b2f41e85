//! What must come of a trial.

use super::finding::Finding;
use super::measured::{Measured, Sides};
use super::plan::{Store, Trial};
use crate::lab::measured::median;

/// Work that has nothing to do with a store may take so many times as long when that
/// breaks, and so many milliseconds more, which two cores make of themselves.
const OTHER_TIMES: f64 = 1.1;
const OTHER_MORE_MS: f64 = 5.0;

/// Connections that the clients' pools may have.
const POOL: f64 = 64.0;

/// A number, and what is asked of it.
struct Asked {
    /// Which scenario asks; nothing for a number that only tells something.
    scenario: &'static str,
    what: &'static str,
    number: fn(&Measured) -> f64,
    bound: Bound,
    /// Whether it says something without a guard.
    is_of_both: bool,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    None,
    Most(f64),
    Least(f64),
    /// Nearly what it was before.
    AsBefore,
}

/// What never came is the longest.
fn or_never(number: Option<f64>) -> f64 {
    number.unwrap_or(f64::INFINITY)
}

const fn asked(
    scenario: &'static str,
    what: &'static str,
    number: fn(&Measured) -> f64,
    bound: Bound,
) -> Asked {
    Asked { scenario, what, number, bound, is_of_both: true }
}

const fn of_guard(asked: Asked) -> Asked {
    Asked { is_of_both: false, ..asked }
}

fn all(store: Store, trial: Trial) -> Vec<Asked> {
    let scenario = if store == Store::MySql && trial == Trial::BlackHole { "C1" } else { "C2" };
    let fast = [
        asked(
            scenario,
            "nobody waits any more after (ms)",
            |side| or_never(side.fast_after_ms),
            Bound::Most(1_500.0),
        ),
        asked(scenario, "p99 of callers, from 1.5 s on (ms)", |side| side.p99_ms, Bound::Most(5.0)),
    ];
    let load = [
        asked(scenario, "in flight to it, at most", |side| side.in_flight_max, Bound::Most(POOL)),
        asked(
            scenario,
            "calls that reach it, from 1.5 s on (per s)",
            |side| side.reached_per_s,
            Bound::None,
        ),
    ];
    let later = [
        asked(scenario, "p99 of other work (ms)", |side| side.other_p99_ms, Bound::AsBefore),
        asked(scenario, "connections made, until the end", |side| side.connections, Bound::None),
        asked(
            "C3",
            "95 % answered again after (ms)",
            |side| or_never(side.recovered_ms),
            Bound::Most(3_000.0),
        ),
    ];
    let opens = of_guard(asked(
        scenario,
        "breaker opens after (ms)",
        |side| or_never(side.opened_ms),
        Bound::Most(2_000.0),
    ));
    let served = asked(scenario, "answered meanwhile (%)", |side| side.served, Bound::None);
    match trial {
        Trial::BlackHole | Trial::Reset => fast.into_iter().chain(load).chain(later).collect(),
        Trial::Slow => [opens, served].into_iter().chain(load).chain(later).collect(),
        Trial::WrongCalls => vec![
            asked("C4", "right calls answered (%)", |side| side.served, Bound::Least(100.0)),
            asked(
                "C4",
                "wrong calls told so by the store (%)",
                |side| side.told_wrong,
                Bound::Least(100.0),
            ),
            of_guard(asked("C4", "changes of a breaker", |side| side.changes, Bound::Most(0.0))),
        ],
        Trial::Failover => vec![
            asked(
                "C5",
                "first told so, to answered elsewhere (ms)",
                |side| or_never(side.moved_ms),
                Bound::Most(200.0),
            ),
            asked(
                "C5",
                "failover to a write that succeeds (ms)",
                |side| or_never(side.writes_again_ms),
                Bound::None,
            ),
            asked("C5", "answered meanwhile (%)", |side| side.served, Bound::None),
            of_guard(asked("C5", "changes of a breaker", |side| side.changes, Bound::Most(0.0))),
        ],
    }
}

/// The rows of a trial: of each number the median over all rounds.
pub(crate) fn findings(store: Store, trial: Trial, rounds: &[Sides]) -> Vec<Finding> {
    let middle = |of: &dyn Fn(&Sides) -> f64| median(rounds.iter().map(of));
    let rows = all(store, trial).into_iter().map(|asked| {
        let number = asked.number;
        let guarded = middle(&|sides| number(&sides.guarded));
        let control = asked.is_of_both.then(|| middle(&|sides| number(&sides.control)));
        let before = middle(&|sides| sides.guarded.other_p99_before_ms);
        let (target, met) = asked.bound.judge(guarded, before);
        Finding {
            scenario: asked.scenario.to_owned(),
            store: store.name().to_owned(),
            what: format!("{}: {}", trial.title(), asked.what),
            guarded: Some(guarded),
            control,
            target,
            met,
            note: None,
        }
    });
    rows.collect()
}

impl Bound {
    fn judge(self, number: f64, before: f64) -> (Option<String>, bool) {
        let most = |most: f64| (Some(format!("<= {most:.0}")), number <= most);
        match self {
            Self::None => (None, true),
            Self::Most(bound) => most(bound),
            Self::Least(least) => (Some(format!(">= {least}")), number >= least),
            Self::AsBefore => most(OTHER_TIMES * before + OTHER_MORE_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side() -> Measured {
        Measured {
            served: 100.0,
            told_wrong: 100.0,
            p99_ms: 1.0,
            fast_after_ms: Some(750.0),
            in_flight_max: 40.0,
            reached_per_s: 1.0,
            connections: 10.0,
            recovered_ms: Some(500.0),
            other_p99_before_ms: 4.0,
            other_p99_ms: 4.5,
            opened_ms: Some(750.0),
            changes: 0.0,
            moved_ms: Some(50.0),
            writes_again_ms: Some(60.0),
        }
    }

    fn missed(trial: Trial, guarded: Measured) -> Vec<String> {
        let rounds = [Sides { guarded, control: side() }];
        let findings = findings(Store::MySql, trial, &rounds);
        findings.into_iter().filter(|finding| !finding.met).map(|finding| finding.what).collect()
    }

    #[test]
    fn a_guard_that_does_all_of_it_misses_nothing() {
        for trial in Trial::ALL {
            assert_eq!(missed(trial, side()), [""; 0], "{trial:?}");
        }
    }

    #[test]
    fn what_never_comes_is_missed() {
        let never = Measured { recovered_ms: None, moved_ms: None, changes: 1.0, ..side() };
        assert_eq!(missed(Trial::Reset, never.clone()).len(), 1);
        assert_eq!(missed(Trial::Failover, never).len(), 2);
    }

    #[test]
    fn other_work_is_measured_by_what_it_was_before() {
        let late = Measured { other_p99_ms: 10.0, ..side() };
        assert_eq!(missed(Trial::Slow, late), ["50 times slower: p99 of other work (ms)"]);
    }
}
