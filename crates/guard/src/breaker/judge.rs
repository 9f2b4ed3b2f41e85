//! What a breaker knows, behind its tick.

use std::time::Duration;

use super::{
    classic::{Classic, TIME_BUCKETS},
    gate::Word,
    latency::Latency,
    settings::{BreakerSettings, ClassicSettings, Policy, Span},
    sre::{Bench, Sentence, Sre, TICKS_PER_BUCKET},
    state::State,
    window::Counts,
};
use crate::{stat::StripedHistogram, time::Instant};

/// How often a policy that does not look at the clock sums up.
const IDLE_TICK: Duration = Duration::from_millis(250);
/// A timeout says nothing of a server that would often have needed longer: a call must
/// have waited for this many times the usual (zeromicro/go-zero#4070).
const PATIENCE: u32 = 2;
/// What it must have waited for while nothing is known.
const PATIENCE_UNKNOWN: Duration = Duration::from_millis(50);

/// What a breaker knows and what it judges by.
#[derive(Debug)]
pub(super) struct Judge {
    latency: Latency,
    known: Known,
    era: u32,
    tick: Duration,
    /// When the current tick ends.
    until: Instant,
}

#[derive(Debug)]
enum Known {
    Sre(Sre),
    Classic(Classic),
    Consecutive,
}

/// What a judgement comes to.
#[derive(Debug)]
pub(super) struct Findings {
    /// The era it is about; `None` when there was nothing to judge.
    pub(super) verdict: Option<(u32, Sentence)>,
    /// After how many more failed or slow calls it has to judge before the next tick.
    pub(super) margin: u64,
    pub(super) bars: Bars,
}

/// What calls are measured by as they end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bars {
    /// From what time on an answer is slow.
    pub(super) slow: Option<Duration>,
    /// What a call must have waited for its timeout to count.
    pub(super) patience: Duration,
}

impl Judge {
    pub(super) fn new(settings: &BreakerSettings, now: Instant) -> Self {
        let tick = tick_of(&settings.policy);
        let known = Known::of(&settings.policy);
        Self { latency: Latency::new(now), known, era: 0, tick, until: now + tick }
    }

    /// Goes on by other settings. How long calls usually take is remembered, and what
    /// happened too if it is counted in the same way.
    pub(super) fn reconfigure(
        &mut self,
        from: &BreakerSettings,
        to: &BreakerSettings,
        now: Instant,
    ) {
        if !Known::is_alike(&from.policy, &to.policy) {
            self.known = Known::of(&to.policy);
        }
        self.tick = tick_of(&to.policy);
        self.until = now + self.tick;
    }

    pub(super) const fn tick(&self) -> Duration {
        self.tick
    }

    /// Takes what happened since it was last asked, and judges. `word` must have been
    /// read after `news` was taken.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        word: Word,
        news: Counts,
        measured: &StripedHistogram,
        settings: &BreakerSettings,
    ) -> Findings {
        let ticks = self.pass(now);
        if ticks > 0 {
            self.latency.learn(now, measured);
        }
        if self.era != word.era {
            self.era = word.era;
            self.known.restart(word.state == State::Throttled);
        }
        let bars = self.bars(&settings.policy);
        if !word.state.is_counting() {
            return Findings { verdict: None, margin: u64::MAX, bars };
        }
        let (sentence, margin) = match (&mut self.known, &settings.policy) {
            (Known::Sre(sre), Policy::Sre(settings)) => {
                let (tick, slow, longest) = (self.tick, bars.slow, self.latency.longest());
                let bench = Bench { settings, now, tick, ticks, slow, longest };
                (sre.judge(&bench, news), u64::MAX)
            }
            (Known::Classic(classic), Policy::Classic(settings)) => {
                classic.add(news, ticks);
                let open = classic.judge(settings).map(Sentence::Open);
                (open.unwrap_or(Sentence::Refuse(0.0)), classic.margin(settings))
            }
            _ => (Sentence::Refuse(0.0), u64::MAX),
        };
        Findings { verdict: Some((word.era, sentence)), margin, bars }
    }

    /// How many ticks have ended since it was last asked.
    fn pass(&mut self, now: Instant) -> u64 {
        if now < self.until {
            return 0;
        }
        let nanos = u64::try_from(self.tick.as_nanos()).unwrap_or(u64::MAX).max(1);
        let ticks = now.nanos_since(self.until) / nanos + 1;
        self.until = self.until + Duration::from_nanos(nanos.saturating_mul(ticks));
        ticks
    }

    /// What calls are measured by from now on.
    pub(super) fn bars(&self, policy: &Policy) -> Bars {
        let slow = match policy {
            Policy::Sre(sre) => {
                self.latency.long().map(|long| long.mul_f64(sre.slow_factor).max(sre.slow_floor))
            }
            Policy::Classic(classic) => Some(classic.slow_call),
            Policy::Consecutive(_) => None,
        };
        let patience = self.latency.usual().map_or(PATIENCE_UNKNOWN, |usual| usual * PATIENCE);
        Bars { slow, patience }
    }
}

impl Known {
    fn of(policy: &Policy) -> Self {
        match policy {
            Policy::Sre(settings) => Self::Sre(Sre::new(settings)),
            Policy::Classic(settings) => Self::Classic(Classic::new(settings)),
            Policy::Consecutive(_) => Self::Consecutive,
        }
    }

    /// Whether what one knows is what the other needs.
    fn is_alike(one: &Policy, other: &Policy) -> bool {
        match (one, other) {
            (Policy::Sre(one), Policy::Sre(other)) => {
                one.window == other.window && one.buckets == other.buckets
            }
            (Policy::Classic(one), Policy::Classic(other)) => one.window == other.window,
            (Policy::Consecutive(_), Policy::Consecutive(_)) => true,
            _ => false,
        }
    }

    fn restart(&mut self, back: bool) {
        match self {
            Self::Sre(sre) => sre.restart(back),
            Self::Classic(classic) => classic.restart(),
            Self::Consecutive => {}
        }
    }
}

fn tick_of(policy: &Policy) -> Duration {
    match policy {
        Policy::Sre(sre) => sre.bucket() / TICKS_PER_BUCKET,
        Policy::Classic(ClassicSettings { window: Span::Time(span), .. }) => *span / TIME_BUCKETS,
        Policy::Classic(_) | Policy::Consecutive(_) => IDLE_TICK,
    }
}
