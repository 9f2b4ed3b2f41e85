//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    client::{ServerArgs, TlsFiles},
    settings::Layer,
};

/// Keeps microservices up when a node, a zone or a region goes down.
///
/// Exit codes: 0 done; 1 the work failed; 2 the command, the settings or the
/// data directory were refused and nothing was touched; 3 the server cannot be
/// reached; 4 the login or the right is missing; 5 part of the work was done.
#[derive(Debug, Parser)]
#[command(name = "seawall", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine with no set-up: loopback only, doors for
    /// clients open, data in one directory.
    Dev(RunArgs),
    /// Run a node for others: everything closed that was not opened.
    Server(RunArgs),
    /// Tell how a running node is.
    Status(StatusArgs),
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Create or change resources from YAML or JSON documents.
    Apply(ApplyArgs),
    /// Show resources.
    Get(GetArgs),
    /// Look at what configuration was before, and bring it back.
    #[command(subcommand)]
    History(HistoryCommand),
    /// Move data from and to Nacos.
    #[command(subcommand)]
    Nacos(NacosCommand),
    /// Check, copy or restore the data of a node that is stopped.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Check, compare and import rules of guards.
    #[command(subcommand)]
    Guard(GuardCommand),
    /// Print the completion script of a shell.
    Completions {
        /// The shell to complete for.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Settings file; `seawall.toml` in this directory when there is one.
    #[arg(long, value_name = "FILE", env = "SEAWALL_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: Layer,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its default, unit and meaning.
    Explain {
        /// Only settings whose key contains this text.
        filter: Option<String>,

        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Files with documents; `-` reads standard input.
    #[arg(short, long = "file", value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Only say what would change.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print one JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Kind of the resources; without it, the kinds there are.
    pub(crate) kind: Option<String>,

    /// Name of one resource; without it, all of the kind.
    pub(crate) name: Option<String>,

    /// Tenant the resources belong to.
    #[arg(long, default_value = "default")]
    pub(crate) tenant: String,

    /// Show earlier versions of the named resource.
    #[arg(long, requires = "name")]
    pub(crate) history: bool,

    /// Print JSON instead of YAML.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// List the changes of an item and its gray releases, newest first.
    List {
        #[command(flatten)]
        item: ItemArgs,

        /// Most changes shown.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,

        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Show what one change made of the content.
    Diff {
        #[command(flatten)]
        item: ItemArgs,

        /// Number of the change, as `list` shows it.
        #[arg(long, value_name = "NUMBER")]
        change: u64,

        /// Print one JSON object with both contents.
        #[arg(long)]
        json: bool,
    },
    /// Undo one change and all later ones: what was there before is current again.
    /// The history records it, so it can be undone in turn.
    Rollback {
        #[command(flatten)]
        item: ItemArgs,

        /// Number of the change, as `list` shows it.
        #[arg(long, value_name = "NUMBER")]
        change: u64,

        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Which configuration item.
#[derive(Debug, Args)]
pub(crate) struct ItemArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Data id of the item.
    pub(crate) data_id: String,

    /// Group of the item.
    #[arg(long, default_value = "DEFAULT_GROUP")]
    pub(crate) group: String,

    /// Namespace of the item.
    #[arg(long, value_name = "ID", default_value = "public")]
    pub(crate) namespace: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NacosCommand {
    /// Copy namespaces, configuration with its history and gray releases, and persistent
    /// services from a running Nacos. Safe to run again: what is already here stays as it is.
    Import(ImportArgs),
    /// Write all configuration into zip files in Nacos's own form, one a namespace; a
    /// large namespace gets several, `NAMESPACE+1.zip` and so on.
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Address of the Nacos to copy from, with its context path.
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,

    /// User name there.
    #[arg(long, env = "SEAWALL_SOURCE_USERNAME", requires = "from_password")]
    pub(crate) from_username: Option<String>,

    /// Password there; better given by the variable, which other users cannot see.
    #[arg(long, env = "SEAWALL_SOURCE_PASSWORD", hide_env_values = true)]
    pub(crate) from_password: Option<String>,

    /// PEM file with the authority that signed the certificate there.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_ca: Option<PathBuf>,

    /// PEM file with the certificate to show there, and what signed it.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_certificate: Option<PathBuf>,

    /// PEM file with the key of that certificate, unless it is in the same file.
    #[arg(long, value_name = "FILE", requires = "from_certificate")]
    pub(crate) from_key: Option<PathBuf>,

    /// Only these namespaces; all of them when none is named.
    #[arg(long = "namespace", value_name = "ID")]
    pub(crate) namespaces: Vec<String>,

    /// Also look for releases for this tag. Nacos before 2.5 does not say which tags
    /// there are; later ones do in their history.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,

    /// Leave the history behind.
    #[arg(long)]
    pub(crate) no_history: bool,

    /// Only say what would be copied.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ImportArgs {
    /// What the source is trusted by and shown.
    pub(crate) fn source_tls(&self) -> TlsFiles<'_> {
        TlsFiles {
            ca: self.from_ca.as_deref(),
            certificate: self.from_certificate.as_deref(),
            key: self.from_key.as_deref(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Directory to write into; made when missing.
    #[arg(long, value_name = "DIR", default_value = "nacos-export")]
    pub(crate) into: PathBuf,

    /// Only these namespaces; all of them when none is named.
    #[arg(long = "namespace", value_name = "ID")]
    pub(crate) namespaces: Vec<String>,

    /// Replace files that are already there.
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Most items in one file.
    #[arg(long, value_name = "COUNT", default_value_t = 9_999)]
    pub(crate) part_items: usize,

    /// Most content in one file, in bytes; an item that is larger gets a file alone.
    /// What imports take at once, in Nacos and here, is limited too.
    #[arg(long, value_name = "BYTES", default_value_t = 24 << 20)]
    pub(crate) part_bytes: u64,

    /// Print one JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardCommand {
    /// Name everything that is wrong with rules; exit with 1 when something is.
    Check {
        /// Files with rules, in JSON or, by their name, in YAML; `-` reads standard input.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,

        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Say what the rules of one file would change of those of another.
    Diff {
        /// The rules there are.
        old: PathBuf,

        /// The rules there would be.
        new: PathBuf,

        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Turn rules of Sentinel into ours. What has no counterpart is named on standard error.
    ImportSentinel(ImportSentinelArgs),
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("lists").required(true).multiple(true))]
pub(crate) struct ImportSentinelArgs {
    /// List of flow rules, and of the Go library's isolation rules.
    #[arg(long, value_name = "FILE", group = "lists")]
    pub(crate) flow: Option<PathBuf>,

    /// List of degrade rules, or of the Go library's circuit breakers.
    #[arg(long, value_name = "FILE", group = "lists")]
    pub(crate) degrade: Option<PathBuf>,

    /// List of system rules.
    #[arg(long, value_name = "FILE", group = "lists")]
    pub(crate) system: Option<PathBuf>,

    /// List of hot-parameter rules.
    #[arg(long, value_name = "FILE", group = "lists")]
    pub(crate) param_flow: Option<PathBuf>,

    /// List of authority rules.
    #[arg(long, value_name = "FILE", group = "lists")]
    pub(crate) authority: Option<PathBuf>,

    /// Version of the rules that come of it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rules_version: u64,

    /// Print one JSON object with the rules and the notes.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Open the store as a start would, which also mends what a start mends, and read
    /// through everything in it.
    Check(StoreCheckArgs),
    /// Copy the data into a new directory, with a list by which the copy can be proved
    /// whole. `master.key` is left out.
    Backup(StoreBackupArgs),
    /// Make a data directory from a backup; refused unless every file is as it was.
    Restore(StoreRestoreArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StoreCheckArgs {
    /// Data directory of the node.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StoreBackupArgs {
    /// Data directory of the node.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// Directory to make; must not be there yet, or be empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StoreRestoreArgs {
    /// Directory that a backup was made into.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: PathBuf,

    /// Data directory to make; must not be there yet, or be empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_is_a_flag_of_dev_and_server() {
        let cli = Cli::command();
        for name in ["dev", "server"] {
            let command = cli.find_subcommand(name).unwrap();
            let flags = command.get_arguments().filter(|arg| arg.get_long().is_some()).count();
            let settings = crate::settings::explain_all().len();
            assert!(flags > settings, "{name} has {flags} flags for {settings} settings");
        }
    }
}
