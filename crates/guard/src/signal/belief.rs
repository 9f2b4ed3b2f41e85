//! What was said last, and for how long it is believed.

use std::time::Duration;

use super::{Measured, Source};
use crate::{stat::Ewma, time::Instant};

/// An average that is unknown once nothing was added for a while. It begins anew then, and
/// when it is another source that measures.
#[derive(Debug)]
pub(super) struct Averaged {
    ewma: Ewma,
    at: Instant,
    source: Source,
}

impl Averaged {
    pub(super) fn new(tau: Duration) -> Self {
        Self { ewma: Ewma::new(tau), at: Instant::START, source: Source::Host }
    }

    pub(super) fn set_tau(&mut self, tau: Duration) {
        self.ewma.set_tau(tau);
    }

    pub(super) fn add(&mut self, now: Instant, share: f64, source: Source, stale_after: Duration) {
        if self.source != source || self.value(now, stale_after).is_none() {
            self.ewma.clear();
        }
        // More than all of it is a moment's; it must not be where an average begins.
        let is_first = self.ewma.value().is_none();
        self.ewma.add(now, if is_first { share.min(1.0) } else { share });
        self.at = now;
        self.source = source;
    }

    pub(super) fn value(&self, now: Instant, stale_after: Duration) -> Option<Measured> {
        let share = self.ewma.value().filter(|_| now - self.at <= stale_after)?;
        Some(Measured { share: share.min(1.0), source: self.source })
    }
}

/// The last answer, until it is too old.
#[derive(Debug)]
pub(super) struct Kept<T> {
    last: Option<(Instant, T)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { last: None }
    }
}

impl<T: Copy> Kept<T> {
    pub(super) fn replace(&mut self, now: Instant, new: Option<T>) {
        self.last = new.map(|new| (now, new)).or(self.last.take());
    }

    pub(super) fn value(&self, now: Instant, stale_after: Duration) -> Option<T> {
        self.last.filter(|(at, _)| now - *at <= stale_after).map(|(_, value)| value)
    }
}
