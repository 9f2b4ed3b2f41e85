//! Whether an endpoint is well, and why not.

use crate::time::Instant;

/// Why an endpoint is taken for unwell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It has requests and answers none.
    Stalled,
    /// Too many failures in a row.
    Streak,
    /// Too many failures in the window.
    Failing,
    /// Far more failures than others have.
    Outlier,
    /// Its whole zone is down.
    Zone,
    /// A health check failed.
    Check,
}

/// Whether it is well, and if not, since when and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Standing {
    Well,
    Unwell {
        reason: Reason,
        since: Instant,
        /// When it may be tried again.
        until: Instant,
    },
}

impl Standing {
    /// Whether it is unwell because its zone is.
    pub(super) const fn is_of_zone(self) -> bool {
        matches!(self, Self::Unwell { reason: Reason::Zone, .. })
    }

    /// Since when it is unwell.
    pub(super) const fn unwell_since(self) -> Option<Instant> {
        match self {
            Self::Well => None,
            Self::Unwell { since, .. } => Some(since),
        }
    }

    /// Since when it is unwell in a way that is a reason to leave it out. One that is
    /// stalled is not: it may only be slow.
    pub(super) const fn ejectable_since(self) -> Option<Instant> {
        match self {
            Self::Unwell { reason: Reason::Stalled, .. } => None,
            _ => self.unwell_since(),
        }
    }
}
