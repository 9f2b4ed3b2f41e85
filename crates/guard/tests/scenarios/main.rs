//! Whole situations in virtual time: an overload, an outage, a storm of retries. Each
//! runs the controllers of this crate unchanged and has exact bounds, because a seed
//! makes it the same every time.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that takes what is not there has failed, and says where"
)]

mod balance;
mod cache_flush;
mod hot_param;
mod lease;
mod limit;
mod outage;
mod overload;
mod rate_allocations;
mod retries;
mod rules;
mod signal;
mod sim;
