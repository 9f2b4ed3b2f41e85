//! How a guard is put together.

use std::{fmt, sync::Arc};

use super::{Guard, GuardSettings};
use crate::{
    settings::InvalidSetting,
    signal::SystemSignal,
    time::{Clock, MonotonicClock},
};

/// Puts a [`Guard`] together; see [`Guard::builder`].
pub struct GuardBuilder {
    pub(super) resource: Arc<str>,
    pub(super) settings: GuardSettings,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) system: Arc<SystemSignal>,
    pub(super) seed: u64,
}

impl fmt::Debug for GuardBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardBuilder")
            .field("resource", &self.resource)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl GuardBuilder {
    pub(super) fn new(resource: &str) -> Self {
        Self {
            resource: resource.into(),
            settings: GuardSettings::default(),
            clock: None,
            system: Arc::default(),
            seed: 0,
        }
    }

    /// What stands in front of the resource; by default nothing does.
    pub fn settings(mut self, settings: GuardSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Where it reads the time; by default a [`MonotonicClock`] of its own. Deadlines in a
    /// [`Ctx`](crate::Ctx) must be of the same clock, so a process has one.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// What it knows of the machine's state; by default nothing. A process has one.
    pub fn system(mut self, system: Arc<SystemSignal>) -> Self {
        self.system = system;
        self
    }

    /// Where random numbers begin. By default every guard of a resource draws the same
    /// ones, so nodes should differ here, by their id for instance.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The guard.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn build(mut self) -> Result<Guard, InvalidSetting> {
        let clock = self.clock.take().unwrap_or_else(|| Arc::new(MonotonicClock::new()));
        Guard::build(self, clock)
    }
}
