//! Where log lines go.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    exit::Failure,
    settings::{LogFormat, LogSection},
};

/// Sends the process's log lines to standard error in the chosen form.
pub(crate) fn start(settings: &LogSection) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.level).map_err(|error| {
        Failure::Refused(format!("log.level `{}` is no filter: {error}", settings.level))
    })?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(|error| Failure::Failed(format!("cannot start logging: {error}")))
}
