//! How many retries there may be.

use std::time::Duration;

use crossbeam_utils::CachePadded;
use serde::{Deserialize, Serialize};

use crate::{
    admit::{Rejected, Rejection, Scope},
    settings::InvalidSetting,
    stat::{Ring, Striped, Tick},
    sync::{AtomicI64, Mutex, Ordering},
    time::{Instant, instant::nanos_of},
};

/// How many retries there may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryBudgetSettings {
    /// Retries that each request adds: the share of the load that retries may add to it.
    /// Default 0.1, range 0 to 10.
    pub ratio: f64,
    /// Retries a second that there may be whatever the load is, for callers that have
    /// just started or ask seldom. Default 3, range 0 to 10000.
    pub min_per_second: u32,
    /// How long a request counts, in milliseconds. Default 10000, range 1000 to 60000.
    #[serde(rename = "ttl_ms", with = "crate::time::millis")]
    pub ttl: Duration,
}

impl Default for RetryBudgetSettings {
    /// Stricter than Finagle's, Linkerd's and Tower's 20 % and 10 a second over 10 s: of
    /// three layers that retry, those leave 1.73 times the load, these 1.33.
    fn default() -> Self {
        Self { ratio: 0.1, min_per_second: 3, ttl: Duration::from_secs(10) }
    }
}

impl RetryBudgetSettings {
    /// Whether every value is in its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(0.0..=10.0).contains(&self.ratio) {
            return Err(InvalidSetting { field: "ratio", allowed: "from 0 to 10" });
        }
        if self.min_per_second > 10_000 {
            return Err(InvalidSetting { field: "min_per_second", allowed: "from 0 to 10000" });
        }
        if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&self.ttl) {
            return Err(InvalidSetting { field: "ttl_ms", allowed: "from 1000 to 60000" });
        }
        Ok(())
    }
}

/// What one retry costs; a request earns its ratio of it.
const RETRY: i64 = 1_000;
/// How often requests become retries, and how exactly they are forgotten.
const SLOT: Duration = Duration::from_millis(100);

const DEPOSITS: usize = 0;
const FORFEITS: usize = 1;

/// Bounds the retries of many requests together, so that a server that fails everything
/// gets a tenth more to do and not three times as much. One belongs to one service that
/// is asked, shared by all who ask it and by retries and hedges alike.
///
/// A retry is paid for if the retries of the last `ttl`, with it, are at most `ratio` for
/// each request of that time and `min_per_second` for each second of it (as Finagle's
/// `RetryBudget` and Tower's `TpsBudget`; a tenth is what Google's SRE book, "Handling
/// Overload", allows a client). A request counts from the 100 ms slot after its own on.
///
/// Tower expires what is old under a mutex that every request takes; here a request adds
/// to a striped counter, and a retry subtracts from one atomic.
///
/// ```
/// use seawall_guard::{Instant, retry::{RetryBudget, RetryBudgetSettings}};
///
/// let now = Instant::START;
/// let settings = RetryBudgetSettings { min_per_second: 1, ..Default::default() };
/// let budget = RetryBudget::new(&settings, now)?;
/// budget.deposit(now);
/// let retries = (0..100).filter(|_| budget.try_withdraw(now).is_ok()).count();
/// assert_eq!(retries, 10, "one for each second of ten");
/// # Ok::<(), seawall_guard::settings::InvalidSetting>(())
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    requests: Striped<2>,
    /// Retries that may be made, in thousandths. Below zero once the requests that earned
    /// what was spent are forgotten before the spending is.
    left: CachePadded<AtomicI64>,
    tick: Tick,
    state: Mutex<State>,
}

/// What the ticks know.
#[derive(Debug)]
struct State {
    /// What a request earns, in thousandths of a retry.
    earns: f64,
    reserve: i64,
    /// What each slot earned less what was spent in it.
    slots: Ring<i64>,
    /// When the slot that is not in `slots` yet began.
    slot_start: Instant,
    /// What `left` was after the last tick.
    was_left: i64,
}

impl RetryBudget {
    /// With its reserve.
    ///
    /// # Errors
    ///
    /// A setting that is out of range.
    pub fn new(settings: &RetryBudgetSettings, now: Instant) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let (reserve, slots) = (reserve_of(settings), slots_of(settings));
        Ok(Self {
            requests: Striped::new(),
            left: CachePadded::new(AtomicI64::new(reserve)),
            tick: Tick::new(SLOT, now),
            state: Mutex::new(State {
                earns: settings.ratio * RETRY as f64,
                reserve,
                slots: Ring::new(slots),
                slot_start: now,
                was_left: reserve,
            }),
        })
    }

    /// Counts a request: its first attempt, not its retries.
    pub fn deposit(&self, now: Instant) {
        self.turn(now);
        self.requests.add(DEPOSITS, 1);
    }

    /// Takes back the deposit of a request whose server says that it has too much to do.
    pub fn forfeit(&self, now: Instant) {
        self.turn(now);
        self.requests.add(FORFEITS, 1);
    }

    /// Pays for a retry.
    ///
    /// # Errors
    ///
    /// [`Rejected::RetryBudgetSpent`]: give back the answer there is. There may be more
    /// at the end of the slot, or as late as `ttl` from now.
    pub fn try_withdraw(&self, now: Instant) -> Result<(), Rejection> {
        self.turn(now);
        if self.pay() {
            return Ok(());
        }
        let more_at = self.tick.next();
        let spent = Rejection::new(Rejected::RetryBudgetSpent, Scope::Resource);
        Err(spent.retry_after(more_at - now))
    }

    /// Of many who pay with the last retry one gets it; another may meanwhile be refused
    /// what was just paid in, but nobody gets what is not there.
    fn pay(&self) -> bool {
        // Not even written to while there is nothing.
        if self.left.load(Ordering::Relaxed) < RETRY {
            return false;
        }
        let paid = self.left.fetch_sub(RETRY, Ordering::Relaxed) >= RETRY;
        if !paid {
            self.left.fetch_add(RETRY, Ordering::Relaxed);
        }
        paid
    }

    /// How many retries could be made now, for metrics.
    pub fn balance(&self, now: Instant) -> f64 {
        self.turn(now);
        self.left.load(Ordering::Relaxed).max(0) as f64 / RETRY as f64
    }

    /// Takes other settings, which count for the requests from now on. Those so far and
    /// the retries that were spent stay as they are, for as long as the new `ttl` is.
    ///
    /// # Errors
    ///
    /// A setting that is out of range; nothing changes.
    pub fn reconfigure(
        &self,
        settings: &RetryBudgetSettings,
        now: Instant,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let mut state = self.state.lock();
        self.fold(&mut state, now);
        let mut slots = Ring::new(slots_of(settings));
        for slot in state.slots.iter() {
            slots.push(*slot, 0);
        }
        state.slots = slots;
        state.earns = settings.ratio * RETRY as f64;
        state.reserve = reserve_of(settings);
        self.settle(&mut state);
        Ok(())
    }

    /// Ends the slots that are over, if nobody else does.
    fn turn(&self, now: Instant) {
        if self.tick.due(now) > 0
            && let Some(mut state) = self.state.try_lock()
        {
            self.fold(&mut state, now);
            self.settle(&mut state);
        }
    }

    fn fold(&self, state: &mut State, now: Instant) {
        let over = now.nanos_since(state.slot_start) / nanos_of(SLOT);
        let Some(empty) = over.checked_sub(1) else { return };
        state.slot_start = state.slot_start + Duration::from_nanos(over * nanos_of(SLOT));
        let [deposits, forfeits] = self.requests.take();
        let requests = deposits as f64 - forfeits as f64;
        let spent = state.was_left - self.left.load(Ordering::Relaxed);
        // What is spent between this and `settle` belongs to the next slot.
        state.was_left -= spent;
        // All of it is of the first slot: whoever comes after its end ticks first.
        state.slots.push((requests * state.earns) as i64 - spent, 0);
        if let Some(skipped) = empty.checked_sub(1) {
            state.slots.push(0, skipped);
        }
    }

    fn settle(&self, state: &mut State) {
        let left = state.slots.iter().fold(state.reserve, |left, slot| left.saturating_add(*slot));
        // Added and not stored: a retry may be paid for meanwhile.
        self.left.fetch_add(left - state.was_left, Ordering::Relaxed);
        state.was_left = left;
    }
}

fn reserve_of(settings: &RetryBudgetSettings) -> i64 {
    (f64::from(settings.min_per_second) * settings.ttl.as_secs_f64() * RETRY as f64) as i64
}

fn slots_of(settings: &RetryBudgetSettings) -> usize {
    settings.ttl.as_nanos().div_ceil(SLOT.as_nanos()) as usize
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
