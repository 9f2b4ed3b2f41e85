//! One Seawall process: its parts, how they start, serve and stop.

mod banner;
mod doors;
mod first_login;
mod parts;
mod serve;
mod telemetry;
mod trace;

pub(crate) use self::{
    parts::{MASTER_KEY_FILE, Parts},
    serve::{Mode, run},
};
