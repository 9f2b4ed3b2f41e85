//! Sentinel's system rules (`SystemRuleManager.java`, `SystemStatusListener.java`).

use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use seawall_guard::{Ctx, Instant, Outcome, Rejected, Rejection, Scope};

use crate::sim::{Door, Ticket};

/// Its statistics of the last second are two buckets of this.
const BUCKET: Duration = Duration::from_millis(500);
const BUCKETS: usize = 2;
/// The CPU is looked at once in this.
const CPU_EVERY: Duration = Duration::from_secs(1);
/// What a bucket's lowest latency is before there is one, in milliseconds.
const RT_MAX: u64 = 5_000;

/// What is asked when the machine is over its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nothing: everybody is refused (CPU, since alibaba/Sentinel#1050).
    Cut,
    /// Whether more are in flight than throughput times latency say (load).
    Bbr,
}

/// A system rule on the used share of the CPU.
pub(crate) struct Sentinel {
    rule: Rule,
    threshold: f64,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    cpu: f64,
    samples: Vec<f64>,
    cpu_read: Instant,
    threads: u64,
    buckets: VecDeque<Bucket>,
}

struct Bucket {
    number: u64,
    successes: u64,
    min_rt: u64,
}

impl Sentinel {
    pub(crate) fn new(rule: Rule, threshold: f64) -> Self {
        Self { rule, threshold, state: Rc::default() }
    }
}

impl State {
    fn bucket(&mut self, now: Instant) -> Option<&mut Bucket> {
        let number = (now - Instant::START).as_millis() as u64 / BUCKET.as_millis() as u64;
        self.buckets.retain(|bucket| bucket.number + BUCKETS as u64 > number);
        if self.buckets.back().is_none_or(|bucket| bucket.number < number) {
            self.buckets.push_back(Bucket { number, successes: 0, min_rt: RT_MAX });
        }
        self.buckets.back_mut()
    }

    /// How many may be in flight: the most successes a second times the lowest latency.
    fn capacity(&mut self, now: Instant) -> f64 {
        self.bucket(now);
        let most = self.buckets.iter().map(|bucket| bucket.successes).max().unwrap_or(0);
        let min_rt = self.buckets.iter().map(|bucket| bucket.min_rt).min().unwrap_or(RT_MAX);
        (most * BUCKETS as u64) as f64 * min_rt as f64 / 1_000.0
    }
}

impl Door for Sentinel {
    fn enter(&self, now: Instant, _ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        let mut state = self.state.borrow_mut();
        if state.cpu > self.threshold {
            let is_refused = match self.rule {
                Rule::Cut => true,
                Rule::Bbr => state.threads > 1 && state.threads as f64 > state.capacity(now),
            };
            if is_refused {
                return Err(Rejection::new(Rejected::Overloaded, Scope::Node));
            }
        }
        state.threads += 1;
        Ok(Box::new(Entry { state: Rc::clone(&self.state), began: now }))
    }

    fn sample(&self, now: Instant, cpu: f64) {
        let mut state = self.state.borrow_mut();
        state.samples.push(cpu);
        if now - state.cpu_read >= CPU_EVERY {
            let samples = std::mem::take(&mut state.samples);
            state.cpu = samples.iter().sum::<f64>() / samples.len() as f64;
            state.cpu_read = now;
        }
    }
}

struct Entry {
    state: Rc<RefCell<State>>,
    began: Instant,
}

impl Ticket for Entry {
    fn finish(self: Box<Self>, now: Instant, _outcome: Outcome) {
        let rt = (now - self.began).as_millis() as u64;
        if let Some(bucket) = self.state.borrow_mut().bucket(now) {
            bucket.successes += 1;
            bucket.min_rt = bucket.min_rt.min(rt);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.state.borrow_mut().threads -= 1;
    }
}
