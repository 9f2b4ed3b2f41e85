//! The gRPC side of the Nacos wire, as a client sees it.
//!
//! Written on its own, not with the server's code: a load that shared the server's
//! codec would share its mistakes.

mod body;
mod client;
mod crowd;
mod payload;

pub(crate) use client::{Client, Pushes};
pub(crate) use crowd::Crowd;
