//! Bytes between nodes: doors that listen, what they sniff, and who knocks.
//!
//! A [`Door`] answers HTTP/1, HTTP/2 with prior knowledge (so gRPC too) and TLS on
//! one port. Every request carries an `Arc<`[`Peer`]`>` extension that names the
//! transport it came on. Nothing a peer sends or leaves unsent ends the door.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use seawall_net::{ConnectionGate, ConnectionLimits, Door, DoorSettings, Drain};
//!
//! # async fn run() -> Result<(), seawall_net::BindError> {
//! let gate = ConnectionGate::new(ConnectionLimits::default());
//! let drain = Drain::default();
//! let address = ([127, 0, 0, 1], 8848).into();
//! let door = Door::bind(address, DoorSettings::default())?.behind(gate);
//! door.serve(Router::new().route("/", get(|| async { "here" })), drain).await;
//! # Ok(())
//! # }
//! ```

mod bodies;
mod body;
mod connection;
mod corked;
mod door;
mod drain;
mod gate;
mod metrics;
mod one_task;
mod peer;
mod prefixed;
mod reactors;
mod refusal;
mod serve;
mod settings;
mod sniff;
mod tls;
mod trace;

pub use bodies::{BodyBudget, HeldBytes, TooMuchAtOnce};
pub use door::{BindError, Door};
pub use drain::Drain;
pub use gate::{ConnectionGate, ConnectionLimits, ConnectionPermit, Refused};
pub use metrics::NetMetrics;
pub use peer::{ConnectionId, Peer, TlsPeer};
pub use reactors::Reactors;
pub use serve::Serve;
pub use settings::{DoorSettings, Http2Settings};
pub use tls::{
    Certificates, ClientCertificates, SelfSigned, TlsError, TlsMode, TlsSettings, self_signed,
};
pub use trace::Trace;
