//! Requests that are hedged while somebody waits.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use super::{Hedge, HedgeEvent, HedgeNext, Lane};
use crate::{
    admit::{Ctx, Outcome},
    retry::{Attempt, Called, Repeat, Verdict, with_deadline},
    time::Timer,
};

impl Hedge {
    /// Makes an attempt, and a second one if the first is slow or fails; gives the first
    /// good answer back.
    ///
    /// `attempt` makes one; it is told when it ends and how many came before it, for the
    /// headers of what it sends. `judge` says how its answer counts. The attempt that
    /// lost is dropped before this returns, one that goes on after its deadline a little
    /// later (see [`RetryPolicy::call`](crate::retry::RetryPolicy::call)), and dropping
    /// this future drops both.
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
        let Ok((mut hedging, begin)) = self.start(timer.now(), ctx, repeat) else {
            return called;
        };
        let mut run = |begin: Attempt| {
            let dropped_at = self.settings().deadline.drop_of_attempt(begin.deadline);
            with_deadline(timer, dropped_at, attempt(begin))
        };
        called.attempts = 1;
        let mut first = pin!(Some(run(begin)));
        let mut second = pin!(None);
        let mut sleep = pin!(None::<T::Sleep>);
        loop {
            sleep.set(hedging.due().map(|due| timer.sleep_until(due)));
            let ended = poll_fn(|context| {
                if let Some(answer) = poll_taking(first.as_mut(), context) {
                    return Poll::Ready(Some((Lane::First, answer)));
                }
                if let Some(answer) = poll_taking(second.as_mut(), context) {
                    return Poll::Ready(Some((Lane::Second, answer)));
                }
                poll_taking(sleep.as_mut(), context).map_or(Poll::Pending, |()| Poll::Ready(None))
            })
            .await;
            let event = ended.map_or(HedgeEvent::Due, |(lane, answer)| {
                called.answer = answer;
                let judged = called.answer.as_ref().map(|answer| judge(answer).into());
                HedgeEvent::Ended(lane, judged.unwrap_or(Outcome::Timeout.into()))
            });
            match self.handle(&mut hedging, timer.now(), event) {
                HedgeNext::Wait => continue,
                HedgeNext::Second(begin) => {
                    called.attempts = 2;
                    second.set(Some(run(begin)));
                    continue;
                }
                HedgeNext::Done => called.gave_up = None,
                HedgeNext::GiveUp(why) => called.gave_up = Some(why),
            }
            return called;
        }
    }
}

/// Polls what is there, and drops it when it is done.
fn poll_taking<F: Future>(
    mut running: Pin<&mut Option<F>>,
    context: &mut Context<'_>,
) -> Option<F::Output> {
    let Poll::Ready(output) = running.as_mut().as_pin_mut()?.poll(context) else { return None };
    running.set(None);
    Some(output)
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
