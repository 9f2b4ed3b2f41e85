//! Coverage-guided fuzzing of everything that reads bytes from outside.
//!
//! One program holds every target, so that everything is built and linked once;
//! `cargo xtask fuzz` builds and runs it. A target is a function that takes bytes and
//! panics when something that must hold does not; see [`targets`].
#![cfg_attr(fuzzing, no_main)]
#![cfg_attr(
    fuzzing,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a panic is how a target says what it found"
    )
)]

#[cfg(fuzzing)]
mod chosen;
#[cfg(fuzzing)]
mod envelope;
#[cfg(fuzzing)]
mod head;
#[cfg(fuzzing)]
mod targets;
#[cfg(fuzzing)]
mod world;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(
    init: chosen::choose(),
    |bytes: &[u8]| -> libfuzzer_sys::Corpus { chosen::run(bytes) }
);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this program is built and run by `cargo xtask fuzz`");
    std::process::exit(2);
}
