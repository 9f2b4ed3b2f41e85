//! What is asked of each cost, and the rows that say whether it is so.

use super::cost::Cost;
use super::pairs::PAIRS;
use crate::report::Row;

/// How much an operation may take longer when two threads do it at once.
const TWO_THREADS: f64 = 2.0;

/// Ours first, then what stands beside them.
pub(crate) fn rows(ours: &[Cost], peers: &[Cost]) -> Vec<Row> {
    let alone = ours.iter().flat_map(alone);
    let beside = PAIRS.iter().filter_map(|pair| {
        let ours = ours.iter().find(|cost| cost.bench == pair.bench && cost.what == pair.what)?;
        let peer = peers.iter().find(|cost| cost.what == pair.peer)?;
        Some(beside(ours, peer, pair.of))
    });
    alone.chain(beside.flatten()).collect()
}

/// One thread, two threads and allocations. Where there is no budget nothing is asked:
/// these rows explain others.
fn alone(cost: &Cost) -> [Row; 3] {
    let [one, two] = cost.nanos;
    let name = format!("{}: {}", cost.bench, cost.what);
    let row = |what: &str, ours: Option<f64>, most: Option<f64>, target: Option<String>| Row {
        what: format!("{name}, {what}"),
        ours,
        peer: None,
        ratio: None,
        ok: most.is_none_or(|most| ours.is_some_and(|ours| ours <= most)),
        target,
        note: None,
    };
    let twice = one.filter(|_| cost.budget.is_some()).map(|one| TWO_THREADS * one);
    let none = cost.budget.map(|_| 0.0);
    [
        row("1 thread (ns)", one, cost.budget, cost.budget.map(|most| format!("<= {most}"))),
        row("2 threads (ns)", two, twice, twice.map(|_| format!("<= {TWO_THREADS}x 1 thread"))),
        row("allocations of 1,000", Some(cost.allocations), none, none.map(|_| "0".to_owned())),
    ]
}

fn beside(ours: &Cost, peer: &Cost, of: &str) -> Vec<Row> {
    let name = format!("{} beside {of}: {}", ours.what, peer.what);
    let row = |what: &str, ours: Option<f64>, theirs: Option<f64>| Row {
        what: format!("{name}, {what}"),
        ours,
        peer: theirs,
        ratio: ours
            .zip(theirs)
            .filter(|(_, theirs)| *theirs > 0.0)
            .map(|(ours, theirs)| ours / theirs),
        target: None,
        ok: true,
        note: None,
    };
    let [one, two] = ours.nanos;
    let [peers_one, peers_two] = peer.nanos;
    let mut rows = vec![row("1 thread (ns)", one, peers_one)];
    rows.extend(peers_two.map(|_| row("2 threads (ns)", two, peers_two)));
    if ours.allocations + peer.allocations > 0.0 {
        let (ours, theirs) = (Some(ours.allocations), Some(peer.allocations));
        rows.push(row("allocations of 1,000", ours, theirs));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(what: &str, budget: Option<f64>, nanos: [f64; 2], allocations: f64) -> Cost {
        let (bench, what) = ("breaker".to_owned(), what.to_owned());
        Cost { bench, what, budget, nanos: nanos.map(Some), allocations }
    }

    fn verdicts(cost: &Cost) -> [bool; 3] {
        alone(cost).map(|row| row.ok)
    }

    #[test]
    fn a_budget_asks_three_things_and_no_budget_asks_nothing() {
        assert_eq!(verdicts(&cost("sre", Some(40.0), [40.0, 80.0], 0.0)), [true, true, true]);
        assert_eq!(verdicts(&cost("sre", Some(40.0), [41.0, 83.0], 1.0)), [false, false, false]);
        assert_eq!(verdicts(&cost("sre", None, [900.0, 9_000.0], 9.0)), [true, true, true]);
    }

    #[test]
    fn every_pair_that_was_measured_has_a_row_a_thread_count() {
        let ours = [cost("sre, answered", Some(40.0), [20.0, 30.0], 0.0)];
        let mut recloser = cost("recloser 1.4.0, call", None, [40.0, 120.0], 0.0);
        let rows_of = |peer: &Cost| rows(&ours, std::slice::from_ref(peer));
        let found = rows_of(&recloser);
        assert_eq!(found.iter().filter_map(|row| row.ratio).collect::<Vec<_>>(), [0.5, 0.25]);
        recloser.nanos[1] = None;
        recloser.allocations = 1_000.0;
        assert_eq!(rows_of(&recloser).iter().filter(|row| row.peer.is_some()).count(), 2);
    }

    #[test]
    fn what_ours_stands_beside_is_named_once_in_a_pair() {
        for (index, pair) in PAIRS.iter().enumerate() {
            assert!(!PAIRS[..index].contains(pair), "{pair:?}");
        }
    }
}
