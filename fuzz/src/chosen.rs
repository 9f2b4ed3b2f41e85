//! Which target this process runs.

use std::{process, sync::OnceLock};

use libfuzzer_sys::Corpus;

use crate::targets::{TARGETS, Target};

/// Names the target; what `cargo xtask fuzz` sets.
const VARIABLE: &str = "SEAWALL_FUZZ_TARGET";

static CHOSEN: OnceLock<Target> = OnceLock::new();

/// Takes the target that the environment names. Without a name, prints every name and
/// ends the process.
pub(crate) fn choose() {
    let Ok(wanted) = std::env::var(VARIABLE) else {
        for (name, _) in TARGETS {
            println!("{name}");
        }
        process::exit(0);
    };
    let Some((_, target)) = TARGETS.iter().find(|(name, _)| *name == wanted) else {
        eprintln!("{VARIABLE}={wanted} names no target");
        process::exit(2);
    };
    CHOSEN.get_or_init(|| *target);
}

/// Gives one input to it.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    CHOSEN.get().map_or(Corpus::Reject, |target| target(bytes))
}
