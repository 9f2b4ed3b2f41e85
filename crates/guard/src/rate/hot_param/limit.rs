//! The limit.

use std::{
    hash::{BuildHasher, RandomState},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

use crossbeam_utils::CachePadded;
use parking_lot::{Mutex, RwLock};

use super::{
    super::gcra::Pace,
    HotParamMode, HotParamSettings, HotPermit, HotValue,
    permit::{Held, Slot},
    slots::{Ask, Rule, Share, Slots},
    top::Top,
};
use crate::{
    admit::{Ctx, Param, Rejected, Rejection, Scope},
    settings::InvalidSetting,
    stat::{CountMin, Tick},
    sync::{AtomicU32, AtomicU64, Ordering},
    time::Instant,
};

const SHARDS: usize = 64;
/// A megabyte of counters: with a million values in a window, one that came once seems to
/// have come some fifteen times.
const SKETCH_BLOCKS: usize = 16_384;
/// In one of these a shard is swept, so all of them are in a second.
const STEP: Duration = Duration::from_nanos(1_000_000_000 / SHARDS as u64);
/// Texts are told apart by so many bytes, so that nobody fills the memory with long ones.
const TEXT_BYTES: usize = 256;

/// Limits each value of a parameter: what Sentinel calls hot-parameter flow control.
///
/// A value is counted in a sketch until it came half as often as it may at once or in a
/// window (the period, from 1 to 10 s); from then on it has a bucket of its own, out of which
/// those requests are taken. So what is limited is exact but for one thing: around the end
/// of a window a value without an entry may get half a burst more. Values that come less
/// often are never refused, whatever the others do. In a queue and for requests in flight
/// every value has an entry from its first request.
///
/// Memory is bounded by number and by bytes. When there is no room for one more entry, the
/// one not used for longest goes, but none in flight; when all are in flight, a request with
/// another value is refused. Texts that are the same in their first 256 bytes are one value.
///
/// A request with a value that has an entry takes a read lock of a 64th of the table and does
/// not allocate; one without costs the counters besides. Each 64th of a second some request
/// sweeps a 64th of the table.
#[derive(Debug)]
pub struct HotParam<S = RandomState> {
    /// An `i32`, bit by bit.
    index: AtomicU32,
    shards: Box<[CachePadded<RwLock<Slots>>]>,
    sketch: CountMin,
    /// In so many steps all of the sketch is forgotten once.
    window_steps: AtomicU64,
    top: Mutex<Top>,
    tick: Tick,
    steps: AtomicU64,
    hasher: S,
}

impl HotParam {
    /// A limit that has seen no value yet.
    ///
    /// # Errors
    /// See [`HotParamSettings::validate`].
    pub fn new(settings: &HotParamSettings, now: Instant) -> Result<Self, InvalidSetting> {
        Self::with_hasher(settings, now, RandomState::new())
    }
}

impl<S: BuildHasher> HotParam<S> {
    /// A limit with a hasher of the caller's, for simulations.
    ///
    /// # Errors
    /// See [`HotParamSettings::validate`].
    pub fn with_hasher(
        settings: &HotParamSettings,
        now: Instant,
        hasher: S,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let rule = rule_of(settings);
        let shard = |shard| CachePadded::new(RwLock::new(Slots::new(rule, shard)));
        let this = Self {
            index: AtomicU32::new(0),
            shards: (0..SHARDS as u32).map(shard).collect(),
            sketch: CountMin::new(SKETCH_BLOCKS),
            window_steps: AtomicU64::new(1),
            top: Mutex::new(Top::new(settings.top as usize)),
            tick: Tick::new(STEP, now),
            steps: AtomicU64::new(0),
            hasher,
        };
        this.reconfigure(now, settings)?;
        Ok(this)
    }

    /// Admits a request by the value of its parameter; one without that parameter passes.
    ///
    /// # Errors
    /// In the scope of a key: [`Rejected::RateLimited`] or [`Rejected::QueueFull`], with the
    /// time to wait; [`Rejected::ConcurrencyLimited`]; [`Rejected::DeadlinePassed`].
    pub fn try_acquire(
        &self,
        now: Instant,
        ctx: &Ctx<'_>,
    ) -> Result<HotPermit<&Self, S>, Rejection> {
        self.try_acquire_n(now, ctx, 1)
    }

    /// As [`HotParam::try_acquire`], at a cost of so many permits; of requests in flight each
    /// is one.
    ///
    /// # Errors
    /// As [`HotParam::try_acquire`].
    pub fn try_acquire_n(
        &self,
        now: Instant,
        ctx: &Ctx<'_>,
        cost: u32,
    ) -> Result<HotPermit<&Self, S>, Rejection> {
        let held = self.acquire(now, ctx, cost)?;
        Ok(HotPermit { hot_param: self, held, hasher: PhantomData })
    }

    /// As [`HotParam::try_acquire_n`], for a future that outlives the borrow.
    ///
    /// # Errors
    /// As [`HotParam::try_acquire`].
    pub fn try_acquire_owned(
        self: &Arc<Self>,
        now: Instant,
        ctx: &Ctx<'_>,
        cost: u32,
    ) -> Result<HotPermit<Arc<Self>, S>, Rejection> {
        let held = self.acquire(now, ctx, cost)?;
        Ok(HotPermit { hot_param: Arc::clone(self), held, hasher: PhantomData })
    }

    /// The values that came most often in about the last second, the hottest first: those
    /// that come at least half as often as they may.
    pub fn hottest(&self) -> Vec<HotValue> {
        self.top.lock().values().to_vec()
    }

    /// How many values have an entry, exceptions included.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }

    /// Whether no value has an entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory that is in use, in bytes.
    pub fn bytes(&self) -> usize {
        let shards: usize = self.shards.iter().map(|shard| shard.read().bytes()).sum();
        shards + overhead(self.top.lock().values().len())
    }

    /// Other settings from now on. Values keep what they took and what they have in flight.
    ///
    /// # Errors
    /// See [`HotParamSettings::validate`]; the old settings stay.
    pub fn reconfigure(
        &self,
        now: Instant,
        settings: &HotParamSettings,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let rule = rule_of(settings);
        self.index.store(settings.index.cast_unsigned(), Ordering::Relaxed);
        let window_steps = window(settings.period).as_nanos() / STEP.as_nanos();
        self.window_steps.store(window_steps as u64, Ordering::Relaxed);
        self.top.lock().set_most(settings.top as usize);
        for (number, shard) in self.shards.iter().enumerate() {
            let is_here = |value: &_| shard_of(self.hash(value)) == number;
            let exceptions = settings.exceptions.iter();
            let exceptions = exceptions.filter(|it| is_here(&it.value.as_param()));
            let shares = exceptions.map(|it| (&it.value, share_of(settings, it.permits)));
            shard.write().reconfigure(now, rule, shares, |value| self.hash(&value));
        }
        Ok(())
    }

    fn acquire(&self, now: Instant, ctx: &Ctx<'_>, cost: u32) -> Result<Held, Rejection> {
        let steps = self.tick.due(now);
        if steps > 0 {
            self.sweep(now, steps);
        }
        if ctx.is_expired(now) {
            return Err(Rejection::new(Rejected::DeadlinePassed, Scope::Key));
        }
        let Some(param) = self.param(ctx) else { return Ok(Held::Nothing) };
        let hash = self.hash(&param);
        let ask = Ask { now, deadline: ctx.deadline, param, hash, cost };
        let Some(shard) = self.shards.get(shard_of(hash)) else { return Ok(Held::Nothing) };
        let slots = shard.read();
        if let Some(admitted) = slots.admit(ask) {
            return admitted;
        }
        let rule = slots.rule;
        drop(slots);
        if rule.each.permits == 0 {
            return Err(Rejection::new(reason_of(rule.mode), Scope::Key));
        }
        let seen = if rule.promote_at > 1 { self.sketch.add(hash, cost) } else { cost };
        if seen < rule.promote_at { Ok(Held::Nothing) } else { self.promote(shard, ask, seen) }
    }

    /// Gives a value an entry and admits its request by that.
    #[cold]
    fn promote(&self, shard: &RwLock<Slots>, ask: Ask<'_>, seen: u32) -> Result<Held, Rejection> {
        let mut slots = shard.write();
        let rule = slots.rule;
        // What others made the sketch count besides is not held against it.
        let taken = seen.min(rule.promote_at).saturating_sub(ask.cost);
        let is_there = slots.contains(ask) || slots.insert(ask, taken, |value| self.hash(&value));
        match slots.admit(ask) {
            Some(admitted) if is_there => admitted,
            _ => Err(Rejection::new(reason_of(rule.mode), Scope::Key)),
        }
    }

    pub(super) fn hash(&self, value: &Param<'_>) -> u64 {
        self.hasher.hash_one(value)
    }

    fn param<'a>(&self, ctx: &Ctx<'a>) -> Option<Param<'a>> {
        let index = self.index.load(Ordering::Relaxed).cast_signed();
        let index = match usize::try_from(index) {
            Ok(index) => index,
            Err(_) => ctx.params.len().checked_sub(index.unsigned_abs() as usize)?,
        };
        Some(match *ctx.params.get(index)? {
            Param::Text(text) => {
                let (start, _) = text.split_at(text.floor_char_boundary(TEXT_BYTES));
                Param::Text(start)
            }
            number @ Param::Number(_) => number,
        })
    }

    #[cold]
    fn sweep(&self, now: Instant, steps: u64) {
        let from = self.steps.fetch_add(steps, Ordering::Relaxed);
        self.forget(from, steps);
        let Some(mut top) = self.top.try_lock() else { return };
        for step in from..from.saturating_add(steps.min(SHARDS as u64)) {
            let number = (step % SHARDS as u64) as usize;
            if let Some(mut slots) = self.shards.get(number).and_then(|shard| shard.try_write()) {
                slots.sweep(now, &mut top, |value| self.hash(&value));
            }
            if number == SHARDS - 1 {
                top.end_round();
            }
        }
    }

    /// Forgets as much of the sketch as is due in so many steps.
    fn forget(&self, from: u64, steps: u64) {
        let window = self.window_steps.load(Ordering::Relaxed).max(1);
        let blocks = self.sketch.blocks() as u64;
        let start_of = |step: u64| (step * blocks / window) as usize;
        for step in from..from.saturating_add(steps.min(window)) {
            let step = step % window;
            self.sketch.forget(start_of(step)..start_of(step + 1));
        }
    }
}

impl<S> HotParam<S> {
    pub(super) fn give_back(&self, held: Held) {
        let (Held::Flight(slot) | Held::Place(slot, _)) = held else { return };
        let Slot { shard, .. } = slot;
        if let Some(shard) = self.shards.get(shard as usize) {
            shard.read().give_back(held);
        }
    }
}

/// Bits that neither the slot in a table nor its tags are made of.
fn shard_of(hash: u64) -> usize {
    (hash >> 48) as usize % SHARDS
}

/// How long the sketch counts: it has to see a value that comes too often for long.
fn window(period: Duration) -> Duration {
    period.clamp(Duration::from_secs(1), Duration::from_secs(10))
}

fn reason_of(mode: HotParamMode) -> Rejected {
    match mode {
        HotParamMode::Rate | HotParamMode::Queue => Rejected::RateLimited,
        HotParamMode::Concurrency => Rejected::ConcurrencyLimited,
    }
}

/// What is not in shards: the sketch, and the hottest of two rounds with texts of some size.
fn overhead(top: usize) -> usize {
    SKETCH_BLOCKS * CountMin::BLOCK_BYTES + 2 * top * (size_of::<HotValue>() + 48)
}

fn share_of(settings: &HotParamSettings, permits: u32) -> Share {
    let scaled = u64::from(settings.burst) * u64::from(permits);
    let scaled = scaled.checked_div(u64::from(settings.permits)).unwrap_or(permits.into());
    let burst = u32::try_from(scaled).unwrap_or(u32::MAX).max(1);
    Share { permits, pace: Pace::new(permits, settings.period, burst) }
}

fn rule_of(settings: &HotParamSettings) -> Rule {
    let each = share_of(settings, settings.permits);
    let windows = window(settings.period).as_secs_f64() / settings.period.as_secs_f64();
    let in_window = (f64::from(settings.permits) * windows) as u32;
    let promote_at = match settings.mode {
        HotParamMode::Rate => (settings.burst.min(in_window) / 2).max(1),
        HotParamMode::Queue | HotParamMode::Concurrency => 1,
    };
    let bytes = usize::try_from(settings.max_bytes).unwrap_or(usize::MAX);
    Rule {
        mode: settings.mode,
        each,
        longest_wait: settings.max_wait,
        promote_at,
        max_values: settings.max_values.div_ceil(SHARDS as u32) as usize,
        max_bytes: bytes.saturating_sub(overhead(settings.top as usize)) / SHARDS,
    }
}
