//! The entries of the values that come often.

use std::time::Duration;

use hashbrown::HashTable;

use super::{
    super::gcra::{Bucket, Pace},
    HotParamMode, ParamValue,
    permit::{Held, Slot},
    top::Top,
};
use crate::{
    admit::{Param, Rejected, Rejection, Scope},
    sync::{AtomicU32, Ordering},
    time::Instant,
};

/// What an entry takes at most, with what its table keeps free to grow: three quarters of a
/// vector and seven sixteenths of an index are in use.
const ENTRY_BYTES: usize = size_of::<Entry>() * 4 / 3 + 5 * 16 / 7;

/// The request that an entry was made for does not speak for keeping it: otherwise values that
/// come once would be worth as much as those that come again.
const NEW: u32 = 2;
const USED: u32 = 1;
const UNUSED: u32 = 0;

/// What holds for all values of a shard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) mode: HotParamMode,
    pub(super) each: Share,
    pub(super) longest_wait: Duration,
    /// A value that the sketch saw so often gets an entry.
    pub(super) promote_at: u32,
    pub(super) max_values: usize,
    pub(super) max_bytes: usize,
}

/// What a value may.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) permits: u32,
    pub(super) pace: Pace,
}

/// A request with a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) now: Instant,
    pub(super) deadline: Option<Instant>,
    pub(super) param: Param<'a>,
    pub(super) hash: u64,
    pub(super) cost: u32,
}

/// Entries that are found by value, and stay where they are while they are held. When there
/// is no room, a hand goes round and takes the first that was not used since it last came
/// by (the CLOCK algorithm), passing over exceptions and those in flight.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) rule: Rule,
    shard: u32,
    exceptions: Vec<Share>,
    entries: Vec<Entry>,
    index: HashTable<u32>,
    free: Vec<u32>,
    hand: usize,
    heap_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    /// `None` when it is free.
    value: Option<ParamValue>,
    bucket: Bucket,
    in_flight: AtomicU32,
    /// Requests since it was last swept.
    hits: AtomicU32,
    /// Whether it was used again since it was made or the hand last came by: [`NEW`],
    /// [`UNUSED`] or [`USED`].
    used: AtomicU32,
    /// Its place among the exceptions, counted from 1; 0 when it is none.
    exception: u32,
}

impl Entry {
    fn is(&self, param: Param<'_>) -> bool {
        self.value.as_ref().is_some_and(|value| value.as_param() == param)
    }

    fn is_held(&self) -> bool {
        self.exception != 0 || self.in_flight.load(Ordering::Relaxed) != 0
    }
}

impl Slots {
    pub(super) fn new(rule: Rule, shard: u32) -> Self {
        Self {
            rule,
            shard,
            exceptions: Vec::new(),
            entries: Vec::new(),
            index: HashTable::new(),
            free: Vec::new(),
            hand: 0,
            heap_bytes: 0,
        }
    }

    /// Admits a request with a value that has an entry; `None` when it has none.
    pub(super) fn admit(&self, ask: Ask<'_>) -> Option<Result<Held, Rejection>> {
        let index = self.find(ask.hash, ask.param)?;
        let entry = self.entries.get(index as usize)?;
        entry.hits.fetch_add(1, Ordering::Relaxed);
        match entry.used.load(Ordering::Relaxed) {
            NEW => entry.used.store(UNUSED, Ordering::Relaxed),
            UNUSED => entry.used.store(USED, Ordering::Relaxed),
            _ => {}
        }
        let exception = (entry.exception as usize).checked_sub(1);
        let own = exception.and_then(|exception| self.exceptions.get(exception));
        let share = own.copied().unwrap_or(self.rule.each);
        Some(self.take(index, entry, share, ask))
    }

    fn take(
        &self,
        index: u32,
        entry: &Entry,
        share: Share,
        ask: Ask<'_>,
    ) -> Result<Held, Rejection> {
        let slot = Slot { shard: self.shard, index };
        let refused = |reason| Rejection::new(reason, Scope::Key);
        match self.rule.mode {
            HotParamMode::Rate => {
                let taken = entry.bucket.take(share.pace, ask.now, ask.cost);
                taken.map(|()| Held::Nothing).map_err(|empty| empty.rejection(Scope::Key))
            }
            HotParamMode::Queue if share.permits < ask.cost => Err(refused(Rejected::RateLimited)),
            HotParamMode::Queue => {
                let left = ask.deadline.map_or(Duration::MAX, |deadline| deadline - ask.now);
                let longest = self.rule.longest_wait.min(left);
                let place = entry.bucket.queue(share.pace, ask.now, ask.cost, longest);
                place
                    .map(|place| Held::Place(slot, place))
                    .map_err(|too_long| refused(Rejected::QueueFull).retry_after(too_long))
            }
            HotParamMode::Concurrency => {
                let order = Ordering::Relaxed;
                let more = |flying| (flying < share.permits).then(|| flying + 1);
                let taken = entry.in_flight.fetch_update(order, order, more);
                taken.map(|_| Held::Flight(slot)).map_err(|_| refused(Rejected::ConcurrencyLimited))
            }
        }
    }

    pub(super) fn give_back(&self, held: Held) {
        let (Held::Flight(slot) | Held::Place(slot, _)) = held else { return };
        let Some(entry) = self.entries.get(slot.index as usize) else { return };
        match held {
            Held::Place(_, place) => entry.bucket.give_back(place),
            _ => drop(entry.in_flight.fetch_sub(1, Ordering::Relaxed)),
        }
    }

    /// Whether the value has an entry.
    pub(super) fn contains(&self, ask: Ask<'_>) -> bool {
        self.find(ask.hash, ask.param).is_some()
    }

    /// Makes an entry for a value that has none, with a bucket that so many permits were
    /// taken of. False when there is no room because all there are are held.
    pub(super) fn insert(
        &mut self,
        ask: Ask<'_>,
        taken: u32,
        hash_of: impl Fn(Param<'_>) -> u64,
    ) -> bool {
        let value = ParamValue::from(ask.param);
        let bytes = value.heap_bytes();
        while !self.has_room_for(bytes) {
            if !self.evict(&hash_of) {
                return false;
            }
        }
        let bucket = Bucket::without(self.rule.each.pace, ask.now, taken);
        self.put(ask.hash, value, bucket, &hash_of);
        true
    }

    fn has_room_for(&self, heap_bytes: usize) -> bool {
        let values = self.index.len() - self.exceptions.len() + 1;
        let bytes = values * ENTRY_BYTES + self.heap_bytes + heap_bytes;
        values <= self.rule.max_values && bytes <= self.rule.max_bytes
    }

    fn put(
        &mut self,
        hash: u64,
        value: ParamValue,
        bucket: Bucket,
        hash_of: &impl Fn(Param<'_>) -> u64,
    ) {
        self.heap_bytes += value.heap_bytes();
        let (hits, used) = (AtomicU32::new(0), AtomicU32::new(NEW));
        let in_flight = AtomicU32::new(0);
        let entry = Entry { value: Some(value), bucket, in_flight, hits, used, exception: 0 };
        let free = self.free.pop();
        let index = match free.and_then(|free| self.entries.get_mut(free as usize).zip(Some(free)))
        {
            Some((place, free)) => {
                *place = entry;
                free
            }
            None => {
                if self.entries.len() == self.entries.capacity() {
                    self.entries.reserve_exact(self.entries.len() / 4 + 8);
                }
                self.entries.push(entry);
                // There are never as many entries as that.
                u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let entries = &self.entries;
        self.index.insert_unique(hash, index, |&index| hash_at(entries, index, hash_of));
    }

    /// Frees an entry that was not used lately; false when all are held.
    fn evict(&mut self, hash_of: &impl Fn(Param<'_>) -> u64) -> bool {
        // Once round they are not used any more, so twice round one is found.
        for _ in 0..self.entries.len() * 2 {
            let index = self.hand;
            self.hand = (self.hand + 1) % self.entries.len();
            let Some(entry) = self.entries.get(index) else { continue };
            if entry.value.is_none() || entry.is_held() {
                continue;
            }
            if entry.used.swap(UNUSED, Ordering::Relaxed) != USED {
                self.remove(index, hash_of);
                return true;
            }
        }
        false
    }

    fn remove(&mut self, index: usize, hash_of: &impl Fn(Param<'_>) -> u64) {
        let Some(value) = self.entries.get_mut(index).and_then(|entry| entry.value.take()) else {
            return;
        };
        self.heap_bytes -= value.heap_bytes();
        let hash = hash_of(value.as_param());
        if let Ok(found) = self.index.find_entry(hash, |&other| other as usize == index) {
            self.free.push(*found.get());
            found.remove();
        }
    }

    /// Offers what came since the last time to the hottest, and frees entries of values that
    /// did not come and have nothing taken.
    pub(super) fn sweep(
        &mut self,
        now: Instant,
        top: &mut Top,
        hash_of: impl Fn(Param<'_>) -> u64,
    ) {
        for index in 0..self.entries.len() {
            let Some(entry) = self.entries.get_mut(index) else { continue };
            let Some(value) = &entry.value else { continue };
            let hits = entry.hits.swap(0, Ordering::Relaxed);
            if hits > 0 {
                top.offer(value, hits);
            } else if !entry.is_held() && entry.bucket.is_full(now) {
                self.remove(index, &hash_of);
            }
        }
    }

    /// Another rule and other exceptions; what values hold and took stays.
    pub(super) fn reconfigure<'a>(
        &mut self,
        now: Instant,
        rule: Rule,
        exceptions: impl Iterator<Item = (&'a ParamValue, Share)>,
        hash_of: impl Fn(Param<'_>) -> u64,
    ) {
        self.rule = rule;
        self.exceptions.clear();
        self.entries.iter_mut().for_each(|entry| entry.exception = 0);
        for (value, share) in exceptions {
            let hash = hash_of(value.as_param());
            if self.find(hash, value.as_param()).is_none() {
                self.put(hash, value.clone(), Bucket::full(), &hash_of);
            }
            let found = self.find(hash, value.as_param());
            let entry = found.and_then(|index| self.entries.get_mut(index as usize));
            // The first of two for the same value counts.
            if let Some(entry) = entry.filter(|entry| entry.exception == 0) {
                self.exceptions.push(share);
                entry.exception = self.exceptions.len() as u32;
            }
        }
        for entry in &self.entries {
            let exception = (entry.exception as usize).checked_sub(1);
            let own = exception.and_then(|exception| self.exceptions.get(exception));
            entry.bucket.settle(own.unwrap_or(&rule.each).pace, now);
        }
    }

    /// How many values have an entry.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Memory that is in use, what is kept to grow included.
    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.index.allocation_size()
            + self.free.capacity() * size_of::<u32>()
            + self.exceptions.capacity() * size_of::<Share>()
            + self.heap_bytes
    }

    fn find(&self, hash: u64, param: Param<'_>) -> Option<u32> {
        let is = |index: &u32| self.entries.get(*index as usize).is_some_and(|it| it.is(param));
        self.index.find(hash, is).copied()
    }
}

fn hash_at(entries: &[Entry], index: u32, hash_of: &impl Fn(Param<'_>) -> u64) -> u64 {
    let value = entries.get(index as usize).and_then(|entry| entry.value.as_ref());
    value.map_or(0, |value| hash_of(value.as_param()))
}
