//! One file a command.

mod apply;
mod completions;
mod explain;
mod get;
mod guard;
mod history;
mod nacos_export;
mod nacos_import;
mod progress;
mod run;
mod status;
mod store;
mod table;

use crate::{
    cli::{Command, ConfigCommand, NacosCommand, StoreCommand},
    exit::Failure,
};

/// Runs a command to its end.
pub(crate) fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Dev(args) => run::dev(args),
        Command::Server(args) => run::server(args),
        Command::Status(args) => status::run(args),
        Command::Config(ConfigCommand::Explain { filter, json }) => {
            explain::run(filter.as_deref(), json)
        }
        Command::Apply(args) => apply::run(args),
        Command::Get(args) => get::run(args),
        Command::History(command) => history::run(command),
        Command::Nacos(NacosCommand::Import(args)) => nacos_import::run(args),
        Command::Nacos(NacosCommand::Export(args)) => nacos_export::run(args),
        Command::Store(StoreCommand::Check(args)) => store::check(&args),
        Command::Store(StoreCommand::Backup(args)) => store::backup(&args),
        Command::Store(StoreCommand::Restore(args)) => store::restore(&args),
        Command::Guard(command) => guard::run(&command),
        Command::Completions { shell } => completions::run(shell),
    }
}

/// The namespace that is always there.
const PUBLIC: &str = "public";

/// A namespace's id, where Nacos also writes nothing for the public one.
fn canonical(id: &str) -> &str {
    if id.is_empty() { PUBLIC } else { id }
}
