//! One Seawall process: its parts, how they start, serve and stop.

mod banner;
mod doors;
mod first_login;
mod log_lines;
mod parts;
mod serve;
mod telemetry;

pub(crate) use self::{
    parts::{MASTER_KEY_FILE, Parts},
    serve::{Mode, run},
};
