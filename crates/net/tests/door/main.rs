//! A door on loopback, knocked on in every way it should bear.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod knock;
mod limits;
mod protocols;
mod tls;
