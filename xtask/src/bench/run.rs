//! Measures both products and compares.

use std::path::PathBuf;

use clap::ValueEnum;

use super::plan::{self, Size, Subject};
use super::session::Session;
use super::{guard, peer, record, targets};
use crate::progress;
use crate::report;
use crate::server::{self, Product};
use crate::workspace::Workspace;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Services and instances
    Registry,
    /// Configurations
    Config,
    /// What a request pays for breakers, limits, shedders and all of them together
    Guard,
}

/// What to compare and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// What is compared
    #[arg(value_enum)]
    what: What,
    /// One JSON object a row
    #[arg(long)]
    pub(super) json: bool,
    /// Exit 1 when a target is missed
    #[arg(long)]
    pub(super) check: bool,
    /// Keep the table in bench/results
    #[arg(long)]
    pub(super) record: bool,
    /// A tenth of the load: shows that it runs, says nothing about targets
    #[arg(long, conflicts_with_all = ["record", "check"])]
    pub(super) quick: bool,
    /// Measure Seawall alone
    #[arg(long, conflicts_with = "record")]
    pub(super) no_peer: bool,
    /// An rnacos to compare with, instead of the one built into the target folder
    #[arg(long, value_name = "PATH")]
    peer_binary: Option<PathBuf>,
    /// A seawall to measure, instead of the one built from this checkout
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// Measures what was asked for.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    match args.what {
        What::Registry => servers(workspace, args, Subject::Registry),
        What::Config => servers(workspace, args, Subject::Config),
        What::Guard => guard::run(workspace, args),
    }
}

/// Measures Seawall and the peer one after the other under the same load.
fn servers(workspace: &Workspace, args: &Args, subject: Subject) -> anyhow::Result<()> {
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
    let phases = plan::phases(subject, if args.quick { Size::QUICK } else { Size::FULL });
    let products = 1 + u64::from(peer.is_some());
    let progress = progress::bar(products * u64::try_from(phases.len())?)?;
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
        let path = record::record(workspace, &record::of_servers(subject), &rows)?;
        eprintln!("written to {}", path.display());
    }
    if args.check { report::require(&rows) } else { Ok(()) }
}
