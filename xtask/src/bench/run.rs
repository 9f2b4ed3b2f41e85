//! Measures both products and compares.

use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::plan::{self, Size, Subject};
use super::session::Session;
use super::{peer, record, targets};
use crate::report;
use crate::server::{self, Product};
use crate::workspace::Workspace;

/// What to compare and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// What is compared
    #[arg(value_enum)]
    subject: Subject,
    /// One JSON object a row
    #[arg(long)]
    json: bool,
    /// Exit 1 when a target is missed
    #[arg(long)]
    check: bool,
    /// Keep the table in bench/results
    #[arg(long)]
    record: bool,
    /// A tenth of the load: shows that it runs, says nothing about targets
    #[arg(long, conflicts_with_all = ["record", "check"])]
    quick: bool,
    /// Measure Seawall alone
    #[arg(long, conflicts_with = "record")]
    no_peer: bool,
    /// An rnacos to compare with, instead of the one built into the target folder
    #[arg(long, value_name = "PATH")]
    peer_binary: Option<PathBuf>,
    /// A seawall to measure, instead of the one built from this checkout
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// Measures Seawall and the peer one after the other under the same load.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let load = workspace.release_binary("seawall-bench", "seawall-bench")?;
    let ours = match &args.binary {
        Some(binary) => binary.clone(),
        None => workspace.release_server()?,
    };
    let peer = match args.no_peer {
        true => None,
        false => Some(peer::binary(workspace, args.peer_binary.as_deref())?),
    };
    server::raise_open_files()?;
    let phases = plan::phases(args.subject, if args.quick { Size::QUICK } else { Size::FULL });
    let products = 1 + u64::from(peer.is_some());
    let progress = progress(products * u64::try_from(phases.len())?)?;
    let session = |product: Product, binary: PathBuf| Session {
        product,
        binary,
        load: &load,
        folder: workspace.target().join("bench").join(product.name()),
    };
    let peer = peer.map(|peer| session(Product::Rnacos, peer).run(&phases, &progress));
    let ours = session(Product::Seawall, ours).run(&phases, &progress);
    progress.finish_and_clear();

    let rows = targets::rows(&ours, peer.as_ref());
    report::print(&rows, args.json)?;
    if args.record {
        let path = record::record(workspace, args.subject, &rows)?;
        eprintln!("written to {}", path.display());
    }
    if args.check { report::require(&rows) } else { Ok(()) }
}

fn progress(steps: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("[{elapsed_precise}] {bar:30} {pos}/{len} {msg}")
        .context("the template of the progress bar")?;
    let progress = ProgressBar::new(steps).with_style(style);
    progress.enable_steady_tick(std::time::Duration::from_secs(1));
    Ok(progress)
}
