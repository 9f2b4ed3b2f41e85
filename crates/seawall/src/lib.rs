//! Seawall: keeps microservices up when a node, a zone or a region goes down.
//!
//! Everything the binary does. It is a library only so that what reads bytes can be
//! reached from `fuzz/`; nobody else should use it.

mod api;
mod cli;
mod client;
mod commands;
mod exit;
#[cfg(fuzzing)]
pub mod fuzzing;
mod migrate;
mod node;
mod runtime;
mod settings;
mod traffic;

use std::process::ExitCode;

use clap::Parser;

/// Does what the command line says.
pub fn main() -> ExitCode {
    abort_on_panic();
    // Installed once for the whole process; it fails only when done twice.
    let _ = rustls::crypto::ring::default_provider().install_default();
    exit::finish(commands::dispatch(cli::Cli::parse().command))
}

/// Ends the process at a panic, also where the build would unwind: a panic in the
/// middle of a write to the log must not be followed by an acknowledgement
/// (docs/dev/store.md, rule 5).
fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}
