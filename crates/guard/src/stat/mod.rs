//! What primitives measure with.
//!
//! The pattern of every adaptive primitive here: a request reads one or two plain
//! atomics (a limit, a drop ratio) and adds to a [`Striped`] counter; once a [`Tick`],
//! whichever request comes first takes the counters away, folds them into a plain state
//! under a lock nobody waits for, and stores the next limit or ratio. So the path of a
//! request has no lock, no allocation and no loop, and there is no background thread: a
//! simulation runs the same code.

mod atomic_ewma;
mod count_min;
mod ewma;
mod histogram;
mod ratio;
mod ring;
mod rng;
mod striped;
mod tally;
mod tick;

pub use atomic_ewma::{AtomicEwma, Decay};
pub use count_min::CountMin;
pub use ewma::{Ewma, PeakEwma};
pub use histogram::{Histogram, StripedHistogram};
pub use ratio::AtomicRatio;
pub use ring::Ring;
pub use rng::{Rng, StripedRng, mix};
pub use striped::Striped;
pub(crate) use striped::{STRIPES, stripe_of_thread};
pub use tally::Tally;
pub use tick::Tick;
