//! Scenarios of the crate as a whole.

mod admins;
mod entrances;
mod follow;
mod house;
mod lists;
mod login;
mod passwords;
mod permissions;
mod secrets;
