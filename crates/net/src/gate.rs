//! How many connections may be open at once.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::Arc,
};

use parking_lot::Mutex;
use serde::Deserialize;

use crate::BodyBudget;

/// Bounds on open connections, counted over all doors that share a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionLimits {
    /// Open connections in total. Default 50,000.
    pub total: u32,
    /// Open connections from one IP address; 0 means no bound of its own, which is
    /// the default, because many clients may stand behind one address.
    pub per_ip: u32,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { total: 50_000, per_ip: 0 }
    }
}

/// Why a connection was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// All doors together hold as many connections as they may.
    #[error("this node holds its maximum of {limit} connections; try another or later")]
    Total {
        /// The bound that was met.
        limit: u32,
    },
    /// This address holds as many connections as one address may.
    #[error("your address holds its maximum of {limit} connections; close some first")]
    PerIp {
        /// The bound that was met.
        limit: u32,
    },
}

/// Counts open connections and lets in no more than the limits. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct ConnectionGate {
    counts: Arc<Mutex<Counts>>,
    bodies: BodyBudget,
}

#[derive(Debug, Default)]
struct Counts {
    limits: ConnectionLimits,
    total: u32,
    per_ip: HashMap<IpAddr, u32>,
}

impl ConnectionGate {
    /// A gate with nobody in.
    pub fn new(limits: ConnectionLimits) -> Self {
        let counts = Arc::new(Mutex::new(Counts { limits, ..Counts::default() }));
        Self { counts, bodies: BodyBudget::default() }
    }

    /// Bounds what the connections of this gate read at once.
    #[must_use]
    pub fn reading(mut self, bodies: BodyBudget) -> Self {
        self.bodies = bodies;
        self
    }

    /// What bounds that.
    pub fn bodies(&self) -> &BodyBudget {
        &self.bodies
    }

    /// Lets a connection from `ip` in until the permit is dropped.
    pub fn admit(&self, ip: IpAddr) -> Result<ConnectionPermit, Refused> {
        let ip = ip.to_canonical();
        let mut counts = self.counts.lock();
        let ConnectionLimits { total, per_ip } = counts.limits;
        if counts.total >= total {
            return Err(Refused::Total { limit: total });
        }
        let from_ip = counts.per_ip.entry(ip).or_default();
        if per_ip > 0 && *from_ip >= per_ip {
            return Err(Refused::PerIp { limit: per_ip });
        }
        *from_ip += 1;
        counts.total += 1;
        Ok(ConnectionPermit { gate: self.clone(), ip })
    }

    /// Changes the limits. Connections already in stay in.
    pub fn set_limits(&self, limits: ConnectionLimits) {
        self.counts.lock().limits = limits;
    }

    /// The limits in force.
    pub fn limits(&self) -> ConnectionLimits {
        self.counts.lock().limits
    }

    /// Connections that are in now.
    pub fn open(&self) -> u32 {
        self.counts.lock().total
    }
}

/// A place held by an open connection; dropping it gives the place back.
#[derive(Debug)]
pub struct ConnectionPermit {
    gate: ConnectionGate,
    ip: IpAddr,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock();
        counts.total = counts.total.saturating_sub(1);
        if let Entry::Occupied(mut from_ip) = counts.per_ip.entry(self.ip) {
            *from_ip.get_mut() = from_ip.get().saturating_sub(1);
            // Forgotten at zero, so the map is never larger than the connections are many.
            if *from_ip.get() == 0 {
                from_ip.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_place_is_given_back_when_the_permit_is_dropped() {
        let gate = ConnectionGate::new(ConnectionLimits { total: 1, per_ip: 0 });
        let first = gate.admit(HERE).unwrap();
        assert_eq!(gate.admit(HERE).unwrap_err(), Refused::Total { limit: 1 });
        drop(first);
        assert!(gate.admit(HERE).is_ok());
        assert_eq!(gate.open(), 0);
        assert!(gate.counts.lock().per_ip.is_empty());
    }

    #[test]
    fn one_address_cannot_take_the_places_of_others() {
        let gate = ConnectionGate::new(ConnectionLimits { total: 10, per_ip: 1 });
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        let _first = gate.admit(HERE).unwrap();
        assert_eq!(gate.admit(mapped).unwrap_err(), Refused::PerIp { limit: 1 });
        assert!(gate.admit("10.0.0.1".parse().unwrap()).is_ok());
    }

    #[test]
    fn a_lower_limit_closes_nothing_and_admits_nobody_until_there_is_room() {
        let gate = ConnectionGate::new(ConnectionLimits { total: 3, per_ip: 0 });
        let mut held: Vec<_> = (0..3).map(|_| gate.admit(HERE).unwrap()).collect();
        gate.set_limits(ConnectionLimits { total: 2, per_ip: 0 });
        assert_eq!(gate.open(), 3);
        held.pop();
        assert!(gate.admit(HERE).is_err());
        held.pop();
        assert!(gate.admit(HERE).is_ok());
    }
}
