//! `[log]`: what is logged and how.

use confique::Config;
use serde::Deserialize;

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct LogSection {
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a list of
    /// `module=level` separated by commas.
    #[config(env = "SEAWALL_LOG_LEVEL", default = "info")]
    #[config(layer_attr(arg(
        id = "setting-log-level",
        long = "log-level",
        value_name = "FILTER"
    )))]
    pub(crate) level: String,

    /// How a line is written: `text` for people, `json` for collectors.
    #[config(env = "SEAWALL_LOG_FORMAT", default = "text")]
    #[config(layer_attr(arg(
        id = "setting-log-format",
        long = "log-format",
        value_name = "FORMAT"
    )))]
    pub(crate) format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}
