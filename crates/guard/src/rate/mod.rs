//! Limits on requests a second.
//!
//! | to | use |
//! |---|---|
//! | let so many pass in a period | [`RateLimit`] |
//! | the same for each of many keys | [`KeyedRateLimit`] |
//! | have those above it wait for their turn | [`LeakyQueue`] |
//! | let fewer pass while caches and connections are cold | [`WarmUpLimit`], [`WarmUpQueue`] |
//! | let fewer pass as memory fills | [`MemoryThresholdSettings`] |
//! | hold back the few hot values of a parameter | [`HotParam`] |
//! | share one limit among nodes | [`LeasedRateLimit`] |
//!
//! All of them but the queues are the generic cell rate algorithm, which keeps one number for
//! a bucket: nothing has to be filled, and there is no window with edges.

mod gaps;
mod gcra;
mod hoard;
mod hot_param;
mod keyed;
mod lease;
mod limit;
mod memory;
mod queue;
mod warm_up;
mod warmth;

pub use hot_param::{
    HotParam, HotParamException, HotParamMode, HotParamSettings, HotPermit, HotValue, ParamValue,
};
pub use keyed::{KeyedRateLimit, KeyedRateLimitSettings};
pub use lease::{
    LeaseAllocator, LeaseClient, LeaseEffects, LeaseEvent, LeaseGrant, LeaseRequest, LeaseSettings,
    LeaseSource, LeasedRateLimit,
};
pub use limit::{RateLimit, RateLimitSettings};
pub use memory::MemoryThresholdSettings;
pub use queue::{LeakyQueue, LeakyQueueSettings, Reservation};
pub use warm_up::{WarmUpLimit, WarmUpQueue, WarmUpSettings};

#[cfg(test)]
mod peers;
