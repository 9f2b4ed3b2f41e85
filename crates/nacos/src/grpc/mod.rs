//! The gRPC side: one unary call and one stream, both of JSON in an envelope.
//!
//! The two routes read and write frames themselves ([`frame`], [`reply`]): a unary
//! call is one message each way, and most answers are bytes encoded before.

mod call;
pub(crate) mod connection;
mod dispatch;
mod failure;
pub(crate) mod frame;
mod handlers;
pub(crate) mod kind;
pub(crate) mod payload;
mod reply;
pub(crate) mod service_reply;
mod status;
mod stream;
mod unary;

pub(crate) use reply::Message;
pub(crate) use stream::{PATH as STREAM_PATH, serve as stream};
pub(crate) use unary::{PATH as UNARY_PATH, serve as unary};

#[cfg(test)]
mod tests;
