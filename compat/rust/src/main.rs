//! Drives a Nacos-compatible server with nacos-sdk and prints one CASE line a case.
//! cargo xtask compat starts it; README.md of the parent folder lists the environment it reads.

mod config;
mod lasting;
mod naming;
mod trial;

use std::process::ExitCode;

use crate::trial::Case;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, service, port] = arguments.as_slice()
        && word == "hold"
    {
        return naming::hold(service, port.parse().expect("a port")).await;
    }
    let only = std::env::var("SEAWALL_ONLY").unwrap_or_default();
    let mut failed = false;
    for case in naming::cases().into_iter().chain(config::cases()).chain(lasting::cases()) {
        if case.name.contains(&only) {
            failed |= Case::run(case).await;
        }
    }
    println!("END");
    // The client's own runtime has no end; the cases have.
    std::process::exit(i32::from(failed))
}
