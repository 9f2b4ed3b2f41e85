//! What the machine says of itself: CPU, pressure, delay, memory.
//!
//! ```text
//!   Files ──► Sensors ──► Readings ──► Judge ──► Judgement ──► SystemSignal ──► requests
//!   canaries ──► SchedDelay ──┘
//! ```
//!
//! Everything but the two ends is plain code without a clock, a thread or a file of its
//! own. [`Ticker`] is the thread that turns it, [`canary`] and [`CanaryThread`] are what
//! feeds [`SchedDelay`], and [`OsFiles`] is the one type that opens files.
//!
//! Where the CPU's use is read, best first:
//!
//! 1. The process's cgroups, its own and every one above it, of the unified hierarchy:
//!    what each has used of its own limit. The one that is nearest to its limit counts,
//!    as a pod that is full is full for a container that is not.
//! 2. The same of hierarchies of the first version, alone or in a hybrid setup.
//! 3. The process's own time, against the tightest limit there is.
//!
//! And beside it the use of the whole machine, by anybody, because a neighbour that
//! leaves nothing over is in none of those counters. A source that does not answer is
//! unknown and never zero: go-zero takes a cgroup that it cannot read for an idle machine
//! and never sheds again.

mod background;
mod belief;
mod canary;
mod cgroup;
mod counter;
mod cpu;
mod cpu_list;
mod delay;
mod files;
mod judge;
mod memory;
mod os;
mod pressure;
mod readings;
mod sensors;
mod settings;
mod source;
mod system;
mod ticker;

pub use canary::{CanaryThread, canary};
pub use delay::SchedDelay;
pub use files::{Files, FixtureFiles};
pub use judge::{Judge, Judgement};
pub use memory::Memory;
pub use os::OsFiles;
pub use pressure::Pressure;
pub use readings::Readings;
pub use sensors::Sensors;
pub use settings::SignalSettings;
pub use source::{Measured, Source};
pub use system::SystemSignal;
pub use ticker::{StartTickerError, Ticker};
