//! Guaranteed shares of one limit.

use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Duration};

use crossbeam_utils::CachePadded;
use serde::{Deserialize, Serialize};

use super::{ConcurrencyLimit, Permit};
use crate::{
    admit::Rejection,
    settings::InvalidSetting,
    sync::{AtomicU32, AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

/// How many partitions there may be; each that borrows looks at all of them.
const PARTITIONS_MAX: usize = 64;

/// Who is guaranteed how much of a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartitionsSettings {
    /// The share of the limit, 0 to 1, that each name is guaranteed; together at most 1.
    /// At most 64 names. A name can be anything: a calling service, a tenant, a class.
    pub shares: BTreeMap<String, f64>,
    /// How long places are kept free for a partition that was refused within its share.
    /// Milliseconds, default 5,000.
    #[serde(rename = "hold_ms", with = "crate::time::millis")]
    pub hold: Duration,
}

impl Default for PartitionsSettings {
    fn default() -> Self {
        Self { shares: BTreeMap::new(), hold: Duration::from_secs(5) }
    }
}

impl PartitionsSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if self.shares.len() > PARTITIONS_MAX {
            return Err(InvalidSetting { field: "shares", allowed: "at most 64 names" });
        }
        let are_shares = self.shares.values().all(|share| (0.0..=1.0).contains(share));
        // Tenths do not add up to 1 exactly.
        if !are_shares || self.shares.values().sum::<f64>() > 1.0 + 1e-9 {
            return Err(InvalidSetting {
                field: "shares",
                allowed: "from 0 to 1 and together at most 1",
            });
        }
        Ok(())
    }
}

/// Which partition: found by its name once, when rules are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Partition(usize);

/// Guaranteed shares of one limit. Whoever is within their share goes first; what others
/// leave unused anybody may borrow, as long as the limit as a whole is not reached.
///
/// It works like the partitioned limiter of Netflix/concurrency-limits
/// (`AbstractPartitionedLimiter.java`) with one difference. There a partition within its
/// share is admitted even when borrowers have used the whole limit up, so that more are
/// in flight than the limit says. Here the limit holds always. A partition that is
/// refused within its share claims its places: as borrowers leave, they are kept free for
/// it. So it waits, at worst, as long as the borrowers' requests take, once.
///
/// To change shares, make another one over the same limit.
#[derive(Debug)]
pub struct Partitions {
    limit: Arc<ConcurrencyLimit>,
    /// By name, and at the end that of everybody else.
    parts: Box<[Part]>,
    hold: Duration,
    /// When the last of all claims ends.
    claims_end_nanos: AtomicU64,
}

#[derive(Debug)]
struct Part {
    name: String,
    share: f64,
    in_flight: CachePadded<AtomicU32>,
    /// How many at once it needed when it was last refused.
    claimed: AtomicU32,
    claim_ends_nanos: AtomicU64,
}

impl Part {
    fn new(name: &str, share: f64) -> Self {
        Self {
            name: name.to_owned(),
            share,
            in_flight: CachePadded::new(AtomicU32::new(0)),
            claimed: AtomicU32::new(0),
            claim_ends_nanos: AtomicU64::new(0),
        }
    }

    /// Rounded down, so that all guarantees together fit below the limit.
    fn guaranteed(&self, limit: u32) -> u32 {
        // Shares that add up to 1 may come out a hair short of a whole number.
        (f64::from(limit) * self.share + 1e-6) as u32
    }

    fn has_claim(&self, now: Instant) -> bool {
        now.as_nanos() < self.claim_ends_nanos.load(Ordering::Relaxed)
    }

    /// How many places are to be kept free for it.
    fn kept_free(&self, now: Instant, limit: u32) -> u32 {
        if !self.has_claim(now) {
            return 0;
        }
        let claimed = self.claimed.load(Ordering::Relaxed).min(self.guaranteed(limit));
        claimed.saturating_sub(self.in_flight.load(Ordering::Relaxed))
    }
}

impl Partitions {
    /// Partitions of `limit`.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range.
    pub fn new(
        limit: Arc<ConcurrencyLimit>,
        settings: &PartitionsSettings,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let named = settings.shares.iter().map(|(name, share)| Part::new(name, *share));
        let parts = named.chain([Part::new("", 0.0)]).collect();
        Ok(Self { limit, parts, hold: settings.hold, claims_end_nanos: AtomicU64::new(0) })
    }

    /// The partition of this name, or that of everybody else, who is guaranteed nothing.
    pub fn find(&self, name: &str) -> Partition {
        let place = self.parts.iter().position(|part| part.name == name);
        Partition(place.unwrap_or(self.parts.len() - 1))
    }

    /// The limit they are parts of.
    pub fn limit(&self) -> &Arc<ConcurrencyLimit> {
        &self.limit
    }

    /// How many of a partition are in flight.
    pub fn in_flight(&self, partition: Partition) -> u32 {
        let part = self.parts.get(partition.0);
        part.map_or(0, |part| part.in_flight.load(Ordering::Relaxed))
    }

    /// How many places a partition is guaranteed at the limit that now holds.
    pub fn guaranteed(&self, partition: Partition) -> u32 {
        let limit = self.limit.limit();
        self.parts.get(partition.0).map_or(0, |part| part.guaranteed(limit))
    }

    /// A place for somebody of a partition, now or not at all.
    ///
    /// # Errors
    ///
    /// [`Rejected::ConcurrencyLimited`](crate::Rejected::ConcurrencyLimited) when the
    /// limit is reached, or when the places that are left are kept free for others.
    pub fn try_acquire(
        &self,
        now: Instant,
        partition: Partition,
    ) -> Result<Permit<Placed<&Self>>, Rejection> {
        self.place(self, now, partition)
    }

    /// [`try_acquire`](Self::try_acquire) for futures and tasks.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(
        self: &Arc<Self>,
        now: Instant,
        partition: Partition,
    ) -> Result<Permit<Placed<Arc<Self>>>, Rejection> {
        self.place(self.clone(), now, partition)
    }

    fn place<H: Deref<Target = Self>>(
        &self,
        handle: H,
        now: Instant,
        partition: Partition,
    ) -> Result<Permit<Placed<H>>, Rejection> {
        // Made first and dropped when there is no place, so that its count is right.
        let placed = Placed::new(handle, partition);
        let limit = self.limit.limit();
        let Some(part) = self.parts.get(partition.0) else {
            return self.limit.admit(placed, now, u32::MAX);
        };
        if placed.number > part.guaranteed(limit) {
            let cap = limit.saturating_sub(self.kept_free_for_others(now, partition, limit));
            return self.limit.admit(placed, now, cap);
        }
        let number = placed.number;
        let entered = self.limit.admit(placed, now, u32::MAX);
        if entered.is_err() {
            self.claim(part, now, number);
        } else if part.has_claim(now) && number >= part.claimed.load(Ordering::Relaxed) {
            // It needs as many as it claimed: they stay claimed.
            self.claim(part, now, number);
        }
        entered
    }

    /// Keeps `number` places for `part`.
    fn claim(&self, part: &Part, now: Instant, number: u32) {
        if part.has_claim(now) {
            part.claimed.fetch_max(number, Ordering::Relaxed);
        } else {
            part.claimed.store(number, Ordering::Relaxed);
        }
        let ends = now.as_nanos().saturating_add(nanos_of(self.hold));
        part.claim_ends_nanos.fetch_max(ends, Ordering::Relaxed);
        self.claims_end_nanos.fetch_max(ends, Ordering::Relaxed);
    }

    fn kept_free_for_others(&self, now: Instant, own: Partition, limit: u32) -> u32 {
        if now.as_nanos() >= self.claims_end_nanos.load(Ordering::Relaxed) {
            return 0;
        }
        let others = self.parts.iter().enumerate().filter(|(place, _)| *place != own.0);
        others.map(|(_, part)| part.kept_free(now, limit)).fold(0, u32::saturating_add)
    }
}

/// How a permit of a partition holds its limit: it counts among the partition's own until
/// it is dropped.
#[derive(Debug)]
pub struct Placed<H: Deref<Target = Partitions>> {
    partitions: H,
    partition: Partition,
    /// How many of the partition there are with it.
    number: u32,
}

impl<H: Deref<Target = Partitions>> Placed<H> {
    fn new(partitions: H, partition: Partition) -> Self {
        let part = partitions.parts.get(partition.0);
        let before = part.map_or(0, |part| part.in_flight.fetch_add(1, Ordering::Relaxed));
        Self { partitions, partition, number: before.saturating_add(1) }
    }
}

impl<H: Deref<Target = Partitions>> Deref for Placed<H> {
    type Target = ConcurrencyLimit;

    fn deref(&self) -> &ConcurrencyLimit {
        &self.partitions.limit
    }
}

impl<H: Deref<Target = Partitions>> Drop for Placed<H> {
    fn drop(&mut self) {
        if let Some(part) = self.partitions.parts.get(self.partition.0) {
            part.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limit::LimitSettings;

    const NOW: Instant = Instant::START;

    fn partitions(limit: u32, shares: &[(&str, f64)]) -> Partitions {
        let limit = ConcurrencyLimit::new(&LimitSettings::fixed(limit), NOW).unwrap();
        let shares = shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        let settings = PartitionsSettings { shares, ..PartitionsSettings::default() };
        Partitions::new(Arc::new(limit), &settings).unwrap()
    }

    #[test]
    fn whoever_is_within_their_share_is_admitted_while_everybody_else_is() {
        let parts = partitions(10, &[("checkout", 0.7), ("search", 0.3)]);
        let (checkout, search) = (parts.find("checkout"), parts.find("search"));
        let held: Vec<_> = [checkout; 7]
            .into_iter()
            .chain([search; 3])
            .map(|partition| parts.try_acquire(NOW, partition).unwrap())
            .collect();
        assert_eq!((parts.in_flight(checkout), parts.in_flight(search)), (7, 3));
        drop(held);
        assert_eq!((parts.in_flight(checkout), parts.limit().in_flight()), (0, 0));
    }

    #[test]
    fn what_others_leave_unused_is_borrowed_up_to_the_limit() {
        let parts = partitions(10, &[("checkout", 0.7), ("search", 0.3)]);
        let (search, nobody) = (parts.find("search"), parts.find("unheard of"));
        let held: Vec<_> = (0..8).map(|_| parts.try_acquire(NOW, search).unwrap()).collect();
        assert_eq!(parts.guaranteed(nobody), 0);
        let more: Vec<_> = (0..2).map(|_| parts.try_acquire(NOW, nobody).unwrap()).collect();
        assert!(parts.try_acquire(NOW, search).is_err());
        drop((held, more));
    }

    #[test]
    fn a_share_that_was_lent_comes_back_as_borrowers_leave() {
        // Given borrowers who have taken all of it
        let parts = partitions(10, &[("checkout", 0.7), ("search", 0.3)]);
        let (checkout, search) = (parts.find("checkout"), parts.find("search"));
        let mut borrowed: Vec<_> =
            (0..10).map(|_| parts.try_acquire(NOW, search).unwrap()).collect();
        // When its owner comes, the limit still holds,
        assert!(parts.try_acquire(NOW, checkout).is_err());
        // but the next place to be free is the owner's
        borrowed.pop();
        assert!(parts.try_acquire(NOW, search).is_err());
        let first = parts.try_acquire(NOW, checkout).unwrap();
        // and the one after that too, if the owner asks for it.
        assert!(parts.try_acquire(NOW, checkout).is_err());
        borrowed.pop();
        assert!(parts.try_acquire(NOW, search).is_err());
        let second = parts.try_acquire(NOW, checkout).unwrap();
        drop((first, second));
    }

    #[test]
    fn a_claim_that_nobody_uses_ends() {
        let parts = partitions(2, &[("checkout", 0.5)]);
        let (checkout, rest) = (parts.find("checkout"), parts.find(""));
        let mut borrowed: Vec<_> = (0..2).map(|_| parts.try_acquire(NOW, rest).unwrap()).collect();
        assert!(parts.try_acquire(NOW, checkout).is_err());
        borrowed.pop();
        let later = NOW + Duration::from_millis(4_999);
        assert!(parts.try_acquire(later, rest).is_err());
        borrowed.push(parts.try_acquire(NOW + Duration::from_secs(5), rest).unwrap());
        assert_eq!(parts.limit().in_flight(), 2);
    }

    #[test]
    fn a_partition_that_asks_once_a_second_gets_its_place_among_borrowers_who_never_stop() {
        let parts = partitions(4, &[("rare", 0.25)]);
        let (rare, rest) = (parts.find("rare"), parts.find("rest"));
        let mut borrowed = std::collections::VecDeque::new();
        let mut refused = 0;
        for millis in 0..10_000_u64 {
            let now = NOW + Duration::from_millis(millis);
            // Each millisecond one leaves and two come.
            if borrowed.len() >= 3 {
                borrowed.pop_front();
            }
            borrowed.extend((0..2).filter_map(|_| parts.try_acquire(now, rest).ok()));
            if millis % 1_000 == 500 {
                refused += u32::from(parts.try_acquire(now, rare).is_err());
            }
        }
        assert_eq!(refused, 1, "only before it had claimed its place");
    }

    /// Netflix's partitioned limiter admits within a share whatever is in flight: its own
    /// test has 10 in flight of 10 and then 7 more (`exceedTotalLimitForUnusedBin` of
    /// `AbstractPartitionedLimiterTest.java`).
    #[test]
    fn netflix_partitions_exceed_the_limit_and_ours_do_not() {
        let parts = partitions(10, &[("batch", 0.3), ("live", 0.7)]);
        let (batch, live) = (parts.find("batch"), parts.find("live"));
        let batches: Vec<_> = (0..10).map(|_| parts.try_acquire(NOW, batch).unwrap()).collect();
        assert!((0..7).all(|_| parts.try_acquire(NOW, live).is_err()));
        assert_eq!(parts.limit().in_flight(), 10);
        drop(batches);
    }

    #[test]
    fn shares_that_do_not_fit_are_named() {
        let invalid = |shares: &[(&str, f64)]| PartitionsSettings {
            shares: shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect(),
            ..PartitionsSettings::default()
        };
        for shares in [&[("a", 0.6), ("b", 0.5)][..], &[("a", -0.1)], &[("a", f64::NAN)]] {
            assert_eq!(invalid(shares).validate().unwrap_err().field, "shares");
        }
        assert_eq!(invalid(&[("a", 0.1), ("b", 0.2), ("c", 0.7)]).validate(), Ok(()));
    }

    proptest! {
        /// Whatever is asked for and given back: the limit holds, nothing leaks, and
        /// whoever is refused within their share finds all places taken.
        #[test]
        fn partitions_keep_the_limit_and_every_guarantee(
            limit in 0_u32..20,
            shares in prop::collection::vec(0.0..0.33, 3),
            steps in prop::collection::vec((0_usize..4, any::<bool>(), 0_u64..2_000), 1..200),
        ) {
            let names = ["a", "b", "c"];
            let shares: Vec<_> = names.into_iter().zip(shares).collect();
            let parts = partitions(limit, &shares);
            let (mut held, mut now) = (Vec::new(), NOW);
            for (who, comes, millis) in steps {
                now = now + Duration::from_millis(millis);
                let partition = parts.find(names.get(who).unwrap_or(&"other"));
                if !comes {
                    let mine = held.iter().position(|(owner, _)| *owner == partition);
                    mine.map(|place| held.swap_remove(place));
                } else {
                    let within = parts.in_flight(partition) < parts.guaranteed(partition);
                    match parts.try_acquire(now, partition) {
                        Ok(permit) => held.push((partition, permit)),
                        Err(_) => prop_assert!(!within || held.len() == limit as usize),
                    }
                }
                prop_assert!(held.len() <= limit as usize);
                prop_assert_eq!(parts.limit().in_flight() as usize, held.len());
                let own = held.iter().filter(|(owner, _)| *owner == partition).count();
                prop_assert_eq!(parts.in_flight(partition) as usize, own);
            }
        }
    }
}
