//! Guards around services of HTTP and gRPC (feature `tower`).
//!
//! A [`GuardLayer`] reads how long the caller waits and how much it matters, asks the
//! guard before anything of the body is read, drops the work at its deadline, and tells
//! the guard how it ended. A refusal is an answer of the protocol and not an error of the
//! service, so it needs no error handling around it.
//!
//! Admission happens in `call` and never in `poll_ready`: readiness that was found for
//! one clone of a service says nothing of the next one (tower#793), and what is reserved
//! by being ready is kept by those who then never call.
//!
//! What asks others is in [`client`].

mod body;
pub mod client;
mod future;
mod layer;
mod speech;
#[cfg(test)]
mod tests;

pub use body::{Finish, GuardedBody};
pub use future::ResponseFuture;
pub use layer::{GuardLayer, GuardService};
