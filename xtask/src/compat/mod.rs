//! Drives the release binary with published clients, a folder a language.

/// Which suites to run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// One JSON object a row
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs the suites.
pub(crate) fn run(_workspace: &crate::workspace::Workspace, _args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("no compat suite exists yet")
}
