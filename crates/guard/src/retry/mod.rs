//! Deadlines, retries and hedges that make an overload no worse.
//!
//! Two things turn a short failure into a long one: work that goes on for callers who
//! have stopped waiting, and retries that add to the load just when it is too much. So a
//! request carries the time that is left from hop to hop ([`wire`]) and its work is
//! dropped when that is over ([`with_deadline`]); and retries ([`RetryPolicy`]) and
//! hedges ([`Hedge`]) are paid for from a [`RetryBudget`], made by one layer only, and
//! asked for by nobody who was told not to.
//!
//! ```
//! use std::time::Duration;
//! use seawall_guard::{Clock as _, Ctx, Instant, ManualTimer, Outcome, Timer as _};
//! use seawall_guard::retry::{Repeat, RetryPolicy, RetrySettings};
//!
//! let timer = ManualTimer::default();
//! let policy = RetryPolicy::new(&RetrySettings::default(), 1, timer.now())?;
//! let ctx = Ctx::default().deadline(Instant::START + Duration::from_secs(1));
//! let judge = |status: &u16| if *status < 500 { Outcome::Success } else { Outcome::Failure };
//!
//! let called = timer.run(policy.call(&timer, &ctx, Repeat::Safe, judge, |attempt| async move {
//!     if attempt.previous == 0 { 503 } else { 200 }
//! })).expect("it sleeps on the timer only");
//! assert_eq!((called.answer, called.attempts), (Ok(200), 2));
//! # Ok::<(), seawall_guard::settings::InvalidSetting>(())
//! ```

mod answer;
mod backoff;
mod budget;
mod call;
mod deadline;
mod give_up;
mod hedge;
mod policy;
mod throttle;
pub mod wire;
mod with_deadline;

pub use answer::{Answer, Repeat, Verdict};
pub use backoff::{Backoff, BackoffSettings, Jitter};
pub use budget::{RetryBudget, RetryBudgetSettings};
pub use call::Called;
pub use deadline::DeadlineSettings;
pub use give_up::GiveUp;
pub use hedge::{Hedge, HedgeEvent, HedgeNext, HedgeSettings, Hedging, Lane};
pub use policy::{Attempt, Attempts, Next, RetryPolicy, RetrySettings};
pub use throttle::{RetryThrottle, RetryThrottleSettings};
pub use with_deadline::{Elapsed, with_deadline};
