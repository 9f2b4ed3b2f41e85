//! Whether a request is tried again, and when.

use std::{sync::Arc, time::Duration};

use crossbeam_utils::CachePadded;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Backoff, BackoffSettings, DeadlineSettings, GiveUp, Repeat, RetryBudget,
    RetryBudgetSettings, RetryThrottle, RetryThrottleSettings, Verdict, wire::Pushback,
};
use crate::{
    admit::{Ctx, Outcome, Rejected, Rejection, Scope},
    settings::InvalidSetting,
    stat::Rng,
    time::Instant,
};

/// Whether requests are tried again, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// How often a request is tried again at most; 0 for never. Default 2, range 0 to 10.
    pub retries: u8,
    /// The longest wait that a server may ask for, in milliseconds; a request that would
    /// have to wait longer gets its answer at once. Default 5000, range 0 to 3600000.
    #[serde(rename = "pushback_max_ms", with = "crate::time::millis")]
    pub pushback_max: Duration,
    /// How long to wait where the server does not say.
    pub backoff: BackoffSettings,
    /// How long each attempt may take.
    pub deadline: DeadlineSettings,
    /// How many retries there may be among many requests.
    pub budget: RetryBudgetSettings,
    /// When retries stop altogether; without it the budget alone decides. Default none.
    pub throttle: Option<RetryThrottleSettings>,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            retries: 2,
            pushback_max: Duration::from_secs(5),
            backoff: BackoffSettings::default(),
            deadline: DeadlineSettings::default(),
            budget: RetryBudgetSettings::default(),
            throttle: None,
        }
    }
}

impl RetrySettings {
    /// Whether every value is in its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if self.retries > 10 {
            return Err(InvalidSetting { field: "retries", allowed: "from 0 to 10" });
        }
        if self.pushback_max > Duration::from_secs(3_600) {
            return Err(InvalidSetting { field: "pushback_max_ms", allowed: "from 0 to 3600000" });
        }
        self.backoff.validate()?;
        self.deadline.validate()?;
        self.budget.validate()?;
        self.throttle.as_ref().map_or(Ok(()), RetryThrottleSettings::validate)
    }
}

/// Decides whether a request that failed is tried again, and when.
///
/// One belongs to one service that is asked. It holds what its requests share (the
/// budget, the throttle); a request's own state is an [`Attempts`]. There is no clock in
/// it and nothing waits: [`RetryPolicy::call`] does that.
///
/// ```
/// use seawall_guard::{Ctx, Instant, Outcome};
/// use seawall_guard::retry::{GiveUp, Next, Repeat, RetryPolicy, RetrySettings};
///
/// let policy = RetryPolicy::new(&RetrySettings::default(), 1, Instant::START)?;
/// let mut attempts = policy.start(Instant::START, &Ctx::default(), Repeat::Safe)?;
/// let Next::Retry { at } = policy.handle(&mut attempts, Instant::START, Outcome::Failure)
/// else { panic!("it has just begun") };
/// let Next::Retry { at } = policy.handle(&mut attempts, at, Outcome::Failure)
/// else { panic!("two retries by default") };
/// let end = policy.handle(&mut attempts, at, Outcome::Failure);
/// assert_eq!(end, Next::GiveUp(GiveUp::AttemptsSpent));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RetryPolicy {
    settings: RetrySettings,
    budget: Arc<RetryBudget>,
    throttle: Option<RetryThrottle>,
    rng: CachePadded<Rng>,
}

/// One request on its way.
#[derive(Debug, Clone, Copy)]
pub struct Attempts {
    deadline: Option<Instant>,
    repeat: Repeat,
    /// Attempts that somebody further out made before.
    outer: u8,
    /// Attempts that have ended here.
    ended: u8,
    backoff: Backoff,
    /// Whether its deposit is in the budget.
    deposited: bool,
}

/// One attempt that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// How many came before it, here and further out: what to tell the next hop.
    pub previous: u8,
    /// When it ends, [`DeadlineSettings::margin`] before its request does.
    pub deadline: Instant,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Its answer is the answer.
    Done,
    /// Begin another attempt at `at`, to another endpoint if there is one.
    Retry {
        /// When.
        at: Instant,
    },
    /// Its answer is the answer, though another attempt might have had a better one.
    GiveUp(GiveUp),
}

impl RetryPolicy {
    /// One with a budget of its own. `seed` is of the waits' jitter.
    ///
    /// # Errors
    ///
    /// A setting that is out of range.
    pub fn new(settings: &RetrySettings, seed: u64, now: Instant) -> Result<Self, InvalidSetting> {
        let budget = RetryBudget::new(&settings.budget, now)?;
        Self::with_budget(settings, Arc::new(budget), seed)
    }

    /// One that shares a budget with others that ask the same service. The settings' own
    /// budget is not looked at.
    ///
    /// # Errors
    ///
    /// A setting that is out of range.
    pub fn with_budget(
        settings: &RetrySettings,
        budget: Arc<RetryBudget>,
        seed: u64,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let throttle = settings.throttle.as_ref().map(RetryThrottle::new).transpose()?;
        Ok(Self {
            settings: settings.clone(),
            budget,
            throttle,
            rng: CachePadded::new(Rng::seeded(seed)),
        })
    }

    /// One with other settings that keeps the budget and how much of the throttle's
    /// tokens is left. Requests on their way go on under whichever they are given. Where
    /// the settings of the budget differ it takes them for all who share it.
    ///
    /// # Errors
    ///
    /// A setting that is out of range; nothing changes.
    pub fn reconfigured(
        &self,
        settings: &RetrySettings,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        let mut made = Self::with_budget(settings, Arc::clone(&self.budget), self.rng.next_u64())?;
        if let (Some(old), Some(new)) = (&self.throttle, &settings.throttle) {
            made.throttle = Some(old.reconfigured(new)?);
        }
        if settings.budget != self.settings.budget {
            self.budget.reconfigure(&settings.budget, now)?;
        }
        Ok(made)
    }

    /// The budget, to share it with another policy, with hedges, or with metrics.
    pub const fn budget(&self) -> &Arc<RetryBudget> {
        &self.budget
    }

    /// The settings.
    pub const fn settings(&self) -> &RetrySettings {
        &self.settings
    }

    /// Takes a request. It earns the budget something unless it is itself a retry of
    /// somebody further out.
    ///
    /// # Errors
    ///
    /// [`Rejected::DeadlinePassed`]: no time is left for an attempt.
    pub fn start(
        &self,
        now: Instant,
        ctx: &Ctx<'_>,
        repeat: Repeat,
    ) -> Result<Attempts, Rejection> {
        if self.settings.deadline.of_attempt(now, ctx.deadline).is_none() {
            return Err(Rejection::new(Rejected::DeadlinePassed, Scope::Node));
        }
        let deposited = ctx.previous_attempts == 0;
        if deposited {
            self.budget.deposit(now);
        }
        Ok(Attempts {
            deadline: ctx.deadline,
            repeat,
            outer: ctx.previous_attempts,
            ended: 0,
            backoff: Backoff::default(),
            deposited,
        })
    }

    /// The attempt to make now: the first one at once, another when [`Next::Retry`] said.
    /// `None` if no time is left for it after all.
    pub fn attempt(&self, attempts: &Attempts, now: Instant) -> Option<Attempt> {
        let deadline = self.settings.deadline.of_attempt(now, attempts.deadline)?;
        Some(Attempt { previous: attempts.outer.saturating_add(attempts.ended), deadline })
    }

    /// Decides what comes after an attempt that ended at `now`.
    pub fn handle(
        &self,
        attempts: &mut Attempts,
        now: Instant,
        verdict: impl Into<Verdict>,
    ) -> Next {
        attempts.ended = attempts.ended.saturating_add(1);
        let decided = match verdict.into() {
            Verdict::Answered(answer) => self.after_answer(attempts, now, answer),
            Verdict::Refused(rejection) => self.after_refusal(attempts, now, rejection),
        };
        decided.unwrap_or_else(Next::GiveUp)
    }

    fn after_answer(
        &self,
        attempts: &mut Attempts,
        now: Instant,
        answer: Answer,
    ) -> Result<Next, GiveUp> {
        match answer.outcome {
            Outcome::Success | Outcome::Ignore | Outcome::Slow => {
                self.throttle.as_ref().inspect(|throttle| throttle.succeeded());
                return Ok(Next::Done);
            }
            Outcome::Cancelled => return Err(GiveUp::Cancelled),
            Outcome::Failure | Outcome::Timeout | Outcome::Overload => {
                self.throttle.as_ref().inspect(|throttle| throttle.failed());
            }
            Outcome::Topology => {}
        }
        if answer.outcome == Outcome::Overload && std::mem::take(&mut attempts.deposited) {
            self.budget.forfeit(now);
        }
        if answer.pushback == Pushback::Never {
            return Err(GiveUp::PushedBack(answer.pushback));
        }
        // Who is no longer the right one did not act on it.
        let acted = !answer.unprocessed && answer.outcome != Outcome::Topology;
        if acted && attempts.repeat == Repeat::Unsafe {
            return Err(GiveUp::NotRepeatable);
        }
        self.may_go_on(attempts)?;
        let wait = self.wait(attempts, answer.pushback)?;
        self.has_time(attempts, now + wait)?;
        if self.throttle.as_ref().is_some_and(|throttle| !throttle.allows()) {
            return Err(GiveUp::Throttled);
        }
        self.budget.try_withdraw(now).map_err(|_| GiveUp::BudgetSpent)?;
        Ok(Next::Retry { at: now + wait })
    }

    /// An endpoint that is left alone is no reason to leave the others alone. Nothing was
    /// sent, so asking another one costs no budget and needs no wait (what gRPC calls a
    /// transparent retry).
    fn after_refusal(
        &self,
        attempts: &Attempts,
        now: Instant,
        rejection: Rejection,
    ) -> Result<Next, GiveUp> {
        if rejection.scope != Scope::Endpoint {
            return Err(GiveUp::Refused(rejection));
        }
        if attempts.ended > self.settings.retries {
            return Err(GiveUp::Refused(rejection));
        }
        self.has_time(attempts, now)?;
        Ok(Next::Retry { at: now })
    }

    fn may_go_on(&self, attempts: &Attempts) -> Result<(), GiveUp> {
        if attempts.outer > 0 {
            return Err(GiveUp::OuterRetries);
        }
        if self.settings.retries == 0 {
            return Err(GiveUp::Off);
        }
        if attempts.ended > self.settings.retries {
            return Err(GiveUp::AttemptsSpent);
        }
        Ok(())
    }

    /// How long to wait. The jitter comes on top of what a server asks for, so that those
    /// who got the same word do not all come back at once; as in gRPC's design the waits
    /// then start again from the first.
    fn wait(&self, attempts: &mut Attempts, pushback: Pushback) -> Result<Duration, GiveUp> {
        let Pushback::After(asked) = pushback else {
            return Ok(attempts.backoff.next(&self.settings.backoff, &self.rng));
        };
        if asked > self.settings.pushback_max {
            return Err(GiveUp::PushedBack(pushback));
        }
        attempts.backoff = Backoff::default();
        Ok(asked + Backoff::default().next(&self.settings.backoff, &self.rng))
    }

    fn has_time(&self, attempts: &Attempts, at: Instant) -> Result<(), GiveUp> {
        let ends = self.settings.deadline.of_attempt(at, attempts.deadline);
        ends.map(drop).ok_or(GiveUp::DeadlineNear)
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
