//! What an operator is told of a balancer.

use std::{sync::Arc, time::Duration};

use super::{
    endpoint::{Endpoint, Pricing},
    member::{Tier, Zone},
    roster::{Resident, Roster},
    standing::{Reason, Standing},
};
use crate::time::Instant;

/// How one endpoint stands.
#[derive(Debug, Clone)]
pub struct EndpointStatus<E> {
    endpoint: Arc<Endpoint<E>>,
    /// Its failure domain.
    pub zone: Zone,
    /// How near it is.
    pub tier: Tier,
    /// The weight that it has in this client's set.
    pub weight: f64,
    /// The share of its weight that it carries now, 0 to 1: less while it warms up or
    /// answers with overloads.
    pub room: f64,
    /// Why it is taken for unwell, `None` when it is well.
    pub unwell: Option<Reason>,
    /// Whether it gets no requests but probes.
    pub left_out: bool,
    /// Requests under way.
    pub pending: u32,
    /// Its latency, or what it is taken to be.
    pub latency: Duration,
    /// The share of its requests that are not served, 0 to 1.
    pub failing: f64,
}

impl<E> EndpointStatus<E> {
    /// The endpoint.
    pub fn endpoint(&self) -> &E {
        self.endpoint.value()
    }
}

impl<E> Roster<E> {
    pub(super) fn status(&self, now: Instant) -> Vec<EndpointStatus<E>> {
        self.residents.iter().map(|resident| self.status_of(now, resident)).collect()
    }

    fn status_of(&self, now: Instant, resident: &Resident<E>) -> EndpointStatus<E> {
        let endpoint = &resident.endpoint;
        let tier = self.tiers.get(resident.tier);
        let memory = Pricing::of(&self.settings).memory;
        let latency = endpoint.latency(now, memory, tier.map_or(0.0, |tier| tier.usual));
        EndpointStatus {
            endpoint: Arc::clone(endpoint),
            zone: endpoint.zone(),
            tier: tier.map_or(Tier::default(), |tier| tier.tier),
            weight: resident.weight,
            room: resident.health.room(now, &self.settings),
            unwell: match resident.health.standing() {
                Standing::Well => None,
                Standing::Unwell { reason, .. } => Some(reason),
            },
            left_out: resident.left_out,
            pending: endpoint.pending(),
            latency: Duration::from_nanos(latency as u64),
            failing: endpoint.failing(now, memory),
        }
    }
}
