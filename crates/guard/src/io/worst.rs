//! What an answer of several errors says.

use crate::{
    admit::Outcome,
    classify::{Diagnosis, Impact},
};

/// What the errors of one answer say together: the worst of them. The rest of its parts
/// may well have been done, so none of it is said not to have been acted on.
pub(super) fn worst(diagnoses: impl IntoIterator<Item = Diagnosis>) -> Option<Diagnosis> {
    let worst = diagnoses.into_iter().reduce(|one, other| {
        let worse = if weight(other) > weight(one) { other } else { one };
        Diagnosis { alarm: one.alarm || other.alarm, ..worse }
    });
    worst.map(|worst| Diagnosis { unprocessed: false, ..worst })
}

fn weight(diagnosis: Diagnosis) -> (u8, bool) {
    let weight = match diagnosis.outcome {
        Outcome::Failure => 6,
        Outcome::Timeout => 5,
        Outcome::Overload => 4,
        Outcome::Topology => 3,
        Outcome::Cancelled => 2,
        Outcome::Slow => 1,
        Outcome::Ignore | Outcome::Success => 0,
    };
    (weight, diagnosis.impact == Impact::All)
}
