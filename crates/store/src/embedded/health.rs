//! Whether the store takes writes now, and if not, why.

use parking_lot::RwLock;

use crate::{CommitError, Unavailable};

/// What is in the way of writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Obstacles {
    /// The disk has less space free than it should.
    pub(super) low_space: bool,
    /// The log could not be written for lack of space.
    pub(super) log_full: bool,
    /// The log cannot be written for another reason.
    pub(super) log: Option<String>,
    /// The engine cannot be written.
    pub(super) engine: Option<String>,
    /// It waits for space before it is opened again.
    pub(super) engine_full: bool,
    /// The store is being closed.
    pub(super) closed: bool,
    /// Damaged places that the scrub knows of. No reason to refuse writes.
    pub(super) damaged: usize,
}

/// How an embedded store is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreHealth {
    /// Why writes are refused now; `None`: they are taken.
    pub refuses_writes: Option<String>,
    /// Damaged places that reading through everything stored has met. Reads that need
    /// one of them fail; everything else is served.
    pub damaged: usize,
}

/// The obstacles, shared by everybody who meets or asks about them.
#[derive(Debug, Default)]
pub(super) struct Health {
    obstacles: RwLock<Obstacles>,
}

impl Health {
    /// Changes what is in the way.
    pub(super) fn change(&self, change: impl FnOnce(&mut Obstacles)) {
        change(&mut self.obstacles.write());
    }

    /// How the store is, for those who watch over it.
    pub(super) fn report(&self) -> StoreHealth {
        let refuses = self.admit(false).err().map(|refusal| refusal.to_string());
        StoreHealth { refuses_writes: refuses, damaged: self.obstacles.read().damaged }
    }

    /// Whether the store was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.obstacles.read().closed
    }

    /// Refuses a write that cannot be taken now. One that only deletes is taken
    /// even when space is low: that is how space is freed.
    pub(super) fn admit(&self, only_deletes: bool) -> Result<(), CommitError> {
        let obstacles = self.obstacles.read();
        let unavailable = |reason: &str| Err(Unavailable { reason: reason.to_owned() }.into());
        match &*obstacles {
            Obstacles { closed: true, .. } => unavailable("the store is closed"),
            Obstacles { engine_full: true, .. } => Err(CommitError::NoSpace),
            Obstacles { log: Some(reason), .. } | Obstacles { engine: Some(reason), .. } => {
                unavailable(reason)
            }
            Obstacles { log_full: true, .. } => Err(CommitError::NoSpace),
            Obstacles { low_space: true, .. } if !only_deletes => Err(CommitError::NoSpace),
            _ => Ok(()),
        }
    }
}
