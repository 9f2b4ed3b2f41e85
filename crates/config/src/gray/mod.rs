//! Gray releases: another content for some callers.

pub(crate) mod resolve;
pub(crate) mod rule;
#[cfg(test)]
mod tests;
