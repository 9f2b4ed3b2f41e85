//! What an outcome is to a breaker.

use crate::admit::Outcome;

/// What an outcome is to a breaker: the table of the [module](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// The server did its work.
    Good { slow: bool },
    /// It did not. `streak` says whether it counts as one of several failures in a row.
    Bad { streak: bool },
    /// Nothing is known of it.
    Neutral,
}

impl Weight {
    /// Weighs what was waited for so many nanoseconds, by from when on an answer is slow
    /// and a timeout counts.
    pub(super) const fn of(outcome: Outcome, waited: u64, [slow, patience]: [u64; 2]) -> Self {
        match outcome {
            Outcome::Success | Outcome::Ignore | Outcome::Topology => {
                Self::Good { slow: waited >= slow }
            }
            Outcome::Slow => Self::Good { slow: true },
            Outcome::Failure => Self::Bad { streak: true },
            Outcome::Timeout if waited >= patience => Self::Bad { streak: true },
            Outcome::Overload => Self::Bad { streak: false },
            Outcome::Timeout | Outcome::Cancelled => Self::Neutral,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_weigh_what_the_table_says() {
        let of = |outcome, waited| Weight::of(outcome, waited, [300, 200]);
        for outcome in [Outcome::Success, Outcome::Ignore, Outcome::Topology] {
            assert_eq!(of(outcome, 299), Weight::Good { slow: false });
            assert_eq!(of(outcome, 300), Weight::Good { slow: true });
        }
        assert_eq!(of(Outcome::Slow, 0), Weight::Good { slow: true });
        assert_eq!(of(Outcome::Failure, 0), Weight::Bad { streak: true });
        assert_eq!(of(Outcome::Timeout, 200), Weight::Bad { streak: true });
        assert_eq!(of(Outcome::Timeout, 199), Weight::Neutral);
        assert_eq!(of(Outcome::Overload, 0), Weight::Bad { streak: false });
        assert_eq!(of(Outcome::Cancelled, 1_000), Weight::Neutral);
    }
}
