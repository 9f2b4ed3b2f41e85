//! A request and all its attempts.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, request::Parts};
use http_body::Body;
use tower_service::Service;

use super::{
    attempt::{Attempted, admit, attempt},
    body::ClientBody,
    call_ctx::CallCtx,
    error::{BoxError, ClientError},
    replay::{Original, ReplayBody},
    route::Route,
    shared::Shared,
};
use crate::{
    admit::{Ctx, Rejected, Rejection, Scope},
    retry::{Attempt, Called, Repeat, Verdict, wire::Pushback},
    time::{Clock as _, Instant},
    tower::speech,
};

/// What a client answers.
type Answer<R> = Result<Response<ClientBody<R>>, ClientError>;

/// The answer of a client. Dropping it drops whatever attempt or wait goes on.
#[must_use = "futures do nothing unless polled"]
pub struct ClientFuture<R>(Pin<Box<dyn Future<Output = Answer<R>> + Send>>);

impl<R> fmt::Debug for ClientFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientFuture").finish_non_exhaustive()
    }
}

impl<R> Future for ClientFuture<R> {
    type Output = Answer<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R> ClientFuture<R> {
    pub(super) fn new<P, B>(shared: Arc<Shared>, route: P, request: Request<B>) -> Self
    where
        P: Route + Send + 'static,
        P::Service: Service<Request<ReplayBody<B>>, Response = Response<R>> + Send,
        <P::Service as Service<Request<ReplayBody<B>>>>::Future: Send,
        <P::Service as Service<Request<ReplayBody<B>>>>::Error: Into<BoxError> + Send,
        B: Body + Send + 'static,
        R: Body + Send + 'static,
    {
        Self(Box::pin(send(shared, route, request)))
    }
}

/// A request that is being sent.
pub(super) struct Sending<B> {
    pub(super) parts: Parts,
    pub(super) body: Original<B>,
    pub(super) ctx: Ctx<'static>,
    pub(super) repeat: Repeat,
    /// When its caller said that it stops waiting.
    pub(super) asked: Option<Instant>,
}

impl<B: Body> Sending<B> {
    fn new(shared: &Shared, request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        let now = shared.timer.now();
        let (known, said) = CallCtx::of_sending(&parts);
        Self {
            ctx: known.ctx(&said, &shared.retry.settings().deadline, now),
            repeat: known.repeat.unwrap_or_else(|| Repeat::of_method(parts.method.as_str())),
            asked: known.deadline.into_iter().chain(said.timeout.map(|left| now + left)).min(),
            body: Original::new(body, shared.replay_bytes_max),
            parts,
        }
    }
}

/// Sends a request as often as it takes and may be.
async fn send<P, B, R>(shared: Arc<Shared>, mut route: P, request: Request<B>) -> Answer<R>
where
    P: Route + Send,
    P::Service: Service<Request<ReplayBody<B>>, Response = Response<R>> + Send,
    <P::Service as Service<Request<ReplayBody<B>>>>::Future: Send,
    <P::Service as Service<Request<ReplayBody<B>>>>::Error: Into<BoxError> + Send,
    B: Body + Send,
    R: Body + Send,
{
    let sending = Sending::new(&shared, request);
    let Sending { ctx, repeat, .. } = sending;
    let begin = |begun: Attempt| {
        let admitted = admit(&shared, &mut route, &sending, begun);
        attempt(Arc::clone(&shared), admitted)
    };
    let judge = |attempted: &Attempted<R>| match attempted.verdict {
        // What cannot be sent again is not paid for either.
        Verdict::Answered(answer) if !sending.body.can_be_sent() => {
            Verdict::Answered(answer.pushback(Pushback::Never))
        }
        verdict => verdict,
    };
    let called = match &shared.hedge {
        Some(hedge) if repeat == Repeat::Safe => {
            hedge.call(&shared.timer, &ctx, repeat, judge, begin).await
        }
        _ => shared.retry.call(&shared.timer, &ctx, repeat, judge, begin).await,
    };
    give_back(&shared, called)
}

/// Over gRPC a refusal is a status, which is what its callers read; over HTTP, where they
/// have to tell it from an answer, it is an error.
fn give_back<R>(shared: &Shared, called: Called<Attempted<R>>) -> Answer<R> {
    let error = match called.answer {
        Ok(Attempted { answer: Err(error), .. }) => error,
        Ok(Attempted { answer: Ok(response), .. }) => return Ok(response),
        Err(_) if called.attempts == 0 => ClientError::Refused(NO_TIME),
        Err(elapsed) => ClientError::Elapsed(elapsed),
    };
    let wire = shared.speech.wire();
    match error {
        ClientError::Refused(rejection) if shared.speech.is_grpc() => {
            Ok(speech::refusal(&rejection, wire, ClientBody::empty()))
        }
        ClientError::Elapsed(_) if shared.speech.is_grpc() => {
            Ok(speech::too_late(wire, ClientBody::empty()))
        }
        error => Err(error),
    }
}

const NO_TIME: Rejection = Rejection::new(Rejected::DeadlinePassed, Scope::Node);
