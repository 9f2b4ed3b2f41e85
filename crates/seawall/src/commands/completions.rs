//! `seawall completions`.

use clap::CommandFactory;

use crate::{cli::Cli, exit::Failure};

pub(super) fn run(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "seawall", &mut std::io::stdout());
    Ok(())
}
