//! A node's side.

use super::{LeaseGrant, LeaseRequest, LeaseSettings, share::Share};
use crate::{settings::InvalidSetting, stat::Ewma, time::Instant};

/// What happens to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeaseEvent {
    /// So many permits were asked for since the last such event, those refused included.
    Demand(u64),
    /// The time of [`LeaseEffects::poll_at`] has come.
    Poll,
    /// The answer to a request.
    Granted(LeaseGrant),
    /// A request, by its sequence, was not answered.
    Failed(u64),
}

/// What a node does about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeaseEffects {
    /// To let pass, in permits a second.
    pub rate: f64,
    /// To send.
    pub ask: Option<LeaseRequest>,
    /// When to poll next.
    pub poll_at: Instant,
}

/// What a node goes by: its last share and when to ask for the next. Plain data and one
/// function of the time.
///
/// It asks twice in a term, counts the term from when it sent the request, and believes no
/// answer whose term is over when it arrives. Without answers it asks ever less often, down
/// to once in the longest term.
#[derive(Debug, Clone)]
pub struct LeaseClient {
    settings: LeaseSettings,
    share: Option<Share>,
    /// The sequence of the share's grant.
    holds: u64,
    /// The sequence of the last request, and when it was sent if it was not answered.
    sequence: u64,
    asked_at: Option<Instant>,
    ask_at: Instant,
    failures: u32,
    demand: Ewma,
    counted_at: Instant,
}

impl LeaseClient {
    /// A node without a share.
    ///
    /// # Errors
    /// See [`LeaseSettings::validate`].
    pub fn new(settings: &LeaseSettings, now: Instant) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        Ok(Self {
            settings: settings.clone(),
            share: None,
            holds: 0,
            sequence: 0,
            asked_at: None,
            ask_at: now,
            failures: 0,
            demand: Ewma::new(settings.demand),
            counted_at: now,
        })
    }

    /// What to do about an event.
    pub fn handle(&mut self, now: Instant, event: LeaseEvent) -> LeaseEffects {
        let ask = match event {
            LeaseEvent::Demand(permits) => {
                self.count(now, permits);
                None
            }
            LeaseEvent::Poll => self.poll(now),
            LeaseEvent::Granted(grant) => {
                self.granted(now, grant);
                None
            }
            LeaseEvent::Failed(sequence) => {
                self.failed(now, sequence);
                None
            }
        };
        LeaseEffects { rate: self.rate(now), ask, poll_at: self.poll_at() }
    }

    /// Other settings from now on; the share stays until it is renewed.
    ///
    /// # Errors
    /// See [`LeaseSettings::validate`]; the old settings stay.
    pub fn reconfigure(&mut self, settings: &LeaseSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.settings = settings.clone();
        Ok(())
    }

    pub(super) fn settings(&self) -> &LeaseSettings {
        &self.settings
    }

    pub(super) fn rate(&self, now: Instant) -> f64 {
        self.share.map_or_else(|| self.alone(), |share| share.rate(now, &self.settings))
    }

    fn fair(&self) -> f64 {
        self.share.map_or_else(|| self.alone(), |share| share.fair)
    }

    /// The rate of a node that never had a share.
    fn alone(&self) -> f64 {
        self.settings.total() / f64::from(self.settings.nodes)
    }

    fn count(&mut self, now: Instant, permits: u64) {
        let elapsed = (now - self.counted_at).as_secs_f64();
        if elapsed > 0.0 {
            self.demand.add(now, permits as f64 / elapsed);
            self.counted_at = now;
        }
    }

    fn poll(&mut self, now: Instant) -> Option<LeaseRequest> {
        if self.asked_at.is_some_and(|asked_at| asked_at + self.settings.longest_term <= now) {
            self.failed(now, self.sequence);
            self.ask_at = now;
        }
        if self.asked_at.is_some() || now < self.ask_at {
            return None;
        }
        self.sequence += 1;
        self.asked_at = Some(now);
        Some(LeaseRequest {
            sequence: self.sequence,
            holds: self.holds,
            rate: self.rate(now),
            fair: self.fair(),
            demand: self.demand.value().unwrap_or(0.0),
        })
    }

    fn granted(&mut self, now: Instant, grant: LeaseGrant) {
        let Some(asked_at) = self.asked_at.filter(|_| grant.sequence == self.sequence) else {
            return;
        };
        self.asked_at = None;
        let until = asked_at + grant.term;
        if until <= now {
            // The store is there, only slow: ask again, not at once for a store that is busy.
            self.ask_at = now + self.settings.shortest_term;
            return;
        }
        self.failures = 0;
        self.holds = grant.sequence;
        self.share = Some(Share { rate: grant.rate, fair: grant.fair, from: asked_at, until });
        self.ask_at = (asked_at + grant.term / 2).max(now);
    }

    fn failed(&mut self, now: Instant, sequence: u64) {
        if self.asked_at.is_none() || sequence != self.sequence {
            return;
        }
        self.asked_at = None;
        let (shortest, longest) = (self.settings.shortest_term, self.settings.longest_term);
        let wait = shortest.saturating_mul(1 << self.failures.min(16));
        self.ask_at = now + wait.min(longest);
        self.failures = self.failures.saturating_add(1);
    }

    fn poll_at(&self) -> Instant {
        let gives_up = |asked_at: Instant| asked_at + self.settings.longest_term;
        self.asked_at.map_or(self.ask_at, gives_up)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn client() -> LeaseClient {
        let settings = LeaseSettings { permits: 10_000, ..Default::default() };
        LeaseClient::new(&settings, at(0)).unwrap()
    }

    fn grant(sequence: u64, rate: f64, term_ms: u64) -> LeaseEvent {
        let term = Duration::from_millis(term_ms);
        LeaseEvent::Granted(LeaseGrant { sequence, rate, fair: 2_000.0, term })
    }

    #[test]
    fn a_node_asks_at_once_and_then_twice_in_a_term() {
        let mut client = client();
        client.handle(at(500), LeaseEvent::Demand(400));
        let effects = client.handle(at(500), LeaseEvent::Poll);
        let (rate, fair, demand) = (1_000.0, 1_000.0, 800.0);
        let request = LeaseRequest { sequence: 1, holds: 0, rate, fair, demand };
        let expected = LeaseEffects { rate: 1_000.0, ask: Some(request), poll_at: at(1_500) };
        assert_eq!(effects, expected);
        assert_eq!(client.handle(at(501), LeaseEvent::Poll).ask, None, "one at a time");
        let granted = client.handle(at(510), grant(1, 5_000.0, 400));
        assert_eq!(granted, LeaseEffects { rate: 5_000.0, ask: None, poll_at: at(700) });
        let ask = client.handle(at(700), LeaseEvent::Poll).ask.unwrap();
        assert_eq!((ask.sequence, ask.holds), (2, 1));
        assert_eq!((ask.rate, ask.fair), (5_000.0, 2_000.0));
    }

    /// go-zero's `TokenLimiter` gives the full rate to each node when its Redis is away; here
    /// a node goes on with its share.
    #[test]
    fn gozero_token_limiter_full_rate_on_error_is_a_share_that_becomes_fair() {
        let mut client = client();
        let mut rates = Vec::new();
        let mut asks = 0;
        client.handle(at(0), LeaseEvent::Poll);
        client.handle(at(0), grant(1, 8_000.0, 1_000));
        for now in (0..60_000).step_by(100) {
            let effects = client.handle(at(now), LeaseEvent::Poll);
            if let Some(ask) = effects.ask {
                asks += 1;
                client.handle(at(now), LeaseEvent::Failed(ask.sequence));
            }
            rates.push(effects.rate);
        }
        assert!(rates.windows(2).all(|pair| pair[1] <= pair[0]));
        assert_eq!(rates[10], 8_000.0, "until its term is over");
        assert!((rates[110] - 4_207.0).abs() < 1.0, "{}", rates[110]);
        assert!((rates[599] - 2_000.0).abs() < 30.0, "{}", rates[599]);
        assert!((60..=70).contains(&asks), "{asks} requests in a minute");
    }

    #[test]
    fn late_answers_and_those_to_other_requests_are_not_believed() {
        let mut client = client();
        client.handle(at(0), LeaseEvent::Poll);
        assert_eq!(client.handle(at(10), grant(7, 9_000.0, 1_000)).rate, 1_000.0);
        let late = client.handle(at(600), grant(1, 9_000.0, 500));
        assert_eq!(late, LeaseEffects { rate: 1_000.0, ask: None, poll_at: at(700) });
        // One that is not answered at all is given up.
        assert!(client.handle(at(700), LeaseEvent::Poll).ask.is_some());
        let ask = client.handle(at(1_700), LeaseEvent::Poll).ask.unwrap();
        assert_eq!(ask.sequence, 3);
        assert_eq!(client.handle(at(1_701), grant(2, 9_000.0, 5_000)).rate, 1_000.0);
        client.handle(at(1_701), LeaseEvent::Failed(2));
        assert_eq!(client.handle(at(1_702), grant(3, 9_000.0, 5_000)).rate, 9_000.0);
    }
}
