//! What all requests of one client share.

use std::sync::Arc;

use super::error::DiagnoseError;
use crate::{
    retry::{Hedge, RetryPolicy},
    time::{Clock, Instant, Timer, TokioSleep, tokio_sleep},
    tower::speech::Speech,
};

/// What all requests of one client share.
pub(super) struct Shared {
    pub(super) speech: Speech,
    pub(super) retry: RetryPolicy,
    /// Where it is turned on.
    pub(super) hedge: Option<Hedge>,
    pub(super) timer: ClockTimer,
    pub(super) diagnose_error: DiagnoseError,
    pub(super) replay_bytes_max: u32,
}

/// The clock of the guards, with the sleep of the runtime.
#[derive(Clone)]
pub(super) struct ClockTimer(pub(super) Arc<dyn Clock>);

impl Clock for ClockTimer {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

impl Timer for ClockTimer {
    type Sleep = TokioSleep;

    fn sleep_until(&self, at: Instant) -> TokioSleep {
        tokio_sleep(at - self.now())
    }
}
