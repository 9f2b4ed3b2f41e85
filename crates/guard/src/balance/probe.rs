//! The request that tries an endpoint which is unwell.

use crate::{
    admit::Outcome,
    sync::{AtomicU32, Ordering},
};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// None is wanted.
    Idle,
    /// The next request shall try.
    Wanted,
    /// One is trying.
    Under,
    /// It was answered well.
    Passed,
    /// It failed.
    Failed,
    /// It was answered by an overload: alive, and not to be sent more.
    Busy,
}

/// A [`Probe`] that a review asks for, one request makes, and the next review judges.
#[derive(Debug)]
pub(super) struct ProbeCell(AtomicU32);

impl ProbeCell {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(Probe::Idle as u32))
    }

    pub(super) fn get(&self) -> Probe {
        Probe::of(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, probe: Probe) {
        self.0.store(probe as u32, Ordering::Relaxed);
    }

    /// Whether the caller is the one whose request tries.
    pub(super) fn claim(&self) -> bool {
        let (wanted, under) = (Probe::Wanted as u32, Probe::Under as u32);
        self.0.compare_exchange(wanted, under, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The result of one that is over, which is then forgotten.
    pub(super) fn take(&self) -> Probe {
        let probe = self.get();
        if matches!(probe, Probe::Passed | Probe::Failed | Probe::Busy) {
            self.set(Probe::Idle);
        }
        probe
    }
}

impl Probe {
    const fn of(number: u32) -> Self {
        match number {
            1 => Self::Wanted,
            2 => Self::Under,
            3 => Self::Passed,
            4 => Self::Failed,
            5 => Self::Busy,
            _ => Self::Idle,
        }
    }

    /// What a request that ended so says.
    pub(super) const fn ended(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success | Outcome::Ignore | Outcome::Slow | Outcome::Topology => Self::Passed,
            Outcome::Failure | Outcome::Timeout => Self::Failed,
            Outcome::Overload => Self::Busy,
            Outcome::Cancelled => Self::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_makes_it_and_its_result_is_taken_once() {
        let cell = ProbeCell::new();
        assert!(!cell.claim(), "nobody asked for it");
        cell.set(Probe::Wanted);
        assert!(cell.claim() && !cell.claim());
        assert_eq!(cell.take(), Probe::Under);
        cell.set(Probe::ended(Outcome::Ignore));
        assert_eq!((cell.take(), cell.take()), (Probe::Passed, Probe::Idle));
    }

    #[test]
    fn every_state_survives_the_cell() {
        let cell = ProbeCell::new();
        for probe in
            [Probe::Idle, Probe::Wanted, Probe::Under, Probe::Passed, Probe::Failed, Probe::Busy]
        {
            cell.set(probe);
            assert_eq!(cell.get(), probe);
        }
    }
}
