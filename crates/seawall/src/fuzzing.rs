//! Entrances for `fuzz/`, in builds for fuzzing only.

use std::path::Path;

use confique::{Config as _, Layer as _};

use crate::settings::{Layer, Settings, read_file};

/// Reads the settings file at `file` as a starting node does: every section as it is
/// understood, or why it was refused.
pub fn read_settings(file: &Path) -> Result<String, String> {
    let layer = read_file(Some(file)).map_err(|error| error.to_string())?;
    let whole = layer.with_fallback(Layer::default_values());
    let settings = Settings::from_layer(whole).map_err(|error| error.to_string())?;
    let identity = settings.security.identity();
    identity.validate().map_err(|error| error.to_string())?;
    settings.registry.registry().validate().map_err(|error| error.to_string())?;
    Ok(format!("{settings:?}"))
}
