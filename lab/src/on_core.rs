//! A core of one's own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What to run where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which of the cores that this process may use, counted from 0
    core: usize,
    /// A program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    program: Vec<OsString>,
}

/// Becomes the program, on that core. Where there are fewer cores, on the last.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let allowed = allowed().context("asking which cores there are")?;
    let Some(core) = allowed.get(args.core).or(allowed.last()) else { bail!("no core at all") };
    let mut only = CpuSet::new();
    only.set(*core);
    sched_setaffinity(None, &only).context("going to a core")?;
    let Some((program, arguments)) = args.program.split_first() else { bail!("no program") };
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("becoming {}", program.display()))
}

fn allowed() -> rustix::io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_at_least_one_core() {
        assert!(!super::allowed().unwrap().is_empty());
    }
}
