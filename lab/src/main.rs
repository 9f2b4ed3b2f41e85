//! Real servers under more load than they can carry, and real stores that break: what
//! `cargo xtask lab` runs.
//!
//! `serve` is a server, `load` the open-loop generator, each a process on a core of its
//! own. `stores` is a client of a store, with what stands between the two. All are on
//! loopback only, are bounded in connections and time, and end by themselves. They print
//! what they measured, one JSON object a line.

mod burn;
mod connections;
mod load;
mod on_core;
mod sample;
mod serve;
mod step;
mod stores;
mod with_parent;
mod work;

use std::process::ExitCode;

use clap::Parser;

/// A part of the lab.
#[derive(Debug, Parser)]
#[command(name = "seawall-lab")]
enum Part {
    /// Serve work on loopback, with one kind of protection
    Serve(serve::Args),
    /// Send requests at a pace of our own, whatever comes back
    Load(load::Args),
    /// Call a store that breaks, with a guard and without
    Stores(stores::Args),
    /// Become another program, on one core
    #[command(name = "on-core")]
    OnCore(on_core::Args),
    /// Become another program, which ends when the one ends that started it
    #[command(name = "with-parent")]
    WithParent(with_parent::Args),
}

fn main() -> ExitCode {
    match run(Part::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(part: Part) -> anyhow::Result<()> {
    match part {
        Part::Serve(args) => serve::run(&args),
        Part::Load(args) => load::run(&args),
        Part::Stores(args) => stores::run(&args),
        Part::OnCore(args) => on_core::run(&args),
        Part::WithParent(args) => with_parent::run(&args),
    }
}
