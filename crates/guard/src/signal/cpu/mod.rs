//! How busy the processors are: this process's share of what it may use, and the whole
//! machine's.

mod bandwidth;
mod cpus;
mod host;
mod level;
mod own;
mod process;

pub(super) use cpus::Cpus;
pub(super) use host::HostCpu;
pub(super) use own::OwnCpu;
