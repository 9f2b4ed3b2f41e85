//! Open-loop load over the real wires, one process beside the server it loads.
//!
//! `cargo xtask bench` starts the servers, runs this program against each, and
//! compares. What is measured goes to standard output, one JSON object a line.
//! It sends to loopback only, is bounded in count and time, and ends by itself.

mod config;
mod fanout;
mod grpc;
mod http;
mod limits;
mod load;
mod measure;
mod pace;
mod registry;
mod target;
mod watched;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match load::Load::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
