//! go-zero's adaptive shedder (`core/load/adaptiveshedder.go`, `core/stat/usage.go`).

use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use seawall_guard::{Ctx, Instant, Outcome, Rejected, Rejection, Scope};

use crate::sim::{Door, Ticket};

const BUCKETS: usize = 50;
const BUCKET: Duration = Duration::from_millis(100);
const CPU_EVERY: Duration = Duration::from_millis(250);
const CPU_THRESHOLD: f64 = 900.0;
const CPU_MAX: f64 = 1_000.0;
const FLYING_BETA: f64 = 0.9;
const COOL_OFF: Duration = Duration::from_secs(1);
const LEAST_FACTOR: f64 = 0.1;
/// What is taken for the latency while there is no sample, in milliseconds.
const DEFAULT_MIN_RT: f64 = 1_000.0;

/// The shedder with its constants; only the weight of the CPU average can be chosen.
pub(crate) struct GoZero {
    state: Rc<RefCell<State>>,
}

struct State {
    cpu_beta: f64,
    cpu: f64,
    cpu_samples: Vec<f64>,
    next_cpu: Instant,
    flying: u64,
    average_flying: f64,
    buckets: VecDeque<Bucket>,
    bucket_ends: Instant,
    dropped_recently: bool,
    overloaded_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    passes: u32,
    /// Sum of the latencies in whole milliseconds, each rounded up.
    rt_millis: u64,
}

impl GoZero {
    /// As it is: the CPU average keeps 95 % of itself every 250 ms.
    pub(crate) fn new() -> Self {
        Self::with_cpu_beta(0.95)
    }

    /// With another weight of what the CPU average was.
    pub(crate) fn with_cpu_beta(cpu_beta: f64) -> Self {
        let state = State {
            cpu_beta,
            cpu: 0.0,
            cpu_samples: Vec::new(),
            next_cpu: Instant::START + CPU_EVERY,
            flying: 0,
            average_flying: 0.0,
            buckets: VecDeque::from([Bucket::default()]),
            bucket_ends: Instant::START + BUCKET,
            dropped_recently: false,
            overloaded_at: None,
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }
}

impl State {
    /// Starts new buckets up to `now`; the last one is the current one.
    fn advance(&mut self, now: Instant) {
        while self.bucket_ends <= now {
            self.bucket_ends = self.bucket_ends + BUCKET;
            self.buckets.push_back(Bucket::default());
            if self.buckets.len() > BUCKETS {
                self.buckets.pop_front();
            }
        }
    }

    /// All but the current one.
    fn past(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.iter().rev().skip(1)
    }

    fn max_flight(&self) -> f64 {
        let passes = self.past().map(|bucket| bucket.passes).max().unwrap_or(0).max(1);
        let averages = self
            .past()
            .filter(|bucket| bucket.passes > 0)
            .map(|bucket| (bucket.rt_millis as f64 / f64::from(bucket.passes)).round());
        let min_rt = averages.fold(DEFAULT_MIN_RT, f64::min);
        let buckets_a_milli = 1.0 / BUCKET.as_millis() as f64;
        (f64::from(passes) * min_rt * buckets_a_milli).max(1.0)
    }

    fn is_overloaded(&mut self, now: Instant) -> bool {
        if self.cpu >= CPU_THRESHOLD {
            self.overloaded_at = Some(now);
            return true;
        }
        let is_hot =
            self.dropped_recently && self.overloaded_at.is_some_and(|at| now - at < COOL_OFF);
        self.dropped_recently &= is_hot;
        is_hot
    }

    fn drops(&mut self, now: Instant) -> bool {
        self.advance(now);
        if !self.is_overloaded(now) {
            return false;
        }
        let factor = (CPU_MAX - self.cpu) / (CPU_MAX - CPU_THRESHOLD);
        let most = self.max_flight() * factor.clamp(LEAST_FACTOR, 1.0);
        let drops = self.average_flying > most && self.flying as f64 > most;
        self.dropped_recently |= drops;
        drops
    }
}

impl Door for GoZero {
    fn enter(&self, now: Instant, _ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        let mut state = self.state.borrow_mut();
        if state.drops(now) {
            return Err(Rejection::new(Rejected::Overloaded, Scope::Node));
        }
        state.flying += 1;
        Ok(Box::new(Promise { state: Rc::clone(&self.state), began: now, is_finished: false }))
    }

    fn sample(&self, now: Instant, cpu: f64) {
        let mut state = self.state.borrow_mut();
        state.cpu_samples.push(cpu);
        if now >= state.next_cpu {
            let samples = std::mem::take(&mut state.cpu_samples);
            let usage = samples.iter().sum::<f64>() / samples.len() as f64 * CPU_MAX;
            // Kept as a whole number, cut off.
            state.cpu = (state.cpu * state.cpu_beta + usage * (1.0 - state.cpu_beta)).floor();
            state.next_cpu = state.next_cpu + CPU_EVERY;
        }
    }
}

struct Promise {
    state: Rc<RefCell<State>>,
    began: Instant,
    is_finished: bool,
}

impl Promise {
    fn land(&self) {
        let mut state = self.state.borrow_mut();
        state.flying -= 1;
        state.average_flying =
            state.average_flying * FLYING_BETA + state.flying as f64 * (1.0 - FLYING_BETA);
    }
}

impl Ticket for Promise {
    /// As its gRPC interceptor: only a passed deadline fails.
    fn finish(mut self: Box<Self>, now: Instant, outcome: Outcome) {
        self.is_finished = true;
        self.land();
        if outcome != Outcome::Timeout {
            let millis = (now.nanos_since(self.began) as f64 / 1e6).ceil() as u64;
            let mut state = self.state.borrow_mut();
            state.advance(now);
            if let Some(bucket) = state.buckets.back_mut() {
                bucket.passes += 1;
                bucket.rt_millis += millis;
            }
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if !self.is_finished {
            self.land();
        }
    }
}
