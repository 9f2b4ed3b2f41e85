//! Where those who wait are woken.

use std::{future::Future, sync::Arc};

use super::{Clock, Instant};

/// A clock that also wakes whoever sleeps until a moment of its own. This is all that
/// the asynchronous parts of this crate ask of a runtime.
pub trait Timer: Clock {
    /// Is ready once its moment has come. Dropping it forgets it.
    type Sleep: Future<Output = ()> + Send;

    /// Sleeps until `at`; a moment that has passed is ready at the first poll.
    fn sleep_until(&self, at: Instant) -> Self::Sleep;
}

impl<T: Timer + ?Sized> Timer for Arc<T> {
    type Sleep = T::Sleep;

    fn sleep_until(&self, at: Instant) -> Self::Sleep {
        (**self).sleep_until(at)
    }
}
