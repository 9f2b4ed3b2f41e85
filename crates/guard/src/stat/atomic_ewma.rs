//! An average that forgets, added to by many threads.

use std::time::Duration;

use crate::{
    sync::{AtomicU64, Ordering},
    time::Instant,
};

/// Time is kept in steps of 2^20 ns, about a millisecond.
const STEP_BITS: u32 = 20;

/// How fast an average forgets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    per_step: f64,
}

impl Decay {
    /// What was learnt counts 1/e of itself after `tau`; at least a millisecond.
    pub fn over(tau: Duration) -> Self {
        let tau_nanos = (tau.as_nanos() as f64).max(1e6);
        Self { per_step: f64::from(1_u32 << STEP_BITS) / tau_nanos }
    }

    /// How much of it is left after `steps`, 1 to 0.
    fn kept(self, steps: u32) -> f64 {
        (-f64::from(steps) * self.per_step).exp()
    }
}

/// An exponentially weighted moving average in one atomic word: a 32-bit float and the
/// millisecond it is of. A sample's weight falls to 1/e in the time of the [`Decay`],
/// however many samples come in between, and without samples the average falls towards
/// zero (Finagle's `PeakEwma` does so by adding a zero whenever it is read, and needs a
/// lock for that; here a read writes nothing).
///
/// The millisecond wraps: an average that nobody adds to for 26 days counts as fresh
/// again until the 52nd.
#[derive(Debug)]
pub struct AtomicEwma {
    /// Upper half: the bits of the value. Lower half: the step it is of.
    word: AtomicU64,
}

impl AtomicEwma {
    /// An average that stands at `value`.
    pub fn new(now: Instant, value: f64) -> Self {
        Self { word: AtomicU64::new(pack(value, step_of(now))) }
    }

    /// The average as of `now`.
    pub fn value(&self, now: Instant, decay: Decay) -> f64 {
        self.value_towards(now, decay, 0.0)
    }

    /// The average as of `now` when, without samples, it falls or rises towards `rest`
    /// and not towards zero.
    pub fn value_towards(&self, now: Instant, decay: Decay, rest: f64) -> f64 {
        let (value, step) = unpack(self.word.load(Ordering::Relaxed));
        // Most averages of failures rest, and a power costs more than all the rest.
        if value == rest {
            return rest;
        }
        rest + (value - rest) * decay.kept(steps_between(step, step_of(now)))
    }

    /// Adds a sample: the average moves towards it. After a long silence it moves by no
    /// more than `heaviest`, 0 to 1, so that one sample is not the whole truth.
    pub fn add(&self, now: Instant, decay: Decay, sample: f64, heaviest: f64) {
        self.change(now, decay, |value, kept| value * kept + sample * (1.0 - kept).min(heaviest));
    }

    /// Adds a sample that counts in full when it is above the average, so that what became
    /// slow is left at once and tried again with care (Finagle's peak EWMA).
    pub fn add_peak(&self, now: Instant, decay: Decay, sample: f64) {
        self.change(now, decay, |value, kept| {
            if sample > value * kept { sample } else { value * kept + sample * (1.0 - kept) }
        });
    }

    /// Starts again from `value`.
    pub fn set(&self, now: Instant, value: f64) {
        self.word.store(pack(value, step_of(now)), Ordering::Relaxed);
    }

    fn change(&self, now: Instant, decay: Decay, to: impl Fn(f64, f64) -> f64) {
        let now = step_of(now);
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let (value, step) = unpack(word);
            let steps = steps_between(step, now);
            let changed = pack(to(value, decay.kept(steps)), step.wrapping_add(steps));
            if changed == word {
                return;
            }
            let swap = self.word.compare_exchange_weak(
                word,
                changed,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match swap {
                Ok(_) => return,
                Err(other) => word = other,
            }
        }
    }
}

fn step_of(now: Instant) -> u32 {
    (now.as_nanos() >> STEP_BITS) as u32
}

/// Zero when `later` is in fact earlier, as of a thread whose time is a little behind.
fn steps_between(earlier: u32, later: u32) -> u32 {
    let steps = later.wrapping_sub(earlier);
    if steps > u32::MAX / 2 { 0 } else { steps }
}

fn pack(value: f64, step: u32) -> u64 {
    u64::from((value as f32).to_bits()) << 32 | u64::from(step)
}

fn unpack(word: u64) -> (f64, u32) {
    (f64::from(f32::from_bits((word >> 32) as u32)), word as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAU: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    #[test]
    fn it_jumps_up_comes_down_slowly_and_a_read_changes_nothing() {
        let decay = Decay::over(TAU);
        let average = AtomicEwma::new(at(0), 30.0);
        average.add_peak(at(1), decay, 500.0);
        assert_eq!(average.value(at(1), decay), 500.0);
        average.add_peak(at(2), decay, 10.0);
        let after = average.value(at(2), decay);
        assert!((450.0..460.0).contains(&after), "{after}");
        let later = average.value(at(12), decay);
        assert!((later - after / std::f64::consts::E).abs() < 1.0, "{later}");
        assert_eq!(average.value(at(2), decay), after);
    }

    #[test]
    fn a_mean_moves_by_time_and_not_by_number() {
        let decay = Decay::over(TAU);
        let average = AtomicEwma::new(at(0), 0.0);
        for _ in 0..100 {
            average.add(at(0), decay, 1.0, 1.0);
        }
        assert_eq!(average.value(at(0), decay), 0.0);
        average.add(at(10), decay, 1.0, 1.0);
        let share = average.value(at(10), decay);
        assert!((share - 0.632).abs() < 1e-3, "{share}");
        average.set(at(11), 0.0);
        assert_eq!(average.value(at(11), decay), 0.0);
        average.add(at(100), decay, 1.0, 0.25);
        assert_eq!(average.value(at(100), decay), 0.25);
    }

    #[test]
    fn what_is_not_heard_of_becomes_like_the_others() {
        let decay = Decay::over(TAU);
        let average = AtomicEwma::new(at(0), 500.0);
        assert!(average.value_towards(at(100), decay, 20.0) < 20.1);
        average.set(at(0), 1.0);
        assert!(average.value_towards(at(100), decay, 20.0) > 19.9);
        assert_eq!(average.value_towards(at(0), decay, 20.0), 1.0);
    }

    #[test]
    fn an_older_time_does_not_turn_it_back() {
        let decay = Decay::over(TAU);
        let average = AtomicEwma::new(at(5), 100.0);
        average.add_peak(at(4), decay, 10.0);
        assert_eq!(average.value(at(3), decay), 100.0);
        average.add_peak(at(4), decay, 200.0);
        assert_eq!(average.value(at(5), decay), 200.0);
    }

    proptest! {
        #[test]
        fn a_32_bit_float_is_exact_enough(
            samples in prop::collection::vec((1_u64..5_000, 0.1_f64..1e9), 1..60),
        ) {
            let decay = Decay::over(TAU);
            let average = AtomicEwma::new(at(0), 0.0);
            let (mut exact, mut steps) = (0.0, 0);
            for (gap, sample) in samples {
                steps += gap;
                let now = Instant::from_nanos(steps << STEP_BITS);
                average.add_peak(now, decay, sample);
                let kept = (-((gap << STEP_BITS) as f64) / 10e9).exp();
                let before = exact * kept;
                exact = if sample > before { sample } else { before + sample * (1.0 - kept) };
                let value = average.value(now, decay);
                prop_assert!((exact - value).abs() <= exact * 1e-4, "{exact} {value}");
            }
        }
    }
}
