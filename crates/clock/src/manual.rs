//! A clock that a test moves by hand.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::{Clock, Instant, WallTime};

/// Stands still until it is told to move.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_nanos: AtomicU64,
    wall_millis: AtomicU64,
}

impl ManualClock {
    /// A clock whose wall reads `wall` and whose monotonic time is zero.
    pub fn at(wall: WallTime) -> Self {
        Self { now_nanos: AtomicU64::new(0), wall_millis: AtomicU64::new(wall.as_millis()) }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.now_nanos.fetch_add(nanos, Ordering::SeqCst);
        self.wall_millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the wall clock alone, also backwards, as an administrator might.
    pub fn set_wall(&self, wall: WallTime) {
        self.wall_millis.store(wall.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_start(Duration::from_nanos(self.now_nanos.load(Ordering::SeqCst)))
    }

    fn wall(&self) -> WallTime {
        WallTime::from_millis(self.wall_millis.load(Ordering::SeqCst))
    }
}
