//! Judges a server by thresholds over a window.

use super::{
    settings::{ClassicSettings, Span},
    state::Reason,
    window::{Counts, Window},
};

/// Into how many parts a window of calls is cut at most.
const CALL_BUCKETS: u32 = 32;
/// Into how many parts a window of time is cut.
pub(super) const TIME_BUCKETS: u32 = 10;

/// What a classic breaker knows of a server.
#[derive(Debug)]
pub(super) struct Classic {
    window: Window,
    span: Span,
}

impl Classic {
    pub(super) fn new(settings: &ClassicSettings) -> Self {
        let buckets = match settings.window {
            Span::Calls(calls) => calls.min(CALL_BUCKETS) + 1,
            // The one that is being filled is the tenth.
            Span::Time(_) => TIME_BUCKETS - 1,
        };
        Self { window: Window::new(buckets as usize, 1), span: settings.window }
    }

    pub(super) fn restart(&mut self) {
        self.window.clear();
    }

    /// Takes what ended, and then lets `ticks` parts of a window of time pass.
    pub(super) fn add(&mut self, news: Counts, ticks: u64) {
        self.window.add(news);
        match self.span {
            Span::Time(_) if ticks > 0 => self.window.turn(ticks),
            Span::Calls(calls) => {
                let current = self.window.newest_first().next().map_or(0, Counts::calls);
                if current >= u64::from(calls.div_ceil(CALL_BUCKETS)) {
                    self.window.push(0);
                }
            }
            Span::Time(_) => {}
        }
    }

    /// What is in the window.
    fn sum(&self) -> Counts {
        let most = match self.span {
            Span::Calls(calls) => u64::from(calls),
            Span::Time(_) => u64::MAX,
        };
        let mut sum = Counts::default();
        for &counts in self.window.newest_first() {
            if sum.calls() >= most {
                break;
            }
            sum += counts;
        }
        sum
    }

    /// Which threshold is reached, if one is.
    pub(super) fn judge(&self, settings: &ClassicSettings) -> Option<Reason> {
        let sum = self.sum();
        if sum.calls() < settings.least_calls() {
            return None;
        }
        let reached = |part: u64, limit: Option<f64>| {
            limit.is_some_and(|limit| part > 0 && part as f64 >= limit * sum.calls() as f64)
        };
        if settings.failure_count.is_some_and(|limit| sum.bad >= u64::from(limit)) {
            Some(Reason::FailureCount)
        } else if reached(sum.bad, settings.failure_ratio) {
            Some(Reason::FailureRatio)
        } else if reached(sum.slow, settings.slow_ratio) {
            Some(Reason::SlowRatio)
        } else {
            None
        }
    }

    /// How many failed or slow calls it takes at least to reach a threshold. Nobody has to
    /// judge before that many came, so a threshold opens the breaker with the very call
    /// that reaches it, and yet calls are summed up only now and then.
    pub(super) fn margin(&self, settings: &ClassicSettings) -> u64 {
        let sum = self.sum();
        let calls = match self.span {
            Span::Calls(most) => sum.calls().min(u64::from(most)),
            Span::Time(_) => sum.calls(),
        };
        let base = calls.max(settings.least_calls()) as f64;
        let to_share = |limit: Option<f64>, part: u64| {
            limit.map(|limit| ((limit * base).ceil() as u64).saturating_sub(part))
        };
        let to_count = settings.failure_count.map(|limit| u64::from(limit).saturating_sub(sum.bad));
        let margins = [
            to_share(settings.failure_ratio, sum.bad),
            to_share(settings.slow_ratio, sum.slow),
            to_count,
        ];
        margins.into_iter().flatten().min().unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests;
