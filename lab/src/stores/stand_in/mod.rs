//! A stand-in for MongoDB, which nobody packages: as much of its wire protocol as a
//! client needs that asks one server directly.
//!
//! It is a member of a set that answers `hello`, `ping`, `find`, `insert`, `update` and
//! `replSetStepDown`, stores nothing, and waits for nothing. Its messages and numbers are
//! those of the manual (mongodb.com/docs/manual/reference/mongodb-wire-protocol, OP_MSG)
//! and of mongodb/mongo, `src/mongo/base/error_codes.yml`. `wire` reads and writes
//! messages; `answer` decides.

mod answer;
mod server;
mod wire;

pub(crate) use answer::{CONTENDED, TAKEN};
pub(crate) use server::StandIn;
