//! An end of one's own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, bail};
use rustix::process::{Signal, set_parent_process_death_signal};

/// What to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    program: Vec<OsString>,
}

/// Becomes the program, which is killed when the thread that started this one ends, so
/// that nothing is left of a lab that was killed itself.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for an end")?;
    let Some((program, arguments)) = args.program.split_first() else { bail!("no program") };
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("becoming {}", program.display()))
}
