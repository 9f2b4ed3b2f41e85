//! The service: a thin shell that ties the cores to the store and to time.

mod access;

pub use access::ConfigService;
