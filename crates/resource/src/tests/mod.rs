//! Scenarios of the crate as a whole.

mod apply;
mod documents;
mod history;
mod list;
mod namespaces;
mod quay;
mod store;
mod validation;
mod watch;
