//! The service: a thin shell that ties the cores to the store and to time.

mod clean;
mod contents;
mod core;
mod find;
mod follow;
mod listening;
mod open;
mod quotas;
mod read;
mod recall;
mod restore;
#[cfg(test)]
mod tests;
mod transfer;
mod write;

pub use open::ConfigService;
