//! Averages that forget.

use std::time::Duration;

use crate::time::Instant;

/// An exponentially weighted moving average over time: a sample's weight falls to 1/e in
/// `tau`, however many samples come in between.
#[derive(Debug, Clone, Copy)]
pub struct Ewma {
    tau_nanos: f64,
    value: Option<f64>,
    at: Instant,
}

impl Ewma {
    /// Without a sample yet.
    pub fn new(tau: Duration) -> Self {
        Self { tau_nanos: nanos_of(tau), value: None, at: Instant::START }
    }

    /// Forgets faster or slower from now on, and nothing at once.
    pub fn set_tau(&mut self, tau: Duration) {
        self.tau_nanos = nanos_of(tau);
    }

    /// Forgets everything: the next sample is the first one.
    pub fn clear(&mut self) {
        self.value = None;
    }

    /// Adds a sample of the time since the last one. The first one is the average.
    pub fn add(&mut self, now: Instant, sample: f64) {
        self.add_kept(now, sample, self.kept(now));
    }

    /// As [`Ewma::add`], with another time constant for this sample: for averages that
    /// rise and fall at their own pace.
    pub fn add_over(&mut self, now: Instant, sample: f64, tau: Duration) {
        let other = Self { tau_nanos: nanos_of(tau), ..*self };
        self.add_kept(now, sample, other.kept(now));
    }

    fn add_kept(&mut self, now: Instant, sample: f64, kept: f64) {
        self.value = Some(match self.value {
            Some(value) => value * kept + sample * (1.0 - kept),
            None => sample,
        });
        self.at = self.at.max(now);
    }

    /// The average, `None` before the first sample.
    pub const fn value(&self) -> Option<f64> {
        self.value
    }

    /// How much of an average of the last sample's time counts now, 1 to 0.
    fn kept(&self, now: Instant) -> f64 {
        (-(now.nanos_since(self.at) as f64) / self.tau_nanos).exp()
    }
}

/// Never zero, as averages divide by it.
fn nanos_of(tau: Duration) -> f64 {
    (tau.as_nanos() as f64).max(1.0)
}

/// An average that jumps up with a slow sample and comes down slowly, so that a server
/// that became slow is left at once and tried again with care (Finagle's peak EWMA).
#[derive(Debug, Clone, Copy)]
pub struct PeakEwma {
    ewma: Ewma,
}

impl PeakEwma {
    /// Without a sample yet.
    pub fn new(tau: Duration) -> Self {
        Self { ewma: Ewma::new(tau) }
    }

    /// Adds a sample.
    pub fn add(&mut self, now: Instant, sample: f64) {
        if self.ewma.value.is_none_or(|value| sample > value) {
            self.ewma.value = Some(sample);
            self.ewma.at = self.ewma.at.max(now);
        } else {
            self.ewma.add(now, sample);
        }
    }

    /// The average as of `now`: without samples it falls towards zero, so that a server
    /// nobody asks is asked again. `None` before the first sample.
    pub fn value(&self, now: Instant) -> Option<f64> {
        self.ewma.value.map(|value| value * self.ewma.kept(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAU: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    #[test]
    fn a_sample_weighs_by_time_and_not_by_number() {
        let mut ewma = Ewma::new(TAU);
        assert_eq!(ewma.value(), None);
        ewma.add(at(0), 100.0);
        ewma.add(at(10), 0.0);
        let after = ewma.value().unwrap();
        assert!((after - 100.0 / std::f64::consts::E).abs() < 1e-9, "{after}");
        ewma.add(at(10), 1e9);
        assert_eq!(ewma.value(), Some(after), "no time has passed");
    }

    #[test]
    fn a_sample_may_have_a_time_constant_of_its_own() {
        let mut ewma = Ewma::new(TAU);
        ewma.add(at(0), 100.0);
        ewma.add_over(at(10), 0.0, TAU * 10);
        let after = ewma.value().unwrap();
        assert!((after - 100.0 * (-0.1_f64).exp()).abs() < 1e-9, "{after}");
    }

    #[test]
    fn another_tau_keeps_the_average_and_clearing_does_not() {
        let mut ewma = Ewma::new(TAU);
        ewma.add(at(0), 100.0);
        ewma.set_tau(TAU / 10);
        assert_eq!(ewma.value(), Some(100.0));
        ewma.add(at(1), 0.0);
        assert!((ewma.value().unwrap() - 100.0 / std::f64::consts::E).abs() < 1e-9);
        ewma.clear();
        ewma.add(at(2), 7.0);
        assert_eq!(ewma.value(), Some(7.0));
    }

    #[test]
    fn a_peak_counts_at_once_and_wears_off() {
        let mut peak = PeakEwma::new(TAU);
        peak.add(at(0), 1.0);
        peak.add(at(1), 50.0);
        assert_eq!(peak.value(at(1)), Some(50.0));
        peak.add(at(2), 1.0);
        assert!(peak.value(at(2)).unwrap() > 40.0);
        assert!(peak.value(at(60)).unwrap() < 1.0);
    }
}
