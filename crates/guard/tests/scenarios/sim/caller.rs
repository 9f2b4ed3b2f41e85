//! Who sends requests to a service: the calling side.

use std::time::Duration;

use seawall_guard::{
    Instant, Outcome, Priority, Rejected, Rejection, Scope, retry::wire::Pushback, shed::PeerLevel,
    stat::Rng,
};

use super::draw::exponential;

/// An attempt of a call, before it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// Of which call.
    pub(crate) call: u64,
    /// 0 for the first one.
    pub(crate) number: u32,
    /// Attempts of the request that makes this call, before that one.
    pub(crate) outer: u32,
    pub(crate) priority: Priority,
    /// When whoever asked for this call stops waiting.
    pub(crate) deadline: Option<Instant>,
}

/// How an attempt ended, as its caller sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// The node's admission level, if it tells.
    pub(crate) level: Option<u16>,
    /// What the node says of another attempt.
    pub(crate) pushback: Pushback,
}

/// Where a caller sends an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// Which node of the service.
    pub(crate) node: usize,
    /// When the caller stops waiting for it.
    pub(crate) timeout: Duration,
}

/// The client side of calls to one service: timeouts, retries, balancing, breakers.
pub(crate) trait Caller {
    /// Where to send an attempt, or a refusal of the caller's own that ends the call.
    fn send(&mut self, now: Instant, attempt: &Attempt) -> Result<Route, Rejection>;

    /// Hears of an answer. How long to wait before another attempt; `None` if this
    /// answer is the call's.
    fn hear(&mut self, now: Instant, attempt: &Attempt, answer: &Answer) -> Option<Duration>;

    /// What to tell whoever asked for a call that has just failed of another attempt.
    fn pushback(&self) -> Pushback {
        Pushback::Unsaid
    }

    /// Whether a call that begins needs not be sent: its answer is known (a cache).
    fn knows(&mut self, _now: Instant, _call: u64) -> bool {
        false
    }

    /// Work of the node before that of an attempt that has just been sent: making a
    /// connection.
    fn setup(&mut self, _attempt: &Attempt) -> Duration {
        Duration::ZERO
    }
}

impl Caller for Box<dyn Caller> {
    fn send(&mut self, now: Instant, attempt: &Attempt) -> Result<Route, Rejection> {
        (**self).send(now, attempt)
    }

    fn hear(&mut self, now: Instant, attempt: &Attempt, answer: &Answer) -> Option<Duration> {
        (**self).hear(now, attempt, answer)
    }

    fn pushback(&self) -> Pushback {
        (**self).pushback()
    }

    fn knows(&mut self, now: Instant, call: u64) -> bool {
        (**self).knows(now, call)
    }

    fn setup(&mut self, attempt: &Attempt) -> Duration {
        (**self).setup(attempt)
    }
}

/// A caller with a timeout and retries, which asks the nodes in turn.
pub(crate) struct PlainCaller {
    timeout: Duration,
    nodes: usize,
    sent: usize,
    retries: u32,
    backoff: Duration,
    /// Retries that may be made now, and how many each first attempt adds.
    budget: Option<(f64, f64)>,
    /// The level that the node told: less important calls end here.
    level: PeerLevel,
    follows_level: bool,
    rng: Rng,
}

impl PlainCaller {
    /// One that does not retry, to a service of one node.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            nodes: 1,
            sent: 0,
            retries: 0,
            backoff: Duration::ZERO,
            budget: None,
            level: PeerLevel::new(),
            follows_level: false,
            rng: Rng::seeded(0x0CA1),
        }
    }

    /// To a service of so many nodes.
    pub(crate) fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Retries what failed, was refused or timed out up to so often, after an
    /// exponentially distributed wait of this mean.
    pub(crate) fn retries(mut self, retries: u32, backoff: Duration) -> Self {
        (self.retries, self.backoff) = (retries, backoff);
        self
    }

    /// Retries at most this share of the calls, and at most 10 in a row more.
    pub(crate) fn budget(mut self, share: f64) -> Self {
        self.budget = Some((10.0, share));
        self
    }

    /// Does not send what the node said it would refuse.
    pub(crate) fn follows_level(mut self) -> Self {
        self.follows_level = true;
        self
    }

    fn may_retry(&mut self) -> bool {
        let Some((tokens, _)) = &mut self.budget else { return true };
        let may = *tokens >= 1.0;
        if may {
            *tokens -= 1.0;
        }
        may
    }
}

impl Caller for PlainCaller {
    fn send(&mut self, now: Instant, attempt: &Attempt) -> Result<Route, Rejection> {
        if !self.level.admits(now, attempt.priority) {
            return Err(Rejection::new(Rejected::LowPriority, Scope::Endpoint));
        }
        if let (0, Some((tokens, share))) = (attempt.number, &mut self.budget) {
            *tokens = (*tokens + *share).min(10.0);
        }
        self.sent += 1;
        let left = attempt.deadline.map_or(Duration::MAX, |deadline| deadline - now);
        Ok(Route { node: self.sent % self.nodes, timeout: self.timeout.min(left) })
    }

    fn hear(&mut self, now: Instant, attempt: &Attempt, answer: &Answer) -> Option<Duration> {
        if let (true, Some(level)) = (self.follows_level, answer.level) {
            self.level.hear(now, level);
        }
        let wanted =
            matches!(answer.outcome, Outcome::Failure | Outcome::Timeout | Outcome::Overload);
        let wait = self.backoff.mul_f64(exponential(&self.rng));
        let in_time = attempt.deadline.is_none_or(|deadline| now + wait < deadline);
        let again = wanted && in_time && attempt.number < self.retries && self.may_retry();
        again.then_some(wait)
    }
}
