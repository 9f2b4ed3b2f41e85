//! Which cgroups this process is in, and where their files are.
//!
//! Two texts tell: `/proc/self/cgroup` names the process's cgroup in every hierarchy, and
//! `/proc/self/mountinfo` says where each hierarchy is mounted and from which of its
//! cgroups down. Limits of all cgroups from there up to the mount's root hold at once, so
//! a branch lists them all. Peers that read the mount's root alone see no limit where a
//! container shares the host's cgroup namespace.

mod branch;
mod controllers;
mod flat_keyed;
mod membership;
mod mount;

pub(super) use branch::{Branch, Place, Version};
pub(super) use controllers::is_without;
pub(super) use flat_keyed::value_of;
