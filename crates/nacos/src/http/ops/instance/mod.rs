//! Instances: registering, changing and finding them.

pub(crate) mod beat;
pub(crate) mod deregister;
pub(crate) mod detail;
pub(crate) mod input;
pub(crate) mod legal;
pub(crate) mod list;
pub(crate) mod metadata;
pub(crate) mod patch;
pub(crate) mod register;
pub(crate) mod statuses;
pub(crate) mod update;
