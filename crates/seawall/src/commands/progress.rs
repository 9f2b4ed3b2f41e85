//! A bar that shows how far long work is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for `total` steps of `what`, on standard error; hidden from scripts.
pub(super) fn bar(total: usize, what: String, hidden: bool) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    if hidden {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    // The template is a constant; a wrong one would only cost the bar its looks.
    match ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
