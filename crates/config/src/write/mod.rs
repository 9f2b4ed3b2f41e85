//! What a write does, decided without touching the store.

pub(crate) mod check;
pub(crate) mod numbers;
pub(crate) mod plan;
#[cfg(test)]
mod tests;
