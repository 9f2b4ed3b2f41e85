//! Whether a second attempt is made, and when.

use std::{sync::Arc, time::Duration};

use super::{HedgeSettings, latency::Latency};
use crate::{
    admit::{Ctx, Outcome, Rejected, Rejection, Scope},
    retry::{Answer, Attempt, GiveUp, Repeat, RetryBudget, Verdict, wire::Pushback},
    settings::InvalidSetting,
    time::Instant,
};

/// Makes a second attempt when the first one is slower than most (Dean and Barroso, "The
/// Tail at Scale", CACM 2013: hedged requests). The first answer wins, and the attempt
/// that lost is dropped.
///
/// A hedge is a retry as far as load is concerned: it is paid for from the
/// [`RetryBudget`], so when a whole service becomes slow there are soon no more of them.
/// Only what may be repeated is hedged. A request has hedges or retries, not both, as in
/// gRPC (A6-client-retries.md of grpc/proposal); unlike there one is the most a request
/// has. Without enough answers to know what is slow, there are none.
#[derive(Debug)]
pub struct Hedge {
    settings: HedgeSettings,
    budget: Arc<RetryBudget>,
    latency: Latency,
}

/// One request on its way.
#[derive(Debug, Clone, Copy)]
pub struct Hedging {
    started: Instant,
    deadline: Option<Instant>,
    repeat: Repeat,
    /// Attempts that somebody further out made before.
    outer: u8,
    /// Whether its deposit is in the budget.
    deposited: bool,
    first_runs: bool,
    second: Second,
}

/// What is known of the second attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Second {
    /// It will be made then, at the latest.
    Due(Instant),
    /// It will be made if the first one fails.
    OnFailure,
    Runs,
    Ended,
    /// There is none.
    Refused(GiveUp),
}

/// Which of the two attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// The one that was made at once.
    First,
    /// The one that was made because the first was slow or failed.
    Second,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HedgeEvent {
    /// [`Hedging::due`] has come.
    Due,
    /// An attempt ended.
    Ended(Lane, Verdict),
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HedgeNext {
    /// The answer that just came is the answer; drop the other attempt.
    Done,
    /// Wait for an attempt that runs, or until [`Hedging::due`].
    Wait,
    /// Begin the second attempt, with another endpoint if there is one.
    Second(Attempt),
    /// The last answer is the answer, though another attempt might have had a better one.
    GiveUp(GiveUp),
}

impl Hedge {
    /// One that pays from this budget.
    ///
    /// # Errors
    ///
    /// A setting that is out of range.
    pub fn new(
        settings: &HedgeSettings,
        budget: Arc<RetryBudget>,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        Ok(Self { settings: settings.clone(), budget, latency: Latency::new(settings, now) })
    }

    /// The settings.
    pub const fn settings(&self) -> &HedgeSettings {
        &self.settings
    }

    /// Takes a request and begins its first attempt.
    ///
    /// # Errors
    ///
    /// [`Rejected::DeadlinePassed`]: no time is left for an attempt.
    pub fn start(
        &self,
        now: Instant,
        ctx: &Ctx<'_>,
        repeat: Repeat,
    ) -> Result<(Hedging, Attempt), Rejection> {
        let Some(deadline) = self.settings.deadline.of_attempt(now, ctx.deadline) else {
            return Err(Rejection::new(Rejected::DeadlinePassed, Scope::Node));
        };
        let outer = ctx.previous_attempts;
        let deposited = outer == 0;
        if deposited {
            self.budget.deposit(now);
        }
        let second = if !self.settings.enabled {
            Second::Refused(GiveUp::Off)
        } else if outer > 0 {
            Second::Refused(GiveUp::OuterRetries)
        } else {
            let delay = self.latency.delay(now).filter(|_| repeat == Repeat::Safe);
            delay.map_or(Second::OnFailure, |delay| Second::Due(now + delay))
        };
        let hedging = Hedging {
            started: now,
            deadline: ctx.deadline,
            repeat,
            outer,
            deposited,
            first_runs: true,
            second,
        };
        Ok((hedging, Attempt { previous: outer, deadline }))
    }

    /// Decides what comes after something that happened at `now`.
    pub fn handle(&self, hedging: &mut Hedging, now: Instant, event: HedgeEvent) -> HedgeNext {
        let decided = match event {
            HedgeEvent::Due => self.begin_second(hedging, now),
            HedgeEvent::Ended(lane, verdict) => self.after_end(hedging, now, lane, verdict),
        };
        decided.unwrap_or_else(|why| match hedging.second {
            _ if hedging.first_runs => HedgeNext::Wait,
            Second::Runs | Second::Due(_) => HedgeNext::Wait,
            _ => HedgeNext::GiveUp(why),
        })
    }

    fn begin_second(&self, hedging: &mut Hedging, now: Instant) -> Result<HedgeNext, GiveUp> {
        let Second::Due(due) = hedging.second else { return Ok(HedgeNext::Wait) };
        if now < due {
            return Ok(HedgeNext::Wait);
        }
        let Some(deadline) = self.settings.deadline.of_attempt(now, hedging.deadline) else {
            return Err(hedging.without_second(GiveUp::DeadlineNear));
        };
        if self.budget.try_withdraw(now).is_err() {
            return Err(hedging.without_second(GiveUp::BudgetSpent));
        }
        hedging.second = Second::Runs;
        Ok(HedgeNext::Second(Attempt { previous: hedging.outer.saturating_add(1), deadline }))
    }

    fn after_end(
        &self,
        hedging: &mut Hedging,
        now: Instant,
        lane: Lane,
        verdict: Verdict,
    ) -> Result<HedgeNext, GiveUp> {
        let first_ran = hedging.first_runs;
        match lane {
            Lane::First => hedging.first_runs = false,
            Lane::Second => hedging.second = Second::Ended,
        }
        let wait = match verdict {
            Verdict::Refused(rejection) if rejection.scope == Scope::Endpoint => Duration::ZERO,
            Verdict::Refused(rejection) => {
                return Err(hedging.without_second(GiveUp::Refused(rejection)));
            }
            Verdict::Answered(answer) => match answer.outcome {
                Outcome::Success | Outcome::Ignore | Outcome::Slow => {
                    self.learn(now - hedging.started, first_ran);
                    return Ok(HedgeNext::Done);
                }
                Outcome::Cancelled => return Ok(HedgeNext::GiveUp(GiveUp::Cancelled)),
                _ => self.wait_after(hedging, now, answer)?,
            },
        };
        match hedging.second {
            // It need not wait any longer, unless the server says so.
            Second::Due(_) | Second::OnFailure => {
                hedging.second = Second::Due(now + wait);
                self.begin_second(hedging, now)
            }
            Second::Refused(why) => Err(why),
            Second::Runs | Second::Ended => Err(GiveUp::AttemptsSpent),
        }
    }

    /// Takes the latency of a first attempt. When the second one won, the first would have
    /// taken longer than this: a sample too low, and still above the quantile.
    fn learn(&self, latency: Duration, of_first: bool) {
        if of_first && self.settings.enabled {
            self.latency.add(latency);
        }
    }

    /// How long the server of a failed attempt asks to wait, or why there will be no
    /// second attempt that has not begun.
    fn wait_after(
        &self,
        hedging: &mut Hedging,
        now: Instant,
        answer: Answer,
    ) -> Result<Duration, GiveUp> {
        if answer.outcome == Outcome::Overload && std::mem::take(&mut hedging.deposited) {
            self.budget.forfeit(now);
        }
        let acted = !answer.unprocessed && answer.outcome != Outcome::Topology;
        let why = match answer.pushback {
            Pushback::Never => GiveUp::PushedBack(answer.pushback),
            Pushback::After(wait) if wait > self.settings.pushback_max => {
                GiveUp::PushedBack(answer.pushback)
            }
            _ if acted && hedging.repeat == Repeat::Unsafe => GiveUp::NotRepeatable,
            Pushback::After(wait) => return Ok(wait),
            Pushback::Unsaid => return Ok(Duration::ZERO),
        };
        Err(hedging.without_second(why))
    }
}

impl Hedging {
    /// When to tell [`Hedge::handle`] that the second attempt is due; `None` when there is
    /// none to begin.
    pub const fn due(&self) -> Option<Instant> {
        match self.second {
            Second::Due(at) => Some(at),
            _ => None,
        }
    }

    /// There will be no second attempt, unless there is one.
    fn without_second(&mut self, why: GiveUp) -> GiveUp {
        if let Second::Due(_) | Second::OnFailure = self.second {
            self.second = Second::Refused(why);
        }
        why
    }
}

#[cfg(test)]
#[path = "hedging_tests.rs"]
mod tests;
