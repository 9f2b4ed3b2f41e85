//! The gRPC side of the Nacos wire, as a client sees it.
//!
//! Written on its own, not with the server's code: a load that shared the server's
//! codec would share its mistakes. Clients that make calls use hyper; those that
//! only listen speak the little HTTP/2 they need themselves, see `listener`.

mod acknowledgement;
mod body;
mod client;
mod crowd;
mod dial;
mod frame;
mod incoming;
mod listener;
mod messages;
mod path;
mod payload;
mod request;
mod session;
mod verdict;
mod window;

pub(crate) use client::Client;
pub(crate) use crowd::Crowd;
pub(crate) use listener::{Arrivals, Listener};
