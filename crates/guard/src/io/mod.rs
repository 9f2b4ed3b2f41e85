//! Clients of stores under a breaker, a limit and a deadline.
//!
//! [`Guarded`] holds any client and needs nothing but a [`Timer`](crate::Timer). What its
//! errors say is read by the classifiers of [`classify`](crate::classify), which know the
//! errors of these crates, each under a feature of its own (`io` is all of them):
//!
//! | feature | reads | by |
//! |---|---|---|
//! | `io-mysql` | `mysql_async::Error` | [`MySql`](crate::classify::MySql) |
//! | `io-sqlx` | `sqlx::Error` of MySQL and MariaDB | [`MySql`](crate::classify::MySql) |
//! | `io-redis` | `redis::RedisError` | [`Redis`](crate::classify::Redis) |
//! | `io-mongodb` | `mongodb::error::Error` | [`Mongo`](crate::classify::Mongo) |
//!
//! An operation is dropped at its deadline. A client that does not bear this well is asked
//! on a task of its own, of which then only the handle is dropped: the pool of `mongodb`
//! 3.9 serves one of those who wait for a connection each time something happens in it,
//! those who are gone included, so that after some hundreds of drops nobody is served in
//! time.
//!
//! None of them turns a feature of those crates on that is not needed to name the error;
//! runtime, TLS and the rest are their users' choice.

mod error;
mod guarded;
#[cfg(feature = "io-mongodb")]
mod mongodb;
#[cfg(feature = "io-mysql")]
mod mysql_async;
#[cfg(feature = "io-redis")]
mod redis;
#[cfg(feature = "io-sqlx")]
mod sqlx;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "io-mongodb", feature = "io-redis"))]
mod worst;

pub use error::CallError;
pub use guarded::{Access, Guarded, Guards};
