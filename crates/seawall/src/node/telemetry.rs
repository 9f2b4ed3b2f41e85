//! Where log lines go.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{format, format::JsonFields},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::log_lines::Traced;
use crate::{
    exit::Failure,
    settings::{LogFormat, LogSection},
};

/// Sends the process's log lines to standard error in the chosen form.
pub(crate) fn start(settings: &LogSection) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.level).map_err(|error| {
        Failure::Refused(format!("log.level `{}` is no filter: {error}", settings.level))
    })?;
    let ansi = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_ansi(ansi).with_writer(std::io::stderr);
    let lines = match settings.format {
        LogFormat::Text => {
            let format = format().with_ansi(ansi).with_target(false);
            lines.event_format(Traced { lines: format, json: false }).boxed()
        }
        LogFormat::Json => {
            let format = format().json().flatten_event(true);
            let lines = lines.fmt_fields(JsonFields::new());
            lines.event_format(Traced { lines: format, json: true }).boxed()
        }
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(|error| Failure::Failed(format!("cannot start logging: {error}")))
}
