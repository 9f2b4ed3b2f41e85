//! The text of a refusal.

use std::fmt;

use crate::admit::Rejection;

/// The header of an answer that this crate refused, whose value is
/// [`Rejected::name`](crate::Rejected::name).
pub const REJECTED: &str = "x-seawall-rejected";

/// What the text of every refusal begins with. The name of its reason and a colon follow.
pub const MARK: &str = "seawall: ";

/// The text of a refusal: the mark, the name of its reason, and what to do.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a>(pub &'a Rejection);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(rejection) = self;
        write!(f, "{MARK}{}: {rejection}", rejection.reason.name())
    }
}

impl Message<'_> {
    /// Puts the text behind what is in `to`.
    pub(super) fn write(self, to: &mut Vec<u8>) {
        use std::io::Write as _;
        // A `Vec` takes all there is.
        let _ = write!(to, "{self}");
    }
}
