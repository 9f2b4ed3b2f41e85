//! Who asks for admission.

use std::time::Duration;

use super::Priority;
use crate::time::Instant;

/// A request as far as its admission is concerned. It borrows every text, so making one
/// allocates nothing.
///
/// ```
/// use std::time::Duration;
/// use seawall_guard::{Class, Ctx, Instant, Priority};
///
/// let now = Instant::START;
/// let ctx = Ctx::default()
///     .deadline(now + Duration::from_millis(300))
///     .priority(Priority::of_user(Class::CRITICAL, 42, 0))
///     .origin("checkout");
/// assert_eq!(ctx.remaining(now), Some(Duration::from_millis(300)));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Ctx<'a> {
    /// When whoever asked stops waiting; without one the answer is wanted however late.
    pub deadline: Option<Instant>,
    /// How much it matters.
    pub priority: Priority,
    /// The calling service; empty when it did not say.
    pub origin: &'a str,
    /// The tenant on whose behalf it is asked; empty when there is none.
    pub tenant: &'a str,
    /// What hot-parameter rules may look at, in the order the resource defines.
    pub params: &'a [Param<'a>],
    /// How many attempts of this very request were made before this one. Above 0 somebody
    /// further out retries it, so nobody here does.
    pub previous_attempts: u8,
}

/// One parameter of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Param<'a> {
    /// A number, as an account's.
    Number(i64),
    /// A text, as a product's name.
    Text(&'a str),
}

impl<'a> Ctx<'a> {
    /// With a moment after which nobody waits for the answer.
    pub const fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// With a priority.
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// With the calling service.
    pub const fn origin(mut self, origin: &'a str) -> Self {
        self.origin = origin;
        self
    }

    /// With a tenant.
    pub const fn tenant(mut self, tenant: &'a str) -> Self {
        self.tenant = tenant;
        self
    }

    /// With parameters.
    pub const fn params(mut self, params: &'a [Param<'a>]) -> Self {
        self.params = params;
        self
    }

    /// With a number of attempts made before.
    pub const fn previous_attempts(mut self, previous_attempts: u8) -> Self {
        self.previous_attempts = previous_attempts;
        self
    }

    /// Time until the deadline, zero when it has passed, `None` without one.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.deadline.map(|deadline| deadline - now)
    }

    /// Whether the deadline has come. At the deadline itself it has.
    pub fn is_expired(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_expired_at_its_deadline_and_never_without_one() {
        let deadline = Instant::from_nanos(10);
        let ctx = Ctx::default().deadline(deadline);
        assert!(!ctx.is_expired(Instant::from_nanos(9)));
        assert!(ctx.is_expired(deadline));
        assert!(!Ctx::default().is_expired(Instant::from_nanos(u64::MAX)));
    }
}
