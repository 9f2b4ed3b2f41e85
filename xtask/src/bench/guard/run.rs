//! Runs all benches and compares.

use super::{cost::Cost, go, ours, rows, rust};
use crate::bench::record;
use crate::bench::run::Args;
use crate::progress;
use crate::report::{self, Row};
use crate::workspace::{self, Workspace};

/// Measures every guard alone and beside its peers.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let progress = progress::bar(u64::try_from(ours::BENCHES.len() + 2)?)?;
    let mut failures = Vec::new();
    let mut measure = |what: &str, ok: bool, costs: &dyn Fn() -> anyhow::Result<Vec<Cost>>| {
        progress.set_message(what.to_owned());
        let costs = progress.suspend(costs);
        progress.inc(1);
        costs.unwrap_or_else(|error| {
            failures.push(Row::skipped(format!("{what} failed"), format!("{error:#}"), ok));
            Vec::new()
        })
    };
    let mut ours = Vec::new();
    for bench in ours::BENCHES {
        ours.extend(measure(bench, false, &|| ours::costs(workspace, bench, args.quick)));
    }
    let mut peers = Vec::new();
    if !args.no_peer {
        peers.extend(measure("peers in Rust", true, &|| rust::costs(workspace, args.quick)));
        if go::is_here() {
            peers.extend(measure("peers in Go", true, &|| go::costs(workspace, args.quick)));
        } else {
            let why = "there is no Go toolchain";
            failures.push(Row::skipped("peers in Go", why, !workspace::on_ci()));
        }
    }
    progress.finish_and_clear();
    let mut rows = rows::rows(&ours, &peers);
    rows.extend(failures);
    report::print(&rows, args.json)?;
    if args.record {
        let path = record::record(workspace, &record::of_guard(), &rows)?;
        eprintln!("written to {}", path.display());
    }
    if args.check { report::require(&rows) } else { Ok(()) }
}
