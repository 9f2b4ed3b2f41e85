//! One call for all who ask the same at the same time.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared},
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::settings::InvalidSetting;

/// How many calls there may be and how many may wait for one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SingleFlightSettings {
    /// Calls of different keys at once; default 10,000; from 1 on.
    pub max_flights: u32,
    /// Callers that may wait for one call, the first one included; default 10,000; from 1
    /// on.
    pub max_waiters: u32,
}

impl Default for SingleFlightSettings {
    fn default() -> Self {
        Self { max_flights: 10_000, max_waiters: 10_000 }
    }
}

impl SingleFlightSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let allowed = "at least 1";
        if self.max_flights == 0 {
            return Err(InvalidSetting { field: "max_flights", allowed });
        }
        if self.max_waiters == 0 {
            return Err(InvalidSetting { field: "max_waiters", allowed });
        }
        Ok(())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// There are as many calls, or as many who wait for this one, as there may be.
    #[error("too many calls at once; try again later")]
    Full,
    /// The call panicked, for all who waited for it. The next call is made anew.
    #[error("the call panicked; its message is where panics are reported")]
    Panicked,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed<V> {
    /// What the call gave. All who waited for it have clones.
    pub value: V,
    /// Whether it was this caller's own call, and not one it joined.
    pub is_own: bool,
}

/// Callers of the same key at the same time share one call: what go-zero's `SingleFlight` and
/// Go's `singleflight` do, for futures, without a runtime.
///
/// The call belongs to all who wait for it. Whoever is woken drives it; so when the first one
/// goes away the others carry it on, and when all have gone it is dropped and the next one
/// calls anew. Nobody waits for a call that nobody drives. A panic is an answer too.
///
/// Clones share their calls. A call that asks for its own key waits for itself.
///
/// ```
/// # use seawall_guard::single_flight::{SingleFlight, SingleFlightSettings};
/// # futures::executor::block_on(async {
/// let flights = SingleFlight::new(&SingleFlightSettings::default())?;
/// let (answer, asked) = futures::channel::oneshot::channel();
/// let one = flights.run("key", || async { asked.await.ok() });
/// let other = flights.run("key", || async { Some(0) });
/// let (one, other, _) = futures::join!(one, other, async { answer.send(7) });
/// assert_eq!((one?.value, other?.value), (Some(7), Some(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct SingleFlight<K, V> {
    flights: Arc<Flights<K, V>>,
}

/// A panic became an answer, so that whoever drives a call is not the one to be blamed.
type Call<V> = BoxFuture<'static, Result<V, FlightError>>;

struct Flights<K, V> {
    table: Mutex<Table<K, V>>,
}

struct Table<K, V> {
    settings: SingleFlightSettings,
    flying: HashMap<K, Flight<V>>,
    /// Tells a flight from a later one of the same key.
    next: u64,
}

struct Flight<V> {
    number: u64,
    waiters: u32,
    /// Held by those who wait, so it ends with the last of them.
    call: WeakShared<Call<V>>,
}

impl<K, V> SingleFlight<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Without a call yet.
    ///
    /// # Errors
    /// See [`SingleFlightSettings::validate`].
    pub fn new(settings: &SingleFlightSettings) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let table = Table { settings: settings.clone(), flying: HashMap::new(), next: 0 };
        Ok(Self { flights: Arc::new(Flights { table: Mutex::new(table) }) })
    }

    /// The answer of `call`, or of the one that is being made for this key. Dropped, the
    /// call goes on for those who wait for it besides.
    ///
    /// # Errors
    /// See [`FlightError`]. Errors of the call itself are in its value.
    pub async fn run<F, Fut>(&self, key: K, call: F) -> Result<Landed<V>, FlightError>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = V> + Send + 'static,
    {
        self.run_knowing(key, |_| call()).await
    }

    /// As [`SingleFlight::run`], with a call that can ask whether its key was
    /// [forgotten](SingleFlight::forget).
    pub(crate) async fn run_knowing<F, Fut>(
        &self,
        key: K,
        call: F,
    ) -> Result<Landed<V>, FlightError>
    where
        F: FnOnce(IsCurrent<K, V>) -> Fut + Send + 'static,
        Fut: Future<Output = V> + Send + 'static,
    {
        let mut ticket = self.board(key, call)?;
        let value = (&mut ticket.call).await?;
        Ok(Landed { value, is_own: ticket.is_own })
    }

    /// Callers from now on do not join the call that is being made for this key. Those who
    /// wait for it still get its answer.
    pub fn forget(&self, key: &K) {
        let forgotten = self.flights.table.lock().flying.remove(key);
        drop(forgotten);
    }

    /// How many calls are being made.
    pub fn len(&self) -> usize {
        self.flights.table.lock().flying.len()
    }

    /// Whether no call is being made.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Other settings for callers from now on.
    ///
    /// # Errors
    /// See [`SingleFlightSettings::validate`]; the old settings stay.
    pub fn reconfigure(&self, settings: &SingleFlightSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.flights.table.lock().settings = settings.clone();
        Ok(())
    }

    /// Joins the call of a key, or begins one.
    fn board<F, Fut>(&self, key: K, call: F) -> Result<Ticket<K, V>, FlightError>
    where
        F: FnOnce(IsCurrent<K, V>) -> Fut + Send + 'static,
        Fut: Future<Output = V> + Send + 'static,
    {
        let mut table = self.flights.table.lock();
        let most = table.settings.max_waiters;
        if let Some(flight) = table.flying.get_mut(&key)
            && let Some(call) = flight.call.upgrade()
        {
            if flight.waiters >= most {
                return Err(FlightError::Full);
            }
            flight.waiters += 1;
            let flight =
                FlightId { flights: Arc::downgrade(&self.flights), key, number: flight.number };
            return Ok(Ticket { flight, call, is_own: false });
        }
        if table.flying.len() >= table.settings.max_flights as usize {
            return Err(FlightError::Full);
        }
        let number = table.next;
        table.next += 1;
        let flight = FlightId { flights: Arc::downgrade(&self.flights), key: key.clone(), number };
        let call = begin(flight.clone(), call);
        if let Some(weak) = call.downgrade() {
            table.flying.insert(key, Flight { number, waiters: 1, call: weak });
        }
        Ok(Ticket { flight, call, is_own: true })
    }
}

/// A call that nobody has asked for its answer yet: not even its function has run.
fn begin<K, V, F, Fut>(flight: FlightId<K, V>, call: F) -> Shared<Call<V>>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
    F: FnOnce(IsCurrent<K, V>) -> Fut + Send + 'static,
    Fut: Future<Output = V> + Send + 'static,
{
    let asks = IsCurrent(flight.clone());
    // Nothing of it is used after a panic but that there was one.
    let call = AssertUnwindSafe(async move { call(asks).await }).catch_unwind();
    let call = async move {
        let answer = call.await.map_err(|_| FlightError::Panicked);
        // Whoever comes now calls anew: this answer is as of before.
        flight.remove();
        answer
    };
    call.boxed().shared()
}

/// Which flight it is.
struct FlightId<K, V> {
    flights: Weak<Flights<K, V>>,
    key: K,
    number: u64,
}

impl<K: Clone, V> Clone for FlightId<K, V> {
    fn clone(&self) -> Self {
        Self { flights: self.flights.clone(), key: self.key.clone(), number: self.number }
    }
}

impl<K: Hash + Eq, V> FlightId<K, V> {
    fn is_flying(&self) -> bool {
        self.flights.upgrade().is_some_and(|flights| {
            let table = flights.table.lock();
            table.flying.get(&self.key).is_some_and(|flight| flight.number == self.number)
        })
    }

    fn remove(&self) {
        let Some(flights) = self.flights.upgrade() else { return };
        let mut table = flights.table.lock();
        if table.flying.get(&self.key).is_some_and(|flight| flight.number == self.number) {
            table.flying.remove(&self.key);
        }
    }

    /// One who waited goes away, and with the last one the flight.
    fn leave(&self) {
        let Some(flights) = self.flights.upgrade() else { return };
        let mut table = flights.table.lock();
        let flight = table.flying.get_mut(&self.key);
        let Some(flight) = flight.filter(|flight| flight.number == self.number) else { return };
        flight.waiters = flight.waiters.saturating_sub(1);
        if flight.waiters == 0 {
            table.flying.remove(&self.key);
        }
    }
}

/// Tells a call whether callers still join it.
pub(crate) struct IsCurrent<K, V>(FlightId<K, V>);

impl<K: Hash + Eq, V> IsCurrent<K, V> {
    pub(crate) fn get(&self) -> bool {
        self.0.is_flying()
    }
}

/// One who waits.
struct Ticket<K: Hash + Eq, V> {
    flight: FlightId<K, V>,
    // After `leave`, and outside of the lock: it may be the last that holds the call.
    call: Shared<Call<V>>,
    is_own: bool,
}

impl<K: Hash + Eq, V> Drop for Ticket<K, V> {
    fn drop(&mut self) {
        self.flight.leave();
    }
}

impl<K, V> Clone for SingleFlight<K, V> {
    fn clone(&self) -> Self {
        Self { flights: Arc::clone(&self.flights) }
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flying = self.flights.table.lock().flying.len();
        f.debug_struct("SingleFlight").field("flying", &flying).finish()
    }
}

#[cfg(test)]
mod tests;
