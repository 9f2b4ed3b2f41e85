//! So many requests a second, at once or after a while.

use crate::{
    admit::Rejection,
    rate::{RateLimit, RateLimitSettings, WarmUpLimit, WarmUpSettings},
    settings::InvalidSetting,
    time::Instant,
};

/// A guard's rate.
#[derive(Debug)]
pub(super) enum Rate {
    Steady(RateLimit),
    WarmUp(WarmUpLimit),
}

impl Rate {
    pub(super) fn new(
        settings: &RateLimitSettings,
        warm_up: Option<&WarmUpSettings>,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        Ok(match warm_up {
            None => Self::Steady(RateLimit::new(settings)?),
            Some(warm_up) => Self::WarmUp(WarmUpLimit::new(settings, warm_up, now)?),
        })
    }

    pub(super) fn try_acquire(&self, now: Instant) -> Result<(), Rejection> {
        match self {
            Self::Steady(limit) => limit.try_acquire(now),
            Self::WarmUp(limit) => limit.try_acquire(now),
        }
    }

    /// Takes other settings over, and says whether it could: one that warms up is not one
    /// that does not.
    pub(super) fn reconfigure(
        &self,
        settings: &RateLimitSettings,
        warm_up: Option<&WarmUpSettings>,
        now: Instant,
    ) -> Result<bool, InvalidSetting> {
        match (self, warm_up) {
            (Self::Steady(limit), None) => limit.reconfigure(now, settings).map(|()| true),
            (Self::WarmUp(limit), Some(warm_up)) => {
                limit.reconfigure(now, settings, warm_up).map(|()| true)
            }
            (Self::Steady(_), Some(_)) | (Self::WarmUp(_), None) => Ok(false),
        }
    }
}
