//! Loads on configuration.

mod fill;
mod item;
mod push;
mod rates;

pub(crate) use fill::Fill;
pub(crate) use push::Push;
pub(crate) use rates::Rates;
