//! A door on loopback, knocked on in every way it should bear.

mod knock;
mod limits;
mod protocols;
mod tls;
