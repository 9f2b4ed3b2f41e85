//! What requests see of the machine's state.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::Judgement;
use crate::stat::AtomicRatio;

/// The machine's state as requests read it. A node has one, which a
/// [`Ticker`](super::Ticker) writes and every shedder of the node shares. A request reads
/// two plain atomics; all that is known is there for metrics and pages.
#[derive(Debug)]
pub struct SystemSignal {
    factor: AtomicRatio,
    is_overloaded: AtomicBool,
    latest: Mutex<Judgement>,
}

impl SystemSignal {
    /// A machine that nothing is known of: never overloaded.
    pub fn new() -> Self {
        Self {
            factor: AtomicRatio::new(1.0),
            is_overloaded: AtomicBool::new(false),
            latest: Mutex::new(Judgement::UNKNOWN),
        }
    }

    /// The share of a limit that may be used: 1 when the machine is not overloaded.
    pub fn factor(&self) -> f64 {
        self.factor.load()
    }

    /// Whether the machine is overloaded. Its factor may still be 1, at the very edge.
    pub fn is_overloaded(&self) -> bool {
        self.is_overloaded.load(Ordering::Relaxed)
    }

    /// All that is known: used CPU, pressure, delay and memory, each with who measured it,
    /// or unknown. For metrics and pages; it takes a lock.
    pub fn latest(&self) -> Judgement {
        *self.latest.lock()
    }

    /// Tells what is to be thought of the machine.
    pub fn publish(&self, judgement: Judgement) {
        self.factor.store(judgement.factor);
        self.is_overloaded.store(judgement.is_overloaded, Ordering::Relaxed);
        *self.latest.lock() = judgement;
    }

    /// Sets the share of a limit that may be used, for a judge of one's own: below 1 the
    /// machine is overloaded. Nothing else is known then.
    pub fn set_factor(&self, factor: f64) {
        let factor = factor.min(1.0);
        self.publish(Judgement { factor, is_overloaded: factor < 1.0, ..Judgement::UNKNOWN });
    }
}

impl Default for SystemSignal {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_of_ones_own_is_an_overload_and_none_is_unknown() {
        let signal = SystemSignal::new();
        signal.set_factor(0.5);
        assert!(signal.is_overloaded());
        assert!((signal.factor() - 0.5).abs() < 1e-6);
        signal.publish(Judgement::UNKNOWN);
        assert_eq!((signal.is_overloaded(), signal.factor()), (false, 1.0));
        assert_eq!(signal.latest(), Judgement::UNKNOWN);
        signal.set_factor(7.0);
        assert!(!signal.is_overloaded());
    }
}
