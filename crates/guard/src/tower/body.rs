//! The body of an answer, with which its request ends.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::speech::Speech;
use crate::{
    admit::Outcome,
    stack::{Entry, Guard},
};

pin_project! {
    /// The body of an answer; a refusal has an empty one. The request counts as in flight
    /// until it has been sent, and as cancelled when it is dropped before.
    #[derive(Debug)]
    pub struct GuardedBody<B, H = Entry<Arc<Guard>>> {
        #[pin]
        inner: Option<B>,
        held: Option<Held<H>>,
    }
}

/// What a request holds until it ends.
pub trait Finish {
    /// Gives it back and says how the request ended.
    #[doc(hidden)]
    fn finish(self, outcome: Outcome);
}

impl Finish for Entry<Arc<Guard>> {
    fn finish(self, outcome: Outcome) {
        self.finish(outcome);
    }
}

/// What ends with the body.
#[derive(Debug)]
struct Held<H> {
    holds: H,
    /// As far as is known.
    outcome: Outcome,
    speech: Speech,
}

impl<B, H> GuardedBody<B, H> {
    pub(super) const fn empty() -> Self {
        Self { inner: None, held: None }
    }

    pub(super) const fn free(body: B) -> Self {
        Self { inner: Some(body), held: None }
    }

    pub(super) fn held(body: B, holds: Option<H>, outcome: Outcome, speech: Speech) -> Self
    where
        B: Body,
        H: Finish,
    {
        let mut held = holds.map(|holds| Held { holds, outcome, speech });
        // A server asks no frame of a body that has ended already.
        if body.is_end_stream() {
            Held::finish(&mut held, None);
        }
        Self { inner: Some(body), held }
    }
}

impl<H: Finish> Held<H> {
    fn finish(held: &mut Option<Self>, outcome: Option<Outcome>) {
        if let Some(held) = held.take() {
            held.holds.finish(outcome.unwrap_or(held.outcome));
        }
    }
}

impl<B: Body, H: Finish> Body for GuardedBody<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let frame = ready!(inner.poll_frame(cx));
        match &frame {
            None => Held::finish(this.held, None),
            Some(Err(_)) => Held::finish(this.held, Some(Outcome::Failure)),
            Some(Ok(frame)) => {
                if let (Some(held), Some(trailers)) = (&*this.held, frame.trailers_ref()) {
                    let outcome = held.speech.of_trailers(trailers);
                    Held::finish(this.held, outcome);
                } else if this.inner.as_pin_mut().is_none_or(|inner| inner.is_end_stream()) {
                    Held::finish(this.held, None);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), B::size_hint)
    }
}
