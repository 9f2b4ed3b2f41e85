//! The binary as a process: what it refuses, what it prints, how it stops.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what failed by panicking there"
)]

mod apply;
mod fake_nacos;
mod guard;
mod history;
mod import;
mod lifecycle;
mod migration;
mod mutual_tls;
mod node;
mod refusals;
mod sizes;
mod store;
mod web;
