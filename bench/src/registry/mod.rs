//! Loads on the registry.

mod fill;
mod fleet;
mod memory;
mod push;
mod rates;

pub(crate) use fill::Fill;
pub(crate) use memory::Memory;
pub(crate) use push::Push;
pub(crate) use rates::Rates;
