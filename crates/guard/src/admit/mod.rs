//! The words every primitive speaks: who asks ([`Ctx`]), how it ended ([`Outcome`]),
//! and why not ([`Rejection`]).

mod ctx;
mod outcome;
mod priority;
mod rejection;

pub use ctx::{Ctx, Param};
pub use outcome::{Classify, Outcome};
pub use priority::{Class, Cohort, Priority};
pub use rejection::{Rejected, Rejection, Scope};
