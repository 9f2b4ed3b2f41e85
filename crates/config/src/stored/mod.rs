//! What is in the store, and under which keys.

pub(crate) mod convert;
pub(crate) mod keys;
pub(crate) mod record;
#[cfg(test)]
mod tests;
