//! What answers of stores and protocols say of the server that gave them.
//!
//! One classifier a protocol: [`Http`], [`Grpc`], [`MySql`] (with MariaDB and TiDB),
//! [`Redis`] (with Valkey), [`Mongo`], and [`Io`] for sockets. Each is plain data: its
//! vendor's codes are a sorted table, single codes can be made to count otherwise, and
//! what is left are settings that a file may hold.
//!
//! One rule made the tables: a [`Failure`](crate::Outcome::Failure) is what would have
//! met any other request to that server as well. Everything else that is the request's
//! own affair is [`Ignore`](crate::Outcome::Ignore), and a breaker for a whole store stays
//! closed however often it happens.
//!
//! Whatever this crate refused itself on another hop is recognised in every protocol
//! (see [`render`](crate::render)) and is never a failure of that hop.

mod diagnosis;
mod grpc;
mod http;
mod io_error;
mod mongo;
mod mongo_codes;
mod mysql;
mod mysql_codes;
mod overrides;
mod own;
mod redis;
mod redis_codes;
mod table;
#[cfg(test)]
mod tests;
mod tidb_codes;

pub use diagnosis::{Diagnose, Diagnosis, Impact};
pub use grpc::{Grpc, GrpcCode, GrpcStatus, UnknownGrpcCode};
pub use http::Http;
pub use io_error::Io;
pub use mongo::{Mongo, MongoError, MongoLabels};
pub use mysql::{MySql, MySqlError};
pub use overrides::Overrides;
pub use redis::Redis;
