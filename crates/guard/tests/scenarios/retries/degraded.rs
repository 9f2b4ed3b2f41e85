//! What makes a service slower while it is overloaded: a cache that is not filled and
//! connections that are made again.

use std::{collections::HashMap, time::Duration};

use seawall_guard::{Instant, Outcome, Rejection, retry::wire::Pushback, stat::Rng};

use crate::sim::{Answer, Attempt, Caller, Route};

/// A cache beside a service, filled by who asks and gets an answer.
pub(super) struct Cached<C> {
    inner: C,
    /// Until when each key is held.
    held: HashMap<u64, Instant>,
    keys: u64,
    ttl: Duration,
    wanted: HashMap<u64, u64>,
    rng: Rng,
}

impl<C> Cached<C> {
    /// All of whose keys are held at the start.
    pub(super) fn new(inner: C, keys: u64, ttl: Duration) -> Self {
        let rng = Rng::seeded(13);
        let until = |_| Instant::START + ttl.mul_f64(rng.next_f64());
        let held = (0..keys).map(|key| (key, until(key))).collect();
        Self { inner, held, keys, ttl, wanted: HashMap::new(), rng }
    }
}

impl<C: Caller> Caller for Cached<C> {
    fn knows(&mut self, now: Instant, call: u64) -> bool {
        let key = self.rng.below(self.keys);
        let is_held = self.held.get(&key).is_some_and(|until| *until > now);
        if !is_held {
            self.wanted.insert(call, key);
        }
        is_held
    }

    fn send(&mut self, now: Instant, attempt: &Attempt) -> Result<Route, Rejection> {
        self.inner.send(now, attempt)
    }

    fn hear(&mut self, now: Instant, attempt: &Attempt, answer: &Answer) -> Option<Duration> {
        let wait = self.inner.hear(now, attempt, answer);
        if wait.is_none()
            && let Some(key) = self.wanted.remove(&attempt.call)
            && answer.outcome == Outcome::Success
        {
            let ttl = self.ttl.mul_f64(0.9 + 0.2 * self.rng.next_f64());
            self.held.insert(key, now + ttl);
        }
        wait
    }

    fn pushback(&self) -> Pushback {
        self.inner.pushback()
    }
}

/// A pool of connections. One on which an attempt timed out is closed, as its answer may
/// still come; making another one is work for the server.
pub(super) struct Connected<C> {
    inner: C,
    idle: usize,
    handshake: Duration,
    /// Whether the connection of a call's attempt is a new one.
    is_new: HashMap<u64, bool>,
}

impl<C> Connected<C> {
    /// With so many connections at the start, which is also the most it keeps.
    pub(super) fn new(inner: C, handshake: Duration) -> Self {
        Self { inner, idle: MOST_IDLE, handshake, is_new: HashMap::new() }
    }
}

const MOST_IDLE: usize = 64;

impl<C: Caller> Caller for Connected<C> {
    fn send(&mut self, now: Instant, attempt: &Attempt) -> Result<Route, Rejection> {
        self.inner.send(now, attempt)
    }

    fn setup(&mut self, attempt: &Attempt) -> Duration {
        let is_new = self.idle == 0;
        self.idle = self.idle.saturating_sub(1);
        self.is_new.insert(attempt.call, is_new);
        if is_new { self.handshake } else { Duration::ZERO }
    }

    fn hear(&mut self, now: Instant, attempt: &Attempt, answer: &Answer) -> Option<Duration> {
        let is_new = self.is_new.remove(&attempt.call).unwrap_or(true);
        // One that was refused at once never had its handshake.
        let is_open = match answer.outcome {
            Outcome::Timeout => false,
            Outcome::Overload => !is_new,
            _ => true,
        };
        self.idle = (self.idle + usize::from(is_open)).min(MOST_IDLE);
        self.inner.hear(now, attempt, answer)
    }

    fn pushback(&self) -> Pushback {
        self.inner.pushback()
    }
}
