//! The gRPC side over a real door, with a generated client that knows nothing of it.

mod access;
mod configs;
mod harness;
mod life;
mod noise;
mod services;
