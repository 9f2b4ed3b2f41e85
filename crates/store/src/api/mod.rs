//! What every store promises, whatever it stands on.

pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod lease;
pub(crate) mod revision;
pub(crate) mod snapshot;
pub(crate) mod store;
pub(crate) mod watch;
