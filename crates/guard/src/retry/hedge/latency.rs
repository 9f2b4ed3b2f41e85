//! After how long an answer is late.

use std::time::Duration;

use super::HedgeSettings;
use crate::{
    stat::{Histogram, Ring, StripedHistogram, Tick},
    sync::{AtomicU64, Mutex, Ordering},
    time::{Instant, instant::nanos_of},
};

/// How often the delay is taken anew.
const PERIODS: u32 = 10;
const UNKNOWN: u64 = u64::MAX;

/// The latency that a share of the latest first attempts did not exceed.
#[derive(Debug)]
pub(super) struct Latency {
    samples: StripedHistogram,
    delay_nanos: AtomicU64,
    tick: Tick,
    latest: Mutex<Ring<Option<Histogram>>>,
    quantile: f64,
    min_samples: u64,
    min_nanos: u64,
}

impl Latency {
    pub(super) fn new(settings: &HedgeSettings, now: Instant) -> Self {
        Self {
            samples: StripedHistogram::new(),
            delay_nanos: AtomicU64::new(UNKNOWN),
            tick: Tick::new(settings.window / PERIODS, now),
            latest: Mutex::new(Ring::new(PERIODS as usize)),
            quantile: settings.quantile,
            min_samples: settings.min_samples,
            min_nanos: nanos_of(settings.delay_min),
        }
    }

    pub(super) fn add(&self, latency: Duration) {
        self.samples.add(latency);
    }

    /// How long to wait before an answer is late; `None` while too little is known.
    pub(super) fn delay(&self, now: Instant) -> Option<Duration> {
        let periods = self.tick.due(now);
        if periods > 0 {
            self.turn(periods);
        }
        let nanos = self.delay_nanos.load(Ordering::Relaxed);
        (nanos != UNKNOWN).then(|| Duration::from_nanos(nanos))
    }

    fn turn(&self, periods: u64) {
        let Some(mut latest) = self.latest.try_lock() else { return };
        latest.push(Some(self.samples.take()), periods - 1);
        let mut all = Histogram::default();
        latest.iter().flatten().for_each(|period| all.merge(period));
        let late = all.quantile(self.quantile).filter(|_| all.count() >= self.min_samples);
        let nanos = late.map_or(UNKNOWN, |late| nanos_of(late).max(self.min_nanos));
        self.delay_nanos.store(nanos, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    #[test]
    fn an_answer_is_late_when_most_others_were_there_by_then() {
        let latency = Latency::new(&HedgeSettings::default(), at(0));
        (1..=99).for_each(|millis| latency.add(Duration::from_millis(millis)));
        assert_eq!(latency.delay(at(1_000)), None, "99 samples are too few");
        latency.add(Duration::from_millis(100));
        let delay = latency.delay(at(2_000)).unwrap().as_secs_f64() * 1e3;
        assert!((95.0..107.0).contains(&delay), "{delay}");
        assert!(latency.delay(at(10_999)).is_some());
        assert_eq!(latency.delay(at(20_000)), None, "they were forgotten");
    }

    #[test]
    fn a_delay_is_no_shorter_than_the_shortest() {
        let latency = Latency::new(&HedgeSettings::default(), at(0));
        (0..200).for_each(|_| latency.add(Duration::from_micros(20)));
        assert_eq!(latency.delay(at(1_000)), Some(Duration::from_millis(1)));
    }
}
