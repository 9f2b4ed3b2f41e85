//! Declared `TrafficRule`s become limits of this node's doors.

mod follow;
mod limits;

pub(crate) use follow::follow;
pub(crate) use limits::check;
