//! What all comparisons came to, as rows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ledger::Verdict;
use super::thing::{Kind, Thing};
use crate::report::{self, Row};

/// Complaints that are shown one by one; more are only counted.
const SHOWN_MAX: usize = 20;

/// Counts over all rounds.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    kinds: BTreeMap<Kind, Counts>,
    restarts: Vec<Duration>,
    refused: usize,
    shown: usize,
    /// Writes that were acknowledged.
    pub(crate) acknowledged: u64,
}

#[derive(Debug, Default)]
struct Counts {
    compared: usize,
    completed: usize,
    lost: usize,
    half: usize,
    restamped: usize,
}

impl Outcome {
    /// Takes in one comparison, and complains about what should not be.
    pub(crate) fn note(&mut self, round: u32, thing: Thing, verdict: Verdict) {
        let counts = self.kinds.entry(thing.kind).or_default();
        counts.compared += 1;
        let (count, complaint) = match verdict {
            Verdict::Kept => return,
            Verdict::Completed => {
                counts.completed += 1;
                return;
            }
            Verdict::Lost(how) => (&mut counts.lost, format!("lost: {how}")),
            Verdict::Half(how) => (&mut counts.half, format!("half there: {how}")),
            Verdict::Restamped(how) => (&mut counts.restamped, format!("restamped: {how}")),
        };
        *count += 1;
        self.shown += 1;
        if self.shown <= SHOWN_MAX {
            eprintln!("round {round}: {} {thing:?}: {complaint}", thing.name());
        }
    }

    /// A restart took so long until the server was ready.
    pub(crate) fn restarted(&mut self, took: Duration) {
        self.restarts.push(took);
    }

    /// A living server refused writes.
    pub(crate) fn refused(&mut self, refused: &[String]) {
        for why in refused {
            self.shown += 1;
            if self.shown <= SHOWN_MAX {
                eprintln!("refused: {why}");
            }
        }
        self.refused += refused.len();
    }

    /// One row for each thing that was promised.
    pub(crate) fn rows(&mut self, rounds: u32, seed: u64) -> Vec<Row> {
        let mut rows = vec![
            amount("rounds of kill -9", f64::from(rounds)).with_note(format!("seed {seed}")),
            amount("acknowledged writes", report::count(usize_of(self.acknowledged))),
        ];
        for kind in Kind::ALL {
            let counts = self.kinds.entry(kind).or_default();
            let name = kind.name();
            rows.push(amount(&format!("{name}: compared"), report::count(counts.compared)));
            rows.push(amount(
                &format!("{name}: unacknowledged but whole"),
                report::count(counts.completed),
            ));
            rows.push(Row::verdict(format!("{name}: lost"), counts.lost));
            rows.push(Row::verdict(format!("{name}: half there"), counts.half));
            if kind == Kind::Configuration {
                let what = format!("{name}: md5 or times changed");
                rows.push(Row::verdict(what, counts.restamped));
            }
        }
        rows.push(Row::verdict("writes refused by a living server", self.refused));
        self.restarts.sort();
        for (what, share) in [("median", 50), ("longest", 100)] {
            let index = (self.restarts.len() * share / 100).saturating_sub(1);
            if let Some(took) = self.restarts.get(index) {
                let what = format!("restart to ready, {what} (ms)");
                rows.push(amount(&what, report::milliseconds(*took)));
            }
        }
        rows
    }
}

fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn amount(what: &str, amount: f64) -> Row {
    Row {
        what: what.to_owned(),
        ours: Some(amount),
        peer: None,
        ratio: None,
        target: None,
        ok: true,
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THING: Thing = Thing { kind: Kind::User, writer: 0, number: 0 };

    #[test]
    fn one_lost_write_fails_the_run() {
        let mut outcome = Outcome::default();
        outcome.note(1, THING, Verdict::Kept);
        outcome.note(1, THING, Verdict::Completed);
        assert!(report::require(&outcome.rows(1, 7)).is_ok());
        outcome.note(2, THING, Verdict::Lost("gone".to_owned()));
        let error = report::require(&outcome.rows(2, 7)).unwrap_err().to_string();
        assert!(error.contains("users: lost"), "{error}");
    }
}
