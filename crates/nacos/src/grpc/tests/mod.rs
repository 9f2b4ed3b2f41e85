//! The gRPC side over a real door, with a generated client that knows nothing of it.

mod access;
mod cold;
mod configs;
mod harness;
mod life;
mod noise;
mod pushes;
mod restart;
mod services;
