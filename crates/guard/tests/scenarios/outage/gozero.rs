//! go-zero's breaker, from its published formula and constants (zeromicro/go-zero,
//! core/breaker/googlebreaker.go as of August 2026), to show that these situations bite.

use std::collections::VecDeque;

use seawall_guard::{Instant, Outcome, stat::Rng};

use super::world::{Fuse, MS, SECOND};

const BUCKETS: u64 = 40;
const K: f64 = 1.5;
const K_MIN: f64 = 1.1;
const PROTECTION: f64 = 5.0;

#[derive(Default, Clone, Copy)]
struct Bucket {
    number: u64,
    accepts: u64,
    failures: u64,
    drops: u64,
}

/// Counts when a call ends, and what it refused itself as well.
pub(super) struct GoZero {
    rng: Rng,
    buckets: VecDeque<Bucket>,
    last_pass: Option<Instant>,
    /// Which outcomes are failures to it.
    fails: fn(Outcome) -> bool,
    /// Whether it counts what it refused itself, as it does.
    counts_drops: bool,
}

impl GoZero {
    pub(super) fn new(seed: u64, fails: fn(Outcome) -> bool) -> Self {
        let (rng, buckets) = (Rng::seeded(seed), VecDeque::new());
        Self { rng, buckets, last_pass: None, fails, counts_drops: true }
    }

    /// With the change that zeromicro/go-zero#5551 proposes.
    pub(super) fn without_drops(seed: u64, fails: fn(Outcome) -> bool) -> Self {
        Self { counts_drops: false, ..Self::new(seed, fails) }
    }

    fn add(&mut self, now: Instant, add: impl FnOnce(&mut Bucket)) {
        let number = self.forget(now);
        if self.buckets.back().is_none_or(|last| last.number != number) {
            self.buckets.push_back(Bucket { number, ..Bucket::default() });
        }
        if let Some(last) = self.buckets.back_mut() {
            add(last);
        }
    }

    fn forget(&mut self, now: Instant) -> u64 {
        let number = (now - Instant::START).as_millis() as u64 / (10_000 / BUCKETS);
        while self.buckets.front().is_some_and(|first| first.number + BUCKETS <= number) {
            self.buckets.pop_front();
        }
        number
    }

    fn drop_ratio(&mut self, now: Instant) -> (f64, f64) {
        self.forget(now);
        let (mut accepts, mut total, mut failing, mut working) = (0, 0, 0_u32, 0_u32);
        for bucket in &self.buckets {
            accepts += bucket.accepts;
            total += bucket.accepts + bucket.failures + bucket.drops;
            if bucket.failures > 0 {
                working = 0;
            } else if bucket.accepts > 0 {
                working += 1;
            }
            if bucket.accepts > 0 {
                failing = 0;
            } else if bucket.failures > 0 {
                failing += 1;
            }
        }
        let weight = (K - (K - K_MIN) * f64::from(failing) / BUCKETS as f64).max(K_MIN);
        let (accepts, total) = (accepts as f64, total as f64);
        let ratio = (total - PROTECTION - weight * accepts) / (total + 1.0);
        (ratio, (BUCKETS as f64 - f64::from(working)) / BUCKETS as f64)
    }
}

impl Fuse for GoZero {
    type Pass = ();

    fn admit(&mut self, now: Instant) -> Option<()> {
        let (ratio, working) = self.drop_ratio(now);
        if ratio <= 0.0 {
            return Some(());
        }
        let is_forced = self.last_pass.is_some_and(|last| now - last > SECOND);
        if !is_forced && self.rng.next_f64() < ratio * working {
            let drops = u64::from(self.counts_drops);
            self.add(now, |bucket| bucket.drops += drops);
            return None;
        }
        self.last_pass = Some(now);
        Some(())
    }

    fn end(&mut self, (): (), now: Instant, outcome: Outcome) {
        let fails = (self.fails)(outcome);
        self.add(now, |bucket| if fails { bucket.failures += 1 } else { bucket.accepts += 1 });
    }
}

/// As for SQL: nearly everything but a duplicate key is a failure, bad statements too.
pub(super) fn sql(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Success | Outcome::Cancelled)
}

#[test]
fn the_model_drops_as_the_formula_says() {
    let mut model = GoZero::new(1, sql);
    let now = Instant::START + MS * 100;
    for _ in 0..100 {
        model.end((), now, Outcome::Failure);
    }
    let (ratio, working) = model.drop_ratio(now);
    assert_eq!((ratio, working), (95.0 / 101.0, 1.0));
    model.end((), now + MS * 250, Outcome::Success);
    let (ratio, working) = model.drop_ratio(now + MS * 250);
    assert_eq!((ratio, working), ((101.0 - 5.0 - K) / 102.0, 39.0 / 40.0));
    assert_eq!(model.drop_ratio(now + SECOND * 11).0, -5.0);
}
