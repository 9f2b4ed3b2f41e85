//! One attempt at a request.

use std::{future::poll_fn, sync::Arc};

use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{
    body::ClientBody,
    error::{self, BoxError, ClientError},
    replay::ReplayBody,
    request::Sending,
    route::{Chosen, Held, Route},
    shared::Shared,
};
use crate::{
    admit::{Outcome, Rejected, Rejection, Scope},
    retry::{
        Answer, Attempt, Elapsed, Verdict,
        wire::{Pushback, RequestHeaders},
        with_deadline,
    },
    time::{Clock as _, Timer as _},
    tower::{
        body::{Finish as _, GuardedBody},
        speech::Ends,
    },
};

/// What came of an attempt.
pub(super) struct Attempted<R> {
    pub(super) verdict: Verdict,
    pub(super) answer: Result<Response<ClientBody<R>>, ClientError>,
}

impl<R> Attempted<R> {
    fn refused(rejection: Rejection) -> Self {
        Self { verdict: rejection.into(), answer: Err(ClientError::Refused(rejection)) }
    }

    fn failed(answer: Answer, error: ClientError) -> Self {
        Self { verdict: answer.into(), answer: Err(error) }
    }
}

/// For a hedge whose body is still read by the first attempt: that one's answer is the
/// answer. The policy knows no other way to say so.
const NO_BODY: Rejection = Rejection::new(Rejected::RetryBudgetSpent, Scope::Node);

/// An attempt that may be made: what to ask, with what, and what it holds until it ends.
pub(super) struct Admitted<S, B> {
    service: S,
    request: Request<ReplayBody<B>>,
    held: Held,
}

/// Takes all that an attempt needs: an endpoint, its guard's permission, and the body
/// last, as there may be only one.
pub(super) fn admit<P: Route, B: Body>(
    shared: &Shared,
    route: &mut P,
    sending: &Sending<B>,
    attempt: Attempt,
) -> Result<Admitted<P::Service, B>, Rejection> {
    if !sending.body.can_be_sent() {
        return Err(NO_BODY);
    }
    let Chosen { service, guard, settle } = route.choose(shared.timer.now(), sending.repeat)?;
    let ctx = sending.ctx.deadline(attempt.deadline);
    let is_one_of_many = settle.is_some();
    let entry = guard.enter_owned(&ctx).map_err(|mut rejection| {
        // The guard of one endpoint is no reason to leave the others alone.
        if is_one_of_many && rejection.scope == Scope::Resource {
            rejection.scope = Scope::Endpoint;
        }
        rejection
    })?;
    let deadline = entry.deadline().unwrap_or(attempt.deadline);
    let held = Held::new(entry, settle, guard, deadline);
    let body = sending.body.send().ok_or(NO_BODY)?;
    let mut request = Request::from_parts(sending.parts.clone(), body);
    write_headers(shared, sending, Attempt { deadline, ..attempt }, &mut request);
    Ok(Admitted { service, request, held })
}

/// Makes an attempt, which ends by itself at its deadline. Dropped at any time it gives
/// back all that it holds.
pub(super) async fn attempt<S, B, R>(
    shared: Arc<Shared>,
    admitted: Result<Admitted<S, B>, Rejection>,
) -> Attempted<R>
where
    S: Service<Request<ReplayBody<B>>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: Body,
{
    let Admitted { mut service, request, held } = match admitted {
        Ok(admitted) => admitted,
        Err(rejection) => return Attempted::refused(rejection),
    };
    let mut sent = false;
    let call = async {
        // Again for a service that was ready before: it stays so until it is called.
        poll_fn(|cx| service.poll_ready(cx)).await?;
        sent = true;
        service.call(request).await
    };
    match with_deadline(&shared.timer, held.deadline(), call).await {
        Ok(Ok(response)) => answered(&shared, response, held),
        Ok(Err(error)) => failed(&shared, error.into(), sent, held),
        Err(Elapsed) => {
            held.finish(Outcome::Timeout);
            let answer = Answer { unprocessed: !sent, ..Answer::new(Outcome::Timeout) };
            Attempted::failed(answer, ClientError::Elapsed(Elapsed))
        }
    }
}

/// Tells the next hop how long is waited for it, how much it matters and how often it was
/// tried.
fn write_headers<B, T>(
    shared: &Shared,
    sending: &Sending<B>,
    attempt: Attempt,
    request: &mut Request<T>,
) {
    let now = shared.timer.now();
    let mut said = RequestHeaders::of_attempt(&sending.ctx, &attempt, now);
    if shared.speech.is_grpc() && shared.speech.ends == Ends::WithHead {
        // A server of gRPC ends a stream at its timeout, and this one is the head's only.
        said.timeout = sending.asked.map(|asked| asked - now);
    }
    let headers = request.headers_mut();
    said.write(shared.speech.wire(), |name, text| {
        if let Ok(value) = HeaderValue::from_str(text.as_str()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    });
}

fn answered<R: Body>(shared: &Shared, response: Response<R>, held: Held) -> Attempted<R> {
    let said = shared.speech.of_head(response.status(), response.headers());
    let (head, body) = response.into_parts();
    let goes_on = shared.speech.ends == Ends::WithBody && said.outcome == Outcome::Success;
    let body = if goes_on {
        let time = shared.timer.sleep_until(held.deadline());
        let speech = shared.speech.clone();
        ClientBody::timed(GuardedBody::held(body, Some(held), said.outcome, speech), time)
    } else {
        held.finish(said.outcome);
        ClientBody::free(body)
    };
    Attempted { verdict: said.into(), answer: Ok(Response::from_parts(head, body)) }
}

fn failed<R>(shared: &Shared, error: BoxError, sent: bool, held: Held) -> Attempted<R> {
    if let Some(rejection) = error::rejection_in(&error) {
        // Of a layer below and still of this side: it says nothing of the server.
        held.finish(Outcome::Cancelled);
        return Attempted::refused(rejection);
    }
    let said = error::diagnose(&error, shared.diagnose_error);
    held.finish(said.outcome);
    let mut answer = said.answer(Pushback::Unsaid);
    answer.unprocessed |= !sent;
    Attempted::failed(answer, ClientError::Failed(error))
}
