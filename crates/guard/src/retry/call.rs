//! Requests that are tried again while somebody waits.

use std::future::Future;

use super::{Attempt, Elapsed, GiveUp, Next, Repeat, RetryPolicy, Verdict, with_deadline};
use crate::{
    admit::{Ctx, Outcome},
    time::Timer,
};

/// What came of a request and all its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<R> {
    /// The answer to give back: the last one there was, or [`Elapsed`] if the last
    /// attempt had none in time or there was no time for an attempt.
    pub answer: Result<R, Elapsed>,
    /// How many attempts were made, 0 if there was no time for one.
    pub attempts: u8,
    /// Why there was no further one; `None` if the answer needed none. See
    /// [`GiveUp::pushback`] for what to tell one's own caller.
    pub gave_up: Option<GiveUp>,
}

impl<R> Called<R> {
    /// Before there was an attempt.
    pub(super) const NOT_YET: Self =
        Self { answer: Err(Elapsed), attempts: 0, gave_up: Some(GiveUp::DeadlineNear) };
}

impl RetryPolicy {
    /// Makes attempts until one is answered well or no other is allowed.
    ///
    /// `attempt` makes one; it is told when it ends and how many came before it, for the
    /// headers of what it sends. `judge` says how its answer counts. An attempt that holds
    /// a permit of a breaker or a limit ends itself at its deadline ([`with_deadline`]
    /// around what it waits for) and finishes the permit; one that goes on is dropped a
    /// little later ([`DeadlineSettings::drop_of_attempt`]). Dropping this future drops
    /// the attempt or the wait that is going on: nothing is left behind.
    ///
    /// [`DeadlineSettings::drop_of_attempt`]: super::DeadlineSettings::drop_of_attempt
    pub async fn call<T, R, V, F>(
        &self,
        timer: &T,
        ctx: &Ctx<'_>,
        repeat: Repeat,
        judge: impl Fn(&R) -> V,
        mut attempt: impl FnMut(Attempt) -> F,
    ) -> Called<R>
    where
        T: Timer,
        V: Into<Verdict>,
        F: Future<Output = R>,
    {
        let mut called = Called::NOT_YET;
        let Ok(mut attempts) = self.start(timer.now(), ctx, repeat) else { return called };
        while let Some(next) = self.attempt(&attempts, timer.now()) {
            called.attempts += 1;
            let dropped_at = self.settings().deadline.drop_of_attempt(next.deadline);
            called.answer = with_deadline(timer, dropped_at, attempt(next)).await;
            let verdict =
                called.answer.as_ref().map_or(Outcome::Timeout.into(), |r| judge(r).into());
            match self.handle(&mut attempts, timer.now(), verdict) {
                Next::Done => called.gave_up = None,
                Next::GiveUp(why) => called.gave_up = Some(why),
                Next::Retry { at } => {
                    timer.sleep_until(at).await;
                    continue;
                }
            }
            return called;
        }
        called
    }
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
