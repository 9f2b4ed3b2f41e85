//! A client with this crate's retries.

use std::{collections::HashMap, time::Duration};

use seawall_guard::{
    Ctx, Instant, Rejected, Rejection, Scope,
    retry::{
        Answer, Attempts, DeadlineSettings, Next, Repeat, RetryPolicy, RetrySettings,
        wire::Pushback,
    },
};

use crate::sim::{self, Caller, Route};

/// Asks the one node of a service as a [`RetryPolicy`] says.
pub(super) struct RetryCaller {
    policy: RetryPolicy,
    calls: HashMap<u64, Attempts>,
    pushback: Pushback,
    /// What it does not do of what it should.
    pub(super) ignores: Ignores,
}

/// What a client may not know of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ignores {
    /// That the request it is made for is a retry.
    pub(super) attempts: bool,
    /// That it was told not to retry.
    pub(super) pushback: bool,
}

impl RetryCaller {
    /// With the usual settings; an attempt may take so long.
    pub(super) fn new(timeout: Duration) -> Self {
        let deadline = DeadlineSettings { attempt: timeout, ..DeadlineSettings::default() };
        let settings = RetrySettings { deadline, ..RetrySettings::default() };
        let policy = RetryPolicy::new(&settings, 7, Instant::START).unwrap();
        let (calls, pushback) = (HashMap::new(), Pushback::Unsaid);
        Self { policy, calls, pushback, ignores: Ignores::default() }
    }
}

impl Caller for RetryCaller {
    fn send(&mut self, now: Instant, attempt: &sim::Attempt) -> Result<Route, Rejection> {
        let late = Rejection::new(Rejected::DeadlinePassed, Scope::Node);
        if attempt.number == 0 {
            let previous_attempts = if self.ignores.attempts { 0 } else { attempt.outer as u8 };
            let ctx = Ctx { deadline: attempt.deadline, previous_attempts, ..Ctx::default() };
            self.calls.insert(attempt.call, self.policy.start(now, &ctx, Repeat::Safe)?);
        }
        let attempts = self.calls.get(&attempt.call).ok_or(late)?;
        let begun = self.policy.attempt(attempts, now).ok_or(late)?;
        Ok(Route { node: 0, timeout: begun.deadline - now })
    }

    fn hear(
        &mut self,
        now: Instant,
        attempt: &sim::Attempt,
        answer: &sim::Answer,
    ) -> Option<Duration> {
        let attempts = self.calls.get_mut(&attempt.call)?;
        let mut heard = Answer::new(answer.outcome);
        if !self.ignores.pushback {
            heard = heard.pushback(answer.pushback);
        }
        let next = self.policy.handle(attempts, now, heard);
        if let Next::Retry { at } = next {
            return Some(at - now);
        }
        self.calls.remove(&attempt.call);
        self.pushback = match next {
            Next::GiveUp(why) => why.pushback(),
            _ => Pushback::Unsaid,
        };
        None
    }

    fn pushback(&self) -> Pushback {
        self.pushback
    }
}
