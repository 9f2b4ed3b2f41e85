//! A request on its way to its answer.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::{
    body::GuardedBody,
    speech::{self, Ends, Speech},
};
use crate::{
    admit::{Outcome, Rejection},
    retry::wire::Wire,
    stack::{Entry, Guard},
    time::{TokioSleep, tokio_sleep},
};

pin_project! {
    /// The answer of a guarded service. Dropping it drops the work.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Refused { rejection: Rejection, wire: Wire },
        Running {
            #[pin]
            work: F,
            #[pin]
            time: Option<TokioSleep>,
            entry: Option<Entry<Arc<Guard>>>,
            speech: Speech,
        },
        Answered,
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn refused(rejection: Rejection, wire: Wire) -> Self {
        Self { state: State::Refused { rejection, wire } }
    }

    pub(super) fn running(work: F, entry: Entry<Arc<Guard>>, speech: &Speech) -> Self {
        let time = entry.time().map(tokio_sleep);
        let speech = speech.clone();
        Self { state: State::Running { work, time, entry: Some(entry), speech } }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<GuardedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        let answer = match state.as_mut().project() {
            StateProjection::Answered => return Poll::Pending,
            StateProjection::Refused { rejection, wire } => {
                Ok(speech::refusal(rejection, *wire, GuardedBody::empty()))
            }
            StateProjection::Running { work, time, entry, speech } => {
                if let Poll::Ready(answer) = work.poll(cx) {
                    answered(answer, entry.take(), speech)
                } else if time.as_pin_mut().is_some_and(|time| time.poll(cx).is_ready()) {
                    if let Some(entry) = entry.take() {
                        entry.finish(Outcome::Timeout);
                    }
                    Ok(speech::too_late(speech.wire(), GuardedBody::empty()))
                } else {
                    return Poll::Pending;
                }
            }
        };
        // The work is dropped before its answer goes out.
        state.set(State::Answered);
        Poll::Ready(answer)
    }
}

fn answered<B: Body, E>(
    answer: Result<Response<B>, E>,
    entry: Option<Entry<Arc<Guard>>>,
    speech: &Speech,
) -> Result<Response<GuardedBody<B>>, E> {
    match answer {
        Ok(response) => {
            let outcome = speech.of_head(response.status(), response.headers()).outcome;
            let (head, body) = response.into_parts();
            let body = match speech.ends {
                Ends::WithBody => GuardedBody::held(body, entry, outcome, speech.clone()),
                Ends::WithHead => {
                    if let Some(entry) = entry {
                        entry.finish(outcome);
                    }
                    GuardedBody::free(body)
                }
            };
            Ok(Response::from_parts(head, body))
        }
        Err(error) => {
            if let Some(entry) = entry {
                entry.finish(Outcome::Failure);
            }
            Err(error)
        }
    }
}
