//! How far a chore is.

use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps that says what is being done.
pub(crate) fn bar(steps: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("[{elapsed_precise}] {bar:30} {pos}/{len} {msg}")
        .context("the template of the progress bar")?;
    let progress = ProgressBar::new(steps).with_style(style);
    progress.enable_steady_tick(Duration::from_secs(1));
    Ok(progress)
}
