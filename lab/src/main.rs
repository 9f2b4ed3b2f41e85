//! A real server under more load than it can carry: both sides of `cargo xtask lab`.
//!
//! `serve` is the server, `load` the open-loop generator, each a process on a core of its
//! own. Both are on loopback only, are bounded in connections and time, and end by
//! themselves. The generator prints what it measured, one JSON object a line.

mod burn;
mod connections;
mod load;
mod on_core;
mod sample;
mod serve;
mod step;
mod work;

use std::process::ExitCode;

use clap::Parser;

/// One side of an overload.
#[derive(Debug, Parser)]
#[command(name = "seawall-lab")]
enum Side {
    /// Serve work on loopback, with one kind of protection
    Serve(serve::Args),
    /// Send requests at a pace of our own, whatever comes back
    Load(load::Args),
    /// Become another program, on one core
    #[command(name = "on-core")]
    OnCore(on_core::Args),
}

fn main() -> ExitCode {
    match run(Side::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(side: Side) -> anyhow::Result<()> {
    match side {
        Side::Serve(args) => serve::run(&args),
        Side::Load(args) => load::run(&args),
        Side::OnCore(args) => on_core::run(&args),
    }
}
