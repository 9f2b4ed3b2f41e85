//! One limit of many nodes, without a call for each request.
//!
//! ```text
//!   requests                      LeaseSource                      one of the store's nodes
//!      |                               |                                      |
//!      v                               |                                      v
//! LeasedRateLimit -- LeaseRequest --> ask -- what it has, what is wanted -> LeaseAllocator
//!   (LeaseClient) <-- LeaseGrant ----- | <- so much a second for so long ---- (pure)
//! ```
//!
//! Each node has a share of the rate for a second or less and counts by itself. Shares follow
//! what is asked for at each node. A node that cannot renew goes on with its last share,
//! which comes to a fair one in time; so all of them together stay within the limit, where
//! go-zero's `TokenLimiter` gives the full rate to each node when its Redis is away.
//!
//! Every time is a length of time, or a moment of the clock of whoever has it: no two clocks
//! are compared, and none of a calendar is read.

mod allocator;
mod client;
mod limit;
mod message;
mod settings;
mod share;

pub use allocator::LeaseAllocator;
pub use client::{LeaseClient, LeaseEffects, LeaseEvent};
pub use limit::LeasedRateLimit;
pub use message::{LeaseGrant, LeaseRequest, LeaseSource};
pub use settings::LeaseSettings;
