//! What picks know of one endpoint.

use crate::{
    admit::Outcome,
    stat::{AtomicEwma, Decay},
    sync::{AtomicU32, AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

use super::{member::Zone, probe::ProbeCell, settings::BalanceSettings};

/// One failure in the upper half, one success in the lower.
const FAILURE: u64 = 1 << 32;
/// Below this share of success endpoints are equally bad.
const LEAST_SUCCESS: f64 = 0.1;
/// The share of failures that one request moves an average by, at most.
const HEAVIEST: f64 = 0.25;

/// An endpoint's numbers, shared by all who pick it: they live as long as it is a member,
/// or as a request to it is under way.
#[derive(Debug)]
pub(super) struct Endpoint<E> {
    pending: AtomicU32,
    /// What it carries, compared to the mean of its tier: the bits of a 32-bit float.
    weight: AtomicU32,
    /// Since when it has had requests and answered none, in nanoseconds.
    quiet_since: AtomicU64,
    /// Nanoseconds.
    latency: AtomicEwma,
    /// The share of requests that were not served.
    failing: AtomicEwma,
    doubted: AtomicU32,
    /// Failures in a row.
    streak: AtomicU32,
    /// Successes and failures since the last review.
    answers: AtomicU64,
    /// Overload answers since the last review.
    overloads: AtomicU32,
    probe: ProbeCell,
    /// When it last came back, in nanoseconds.
    forgiven: AtomicU64,
    zone: AtomicU32,
    number: u64,
    value: E,
}

/// How long an endpoint's past counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    latency: Decay,
    failures: Decay,
}

/// How the cost of asking an endpoint is reckoned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pricing {
    pub(super) memory: Memory,
    /// Nanoseconds.
    failure_price: f64,
}

/// What came of the requests since the last review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) successes: u64,
    pub(super) failures: u64,
    pub(super) overloads: u64,
}

impl Pricing {
    pub(super) fn of(settings: &BalanceSettings) -> Self {
        Self {
            memory: Memory {
                latency: Decay::over(settings.decay),
                failures: Decay::over(settings.failure_decay),
            },
            failure_price: nanos_of(settings.failure_price) as f64,
        }
    }
}

impl<E> Endpoint<E> {
    /// An endpoint nobody has asked yet; its latency is taken to be `latency` nanoseconds.
    pub(super) fn new(now: Instant, number: u64, value: E, latency: f64) -> Self {
        Self {
            pending: AtomicU32::new(0),
            weight: AtomicU32::new(1_f32.to_bits()),
            quiet_since: AtomicU64::new(0),
            latency: AtomicEwma::new(now, latency),
            failing: AtomicEwma::new(now, 0.0),
            doubted: AtomicU32::new(0),
            streak: AtomicU32::new(0),
            answers: AtomicU64::new(0),
            overloads: AtomicU32::new(0),
            probe: ProbeCell::new(),
            forgiven: AtomicU64::new(0),
            zone: AtomicU32::new(0),
            number,
            value,
        }
    }

    pub(super) const fn value(&self) -> &E {
        &self.value
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn zone(&self) -> Zone {
        Zone(self.zone.load(Ordering::Relaxed))
    }

    pub(super) fn set_zone(&self, zone: Zone) {
        self.zone.store(zone.0, Ordering::Relaxed);
    }

    pub(super) fn pending(&self) -> u32 {
        self.pending.load(Ordering::Relaxed)
    }

    pub(super) fn set_weight(&self, weight: f64) {
        self.weight.store((weight as f32).to_bits(), Ordering::Relaxed);
    }

    /// Doubted endpoints are chosen when there is nothing better.
    pub(super) fn set_doubted(&self, doubted: bool) {
        self.doubted.store(u32::from(doubted), Ordering::Relaxed);
    }

    /// Its latency in nanoseconds; one that was not asked for long is taken to be like
    /// its peers, whose latency is `usual`.
    pub(super) fn latency(&self, now: Instant, memory: Memory, usual: f64) -> f64 {
        self.latency.value_towards(now, memory.latency, usual)
    }

    /// The share of its requests that are not served, 0 to 1.
    pub(super) fn failing(&self, now: Instant, memory: Memory) -> f64 {
        self.failing.value(now, memory.failures)
    }

    fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed) != 0
    }

    /// For how long it has had requests and answered none, in nanoseconds. The oldest of
    /// them waits at least as long.
    pub(super) fn quiet(&self, now: Instant) -> u64 {
        if self.pending() == 0 {
            return 0;
        }
        now.as_nanos().saturating_sub(self.quiet_since.load(Ordering::Relaxed))
    }

    /// What one more request to it costs: the time until a success, failed attempts
    /// included, for all who are in line.
    ///
    /// Finagle's and Linkerd's load is `latency * (pending + 1)`, which a server that
    /// fails in a millisecond wins always. Linkerd 2 records a failure as a latency of
    /// five seconds (`linkerd/load-biaser`), which makes one failure in a thousand send
    /// an endpoint's traffic elsewhere for a minute; go-zero only avoids endpoints below
    /// half of success. Here failures cost as much as there are of them.
    pub(super) fn cost(&self, now: Instant, pricing: Pricing, usual: f64) -> Cost {
        let price = pricing.failure_price;
        // When all are doubted, each must be as likely as any other to be the first that is
        // well again, whatever it did before.
        let (failing, latency) = if self.is_doubted() {
            (1.0, usual)
        } else {
            (self.failing(now, pricing.memory), self.latency(now, pricing.memory, usual))
        };
        // A silence is a latency that is not over yet. It counts up to the price of a
        // failure, or endpoints would be judged by the age of their longest stream.
        let quiet = (self.quiet(now) as f64).min(price);
        let latency = latency.max(quiet).max(1.0);
        // A line of ten counts as ten latencies although the server works at all of them
        // at once, so next to long lines failures must count for more than they cost.
        let attempts = (1.0 - failing).max(LEAST_SUCCESS).powi(-4);
        let weight = f32::from_bits(self.weight.load(Ordering::Relaxed));
        let line = f64::from(self.pending()) / f64::from(weight) + 1.0;
        Cost { nanos: (latency + failing * price) * attempts * line, failing }
    }

    /// Counts a request that is sent now.
    pub(super) fn begin(&self, now: Instant) {
        if self.pending.fetch_add(1, Ordering::Relaxed) == 0 {
            self.quiet_since.store(now.as_nanos(), Ordering::Relaxed);
        }
    }

    /// Counts the end of a request that was sent at `sent`.
    pub(super) fn finish(&self, now: Instant, sent: Instant, memory: Memory, outcome: Outcome) {
        match outcome {
            Outcome::Success | Outcome::Ignore | Outcome::Slow => {
                self.latency.add_peak(now, memory.latency, now.nanos_since(sent) as f64);
                self.failing.add(now, memory.failures, 0.0, HEAVIEST);
                if self.streak.load(Ordering::Relaxed) != 0 {
                    self.streak.store(0, Ordering::Relaxed);
                }
                self.answers.fetch_add(1, Ordering::Relaxed);
            }
            // What was sent before it came back says what is known: it was unwell.
            Outcome::Failure | Outcome::Timeout if self.is_forgiven(sent) => {}
            Outcome::Failure | Outcome::Timeout => {
                self.failing.add(now, memory.failures, 1.0, HEAVIEST);
                self.streak.fetch_add(1, Ordering::Relaxed);
                self.answers.fetch_add(FAILURE, Ordering::Relaxed);
            }
            Outcome::Overload => {
                self.failing.add(now, memory.failures, 1.0, HEAVIEST);
                self.overloads.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Topology | Outcome::Cancelled => {}
        }
        // The two that nobody answered leave the silence as it is.
        if !matches!(outcome, Outcome::Timeout | Outcome::Cancelled) {
            self.quiet_since.store(now.as_nanos(), Ordering::Relaxed);
        }
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }

    /// What came of its requests since this was last asked.
    pub(super) fn take_counts(&self) -> Counts {
        let answers = match self.answers.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.answers.swap(0, Ordering::Relaxed),
        };
        let overloads = match self.overloads.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.overloads.swap(0, Ordering::Relaxed),
        };
        Counts {
            successes: answers % FAILURE,
            failures: answers / FAILURE,
            overloads: u64::from(overloads),
        }
    }

    /// Failures since the last success.
    pub(super) fn streak(&self) -> u32 {
        self.streak.load(Ordering::Relaxed)
    }

    /// Forgets its failures, as of one that came back, also those that are still to come.
    pub(super) fn forgive(&self, now: Instant) {
        self.forgiven.store(now.as_nanos(), Ordering::Relaxed);
        self.streak.store(0, Ordering::Relaxed);
        self.failing.set(now, 0.0);
    }

    fn is_forgiven(&self, sent: Instant) -> bool {
        sent.as_nanos() < self.forgiven.load(Ordering::Relaxed)
    }

    /// The request that tries it while it is unwell.
    pub(super) const fn probe(&self) -> &ProbeCell {
        &self.probe
    }
}

impl Counts {
    pub(super) const fn total(self) -> u64 {
        self.successes + self.failures
    }
}

/// What asking an endpoint costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) nanos: f64,
    /// The share of requests it does not serve.
    pub(super) failing: f64,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const USUAL: f64 = 10e6;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn pricing() -> Pricing {
        Pricing::of(&BalanceSettings::default())
    }

    fn endpoint() -> Endpoint<u32> {
        Endpoint::new(at(0), 1, 7, USUAL)
    }

    fn cost(endpoint: &Endpoint<u32>, millis: u64) -> f64 {
        endpoint.cost(at(millis), pricing(), USUAL).nanos
    }

    fn ask(endpoint: &Endpoint<u32>, from: u64, to: u64, outcome: Outcome) {
        endpoint.begin(at(from));
        endpoint.finish(at(to), at(from), pricing().memory, outcome);
    }

    #[test]
    fn it_costs_its_latency_for_each_in_line() {
        let endpoint = endpoint();
        assert_eq!(cost(&endpoint, 0), 10e6);
        endpoint.begin(at(0));
        assert_eq!(cost(&endpoint, 0), 20e6);
        endpoint.set_weight(2.0);
        assert_eq!(cost(&endpoint, 0), 15e6);
    }

    #[test]
    fn a_failure_is_no_latency_and_has_its_price() {
        let endpoint = endpoint();
        for millis in 0..1_000 {
            ask(&endpoint, millis, millis + 1, Outcome::Failure);
        }
        assert!(endpoint.latency(at(1_001), pricing().memory, USUAL) >= 9e6);
        assert!(cost(&endpoint, 1_001) > 300e6, "{}", cost(&endpoint, 1_001));
        assert_eq!((endpoint.streak(), endpoint.pending()), (1_000, 0));
    }

    #[test]
    fn finagle_an_endpoint_that_was_idle_is_neither_free_nor_banished() {
        // Finagle's latency falls to zero without requests; then an idle endpoint wins
        // every comparison until its first request is under way, and loses every one
        // until that is answered.
        let endpoint = endpoint();
        ask(&endpoint, 0, 500, Outcome::Success);
        let idle = cost(&endpoint, 600_000);
        assert!((idle - USUAL).abs() < 1.0, "{idle}");
        endpoint.begin(at(600_000));
        assert!(cost(&endpoint, 600_000) <= 2.0 * USUAL + 1.0);
    }

    #[test]
    fn a_silence_is_a_latency_that_is_not_over() {
        let endpoint = endpoint();
        endpoint.begin(at(0));
        endpoint.begin(at(0));
        assert_eq!(cost(&endpoint, 300), 3.0 * 300e6);
        // A stream of an hour is no worse than one of a second.
        assert_eq!(cost(&endpoint, 3_600_000), 3.0 * 1e9);
        // An answer ends it; a timeout and a cancellation are none.
        endpoint.finish(at(400), at(0), pricing().memory, Outcome::Timeout);
        assert_eq!(endpoint.quiet(at(450)), 450_000_000);
        endpoint.finish(at(500), at(0), pricing().memory, Outcome::Cancelled);
        assert_eq!(endpoint.quiet(at(550)), 0, "nobody waits");
        endpoint.begin(at(600));
        assert_eq!(endpoint.quiet(at(650)), 50_000_000);
    }

    #[test]
    fn a_late_timeout_does_not_speak_against_one_that_is_back() {
        let endpoint = endpoint();
        for _ in 0..10 {
            endpoint.begin(at(0));
        }
        endpoint.forgive(at(8_000));
        for _ in 0..10 {
            endpoint.finish(at(30_000), at(0), pricing().memory, Outcome::Timeout);
        }
        assert_eq!((endpoint.streak(), endpoint.pending()), (0, 0));
        assert_eq!(endpoint.take_counts(), Counts::default());
        ask(&endpoint, 30_000, 31_000, Outcome::Timeout);
        assert_eq!(endpoint.streak(), 1);
    }

    #[test]
    fn only_failures_and_timeouts_speak_against_it() {
        let endpoint = endpoint();
        for outcome in [
            Outcome::Success,
            Outcome::Ignore,
            Outcome::Slow,
            Outcome::Topology,
            Outcome::Cancelled,
        ] {
            ask(&endpoint, 0, 10, outcome);
            assert_eq!((endpoint.streak(), endpoint.failing(at(10), pricing().memory)), (0, 0.0));
        }
        assert_eq!(endpoint.take_counts(), Counts { successes: 3, ..Counts::default() });
        ask(&endpoint, 1_000, 1_010, Outcome::Overload);
        assert_eq!(endpoint.streak(), 0);
        assert!(endpoint.failing(at(1_010), pricing().memory) > 0.0);
        ask(&endpoint, 1_000, 2_000, Outcome::Timeout);
        ask(&endpoint, 1_000, 2_000, Outcome::Failure);
        assert_eq!(endpoint.streak(), 2);
        let counts = Counts { failures: 2, overloads: 1, successes: 0 };
        assert_eq!(endpoint.take_counts(), counts);
        assert_eq!(endpoint.take_counts(), Counts::default());
    }
}
