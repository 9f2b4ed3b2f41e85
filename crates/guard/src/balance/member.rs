//! What a balancer is told of its endpoints.

/// A failure domain inside a region, by a number of the caller's: endpoints of one zone
/// may die together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zone(pub u32);

/// How near an endpoint is, 0 the nearest. What the tiers mean is the caller's business,
/// for example: own cell and zone, own zone, own region, elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tier(pub u8);

/// An endpoint and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<E> {
    /// The endpoint: an address, or something that is equal and hashes by its address.
    pub endpoint: E,
    /// Its failure domain.
    pub zone: Zone,
    /// How near it is.
    pub tier: Tier,
    /// How much it can carry, compared to others. Not a positive number is 1.
    pub weight: f64,
}

impl<E> Member<E> {
    /// An endpoint in zone 0 and tier 0, of weight 1.
    pub const fn new(endpoint: E) -> Self {
        Self { endpoint, zone: Zone(0), tier: Tier(0), weight: 1.0 }
    }

    /// In a failure domain.
    pub fn zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// So near.
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// Of a weight.
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// Its weight as a number that can be calculated with.
    pub(super) fn sane_weight(&self) -> f64 {
        // So far apart that nobody needs more, and so near that sums stay exact.
        if self.weight > 0.0 { self.weight.clamp(1e-3, 1e6) } else { 1.0 }
    }
}
