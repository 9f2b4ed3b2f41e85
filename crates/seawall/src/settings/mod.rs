//! What an operator may set: a file, the environment and flags, in rising order.
//!
//! Each section is one struct in one file; this file only composes them. The
//! derive makes the file's keys, the `SEAWALL_…` variables, the flags and the
//! text of `seawall config explain` from the same fields, so none can drift.

mod configuration;
mod dev;
mod doors;
mod explain;
mod load;
mod log;
mod nacos;
mod node;
mod registry;
mod security;
mod store;

use std::path::PathBuf;

use confique::Config;

pub(crate) use self::{
    dev::dev_defaults,
    doors::{DoorsSection, MutualChoice, TlsModeChoice, TlsSection},
    explain::{Explained, explain_all},
    load::{LoadError, load},
    log::{LogFormat, LogSection},
    security::AccessChoice,
};

#[cfg(fuzzing)]
pub(crate) use self::load::read_file;

/// Settings of one Seawall process.
#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct Settings {
    /// Directory that holds everything this node must not lose. It is made when
    /// missing. Only one process at a time may use it.
    #[config(env = "SEAWALL_DATA", default = "seawall-data")]
    #[config(layer_attr(arg(long, value_name = "DIR")))]
    pub(crate) data: PathBuf,

    /// Who and where this node is.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) node: node::NodeSection,

    /// Addresses, ports and limits of the listeners.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) doors: doors::DoorsSection,

    /// Certificates of the listeners.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) tls: doors::TlsSection,

    /// Logins, tokens and what is open without one.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) security: security::SecuritySection,

    /// The embedded store.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) store: store::StoreSection,

    /// Services and instances.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) registry: registry::RegistrySection,

    /// Configuration items and their history.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) configuration: configuration::ConfigurationSection,

    /// The Nacos wire.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) nacos: nacos::NacosSection,

    /// What is logged and how.
    #[config(nested, layer_attr(command(flatten)))]
    pub(crate) log: log::LogSection,
}

/// Settings as one source gives them: every field may be missing.
pub(crate) type Layer = <Settings as Config>::Layer;
