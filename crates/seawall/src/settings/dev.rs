//! What `seawall dev` sets where nobody said otherwise.

use std::net::{IpAddr, Ipv4Addr};

use confique::Layer as _;

use super::{AccessChoice, Layer};

/// Loopback only; services need no login, administration does; figures are open.
pub(crate) fn dev_defaults() -> Layer {
    let mut layer = Layer::empty();
    layer.doors.bind = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    layer.security.client_doors = Some(AccessChoice::Open);
    layer.security.metrics = Some(AccessChoice::Open);
    layer
}
