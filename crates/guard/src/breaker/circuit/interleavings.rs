//! Every interleaving of what callers do with their permits at the same time. Run as those
//! of the gate.

use loom::thread;

use super::*;
use crate::breaker::ConsecutiveSettings;

const NOW: Instant = Instant::START;
/// Shorter than a tick: summing up 1,400 counters has too many interleavings to try.
const OPEN: Duration = Duration::from_millis(100);

/// Opens with the first failure.
fn breaker() -> Arc<Breaker> {
    let (open, open_max) = (OPEN, OPEN);
    let once = ConsecutiveSettings { failures: 1, open, open_max, open_jitter: 0.0 };
    let settings = BreakerSettings::new(Policy::Consecutive(once));
    Arc::new(Breaker::new(settings, Scope::Endpoint, 1, NOW).unwrap())
}

fn open() -> Arc<Breaker> {
    let breaker = breaker();
    breaker.try_acquire(NOW).unwrap().finish(NOW, Outcome::Failure);
    breaker
}

#[test]
fn a_probe_dropped_while_others_ask_is_there_for_one_of_them() {
    loom::model(|| {
        let breaker = open();
        let probe = breaker.try_acquire_owned(NOW + OPEN).unwrap();
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || drop(probe));
        let early = other.try_acquire_owned(NOW + OPEN).ok();
        thread.join().unwrap();
        let late = breaker.try_acquire_owned(NOW + OPEN).ok();
        assert!(early.is_some() != late.is_some());
    });
}

#[test]
fn a_probe_that_succeeds_closes_it_whatever_old_permits_do_meanwhile() {
    loom::model(|| {
        let breaker = breaker();
        let old = breaker.try_acquire_owned(NOW).unwrap();
        breaker.try_acquire(NOW).unwrap().finish(NOW, Outcome::Failure);
        let probe = breaker.try_acquire_owned(NOW + OPEN).unwrap();
        let thread = thread::spawn(move || old.finish(NOW + OPEN, Outcome::Failure));
        probe.finish(NOW + OPEN, Outcome::Success);
        thread.join().unwrap();
        assert_eq!(breaker.state(), State::Closed);
    });
}

#[test]
fn two_failures_at_once_open_it_once() {
    loom::model(|| {
        let breaker = breaker();
        let permits = [0, 1].map(|_| breaker.try_acquire_owned(NOW).unwrap());
        let [one, other] = permits;
        let thread = thread::spawn(move || one.finish(NOW, Outcome::Failure));
        other.finish(NOW, Outcome::Failure);
        thread.join().unwrap();
        let status = breaker.status();
        assert_eq!((status.state, status.transitions), (State::Open, 1));
        assert_eq!(breaker.try_acquire(NOW).unwrap_err().retry_after, OPEN);
    });
}
