//! What happens to a store, and when.

use std::time::Duration;

use clap::ValueEnum;

use super::proxy::Fault;

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trial {
    /// Connections are accepted, and nothing comes back
    BlackHole,
    /// Connections are reset, new ones as well
    Reset,
    /// Every answer takes fifty times as long
    Slow,
    /// Half of the calls are wrong in themselves, and the store is well
    WrongCalls,
    /// The store takes no more writes, because another one does
    Failover,
}

impl Trial {
    /// What the proxy does meanwhile.
    pub(crate) const fn fault(self) -> Fault {
        match self {
            Self::BlackHole => Fault::BlackHole,
            Self::Reset => Fault::Reset,
            Self::Slow => Fault::Slow,
            Self::WrongCalls | Self::Failover => Fault::None,
        }
    }
}

/// When it happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Times {
    /// All is well.
    pub(crate) before: Duration,
    /// It happens.
    pub(crate) during: Duration,
    /// All is well again.
    pub(crate) after: Duration,
}

impl Times {
    /// From the beginning to the end.
    pub(crate) fn whole(self) -> Duration {
        self.before + self.during + self.after
    }

    /// Whether it happens at `at`, from the beginning.
    pub(crate) fn is_during(self, at: Duration) -> bool {
        (self.before..self.before + self.during).contains(&at)
    }
}
