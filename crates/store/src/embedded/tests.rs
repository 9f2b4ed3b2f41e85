//! The embedded store: the suite of every store, and the rules of docs/dev/store.md.

mod conformance;
mod crash_images;
pub(super) mod fixture;
mod flipped_bits;
mod older_journals;
mod queue;
mod rules;
mod scrub;
