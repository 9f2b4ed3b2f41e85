//! Peak-EWMA and two choices as published by Finagle, in its plainest form.

use std::time::Duration;

use seawall_guard::{
    Instant,
    stat::{PeakEwma, Rng},
};

/// `load = latency * (pending + 1)`, and a failure is as good a latency as any.
pub(crate) struct PlainPeakEwma {
    servers: Vec<(PeakEwma, u32)>,
    rng: Rng,
}

impl PlainPeakEwma {
    pub(crate) fn new(servers: usize, seed: u64) -> Self {
        let server = (PeakEwma::new(Duration::from_secs(10)), 0);
        Self { servers: vec![server; servers], rng: Rng::seeded(seed) }
    }

    pub(crate) fn choose(&mut self, now: Instant) -> usize {
        let count = self.servers.len() as u64;
        let first = self.rng.below(count) as usize;
        let second = (first + 1 + self.rng.below(count - 1) as usize) % self.servers.len();
        let server = if self.load(now, second) < self.load(now, first) { second } else { first };
        self.servers[server].1 += 1;
        server
    }

    fn load(&self, now: Instant, server: usize) -> f64 {
        let (latency, pending) = &self.servers[server];
        latency.value(now).unwrap_or(30e6) * f64::from(pending + 1)
    }

    pub(crate) fn finish(&mut self, now: Instant, server: usize, sent: Instant) {
        let (latency, pending) = &mut self.servers[server];
        latency.add(now, now.nanos_since(sent) as f64);
        *pending -= 1;
    }
}
