//! Requests over HTTP and gRPC through the layer.

use std::{
    convert::Infallible,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::*;
use crate::{
    Guard, GuardSettings, Outcome, Rejected, limit::LimitSettings, rules::RuleBook,
    time::TokioTimer,
};

fn guard(settings: GuardSettings) -> Arc<Guard> {
    // The runtime's clock, which tests pause.
    let clock = Arc::new(TokioTimer::new());
    Arc::new(Guard::builder("shop").settings(settings).clock(clock).build().unwrap())
}

fn of_one() -> GuardSettings {
    GuardSettings { limit: Some(LimitSettings::fixed(1)), ..GuardSettings::default() }
}

fn request(headers: &[(&'static str, &str)]) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    request
}

/// Asks a service that answers with `answer` through a layer.
async fn ask<F, B>(
    layer: &GuardLayer,
    headers: &[(&'static str, &str)],
    answer: impl Fn() -> F,
) -> Response<GuardedBody<B>>
where
    F: Future<Output = Response<B>>,
    B: http_body::Body,
{
    let service = service_fn(|_: Request<Empty<Bytes>>| {
        let answer = answer();
        async move { Ok::<_, Infallible>(answer.await) }
    });
    layer.layer(service).oneshot(request(headers)).await.unwrap()
}

async fn fine() -> Response<Full<Bytes>> {
    Response::new(Full::from("fine"))
}

async fn of_status(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("sorry"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

#[tokio::test(start_paused = true)]
async fn an_answer_passes_unchanged_and_its_request_ends_with_its_body() {
    let guard = guard(of_one());
    let layer = GuardLayer::http(guard.clone());
    let answer = ask(&layer, &[], fine).await;
    assert_eq!(guard.limit().unwrap().in_flight(), 1);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "fine");
    assert_eq!(guard.limit().unwrap().in_flight(), 0);
    assert_eq!(guard.counts().outcome(Outcome::Success), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_never_reaches_the_service() {
    let guard = guard(of_one());
    let layer = GuardLayer::http(guard.clone());
    let held = ask(&layer, &[], fine).await;
    let calls = AtomicU32::new(0);
    let refused = ask(&layer, &[], || {
        calls.fetch_add(1, Ordering::Relaxed);
        fine()
    });
    let refused = refused.await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["x-seawall-rejected"], "concurrency_limited");
    assert_eq!(refused.into_body().collect().await.unwrap().to_bytes(), "");
    assert_eq!(calls.into_inner(), 0);
    drop(held);
    assert_eq!(ask(&layer, &[], fine).await.status(), 200, "an unread body is no leak");
}

#[tokio::test(start_paused = true)]
async fn status_codes_say_whether_the_server_is_at_fault() {
    let guard = guard(GuardSettings::default());
    let layer = GuardLayer::http(guard.clone());
    for status in [200, 404, 500, 429] {
        let answer = ask(&layer, &[], || of_status(status)).await;
        drop(answer.into_body().collect().await);
    }
    let counts = guard.counts();
    for outcome in [Outcome::Success, Outcome::Ignore, Outcome::Failure, Outcome::Overload] {
        assert_eq!(counts.outcome(outcome), 1, "{outcome:?}");
    }
}

/// Go's handlers run on after their timeout.
#[tokio::test(start_paused = true)]
async fn gozero_work_is_dropped_when_nobody_waits_any_more() {
    let guard = guard(GuardSettings { timeout: Some(Duration::from_secs(2)), ..of_one() });
    let layer = GuardLayer::http(guard.clone()).trusting();
    let finished = AtomicU32::new(0);
    let started = tokio::time::Instant::now();
    let slow = || async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        finished.fetch_add(1, Ordering::Relaxed);
        fine().await
    };
    let answer = ask(&layer, &[("x-seawall-timeout-ms", "250")], slow).await;
    assert_eq!(answer.status(), 504);
    assert!(!answer.headers().contains_key("x-seawall-rejected"), "it may have been done");
    assert_eq!(started.elapsed(), Duration::from_millis(250));
    let answer = ask(&layer, &[], slow).await;
    assert_eq!(answer.status(), 504);
    assert_eq!(started.elapsed(), Duration::from_millis(2_250));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(finished.load(Ordering::Relaxed), 0);
    assert_eq!(guard.counts().outcome(Outcome::Timeout), 2);
    assert_eq!(guard.limit().unwrap().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_takes_its_work_along() {
    let guard = guard(of_one());
    let layer = GuardLayer::http(guard.clone());
    let never = ask(&layer, &[], std::future::pending::<Response<Full<Bytes>>>);
    let gone = tokio::time::timeout(Duration::from_secs(1), never).await;
    assert!(gone.is_err());
    assert_eq!(guard.counts().outcome(Outcome::Cancelled), 1);
    assert_eq!(guard.limit().unwrap().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_trusted_callers_say_how_long_they_wait() {
    let headers = [("x-seawall-priority", "0"), ("x-seawall-timeout-ms", "0")];
    let guard = guard(GuardSettings::default());
    let stranger = ask(&GuardLayer::http(guard.clone()), &headers, fine).await;
    assert_eq!(stranger.status(), 200);
    let late = ask(&GuardLayer::http(guard.clone()).trusting(), &headers, fine).await;
    assert_eq!(late.status(), 504);
    assert_eq!(late.headers()["x-seawall-rejected"], "deadline_passed");
    assert_eq!(guard.counts().rejected(Rejected::DeadlinePassed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_told_what_to_pass_on() {
    let guard = guard(GuardSettings::server());
    let told = service_fn(|request: Request<Empty<Bytes>>| async move {
        let ctx = request.extensions().get::<client::CallCtx>().copied();
        let mut response = Response::new(Full::<Bytes>::default());
        response.extensions_mut().insert(ctx.unwrap());
        Ok::<_, Infallible>(response)
    });
    let service = GuardLayer::http(guard.clone()).trusting().layer(told);
    let headers =
        [("x-seawall-timeout-ms", "250"), ("x-seawall-priority", "1"), ("x-seawall-attempt", "2")];
    let answer = service.oneshot(request(&headers)).await.unwrap();
    let ctx = answer.extensions().get::<client::CallCtx>().unwrap();
    let left = ctx.deadline.map(|deadline| deadline - guard.clock().now());
    assert_eq!(left, Some(Duration::from_millis(250)));
    assert_eq!(ctx.priority.map(|priority| priority.class.number()), Some(1));
    assert_eq!(ctx.previous_attempts, 1, "so nothing is retried further in");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_grpc_is_trailers_alone() {
    let guard = guard(of_one());
    let layer = GuardLayer::grpc(guard.clone());
    let _held = guard.enter_owned(&crate::Ctx::default()).unwrap();
    let refused = ask(&layer, &[], fine).await;
    assert_eq!(refused.status(), 200);
    assert_eq!(refused.headers()["content-type"], "application/grpc");
    assert_eq!(refused.headers()["grpc-status"], "8");
    assert_eq!(refused.headers()["x-seawall-rejected"], "concurrency_limited");
}

#[tokio::test(start_paused = true)]
async fn a_call_of_grpc_went_as_its_trailers_say() {
    let guard = guard(GuardSettings::default());
    let layer = GuardLayer::grpc(guard.clone());
    for code in ["0", "14", "3"] {
        let ended = || async move {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_str(code).unwrap());
            let frames = [Frame::data(Bytes::from("message")), Frame::trailers(trailers)];
            let frames = frames.map(Ok::<_, Infallible>);
            Response::new(StreamBody::new(futures::stream::iter(frames)))
        };
        let answer = ask(&layer, &[], ended).await;
        drop(answer.into_body().collect().await);
    }
    let counts = guard.counts();
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignore] {
        assert_eq!(counts.outcome(outcome), 1, "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_over_for_the_guard_when_it_begins() {
    let guard = guard(of_one());
    let layer = GuardLayer::http(guard.clone()).streaming();
    let endless = || async {
        let frames = futures::stream::pending::<Result<Frame<Bytes>, Infallible>>();
        Response::new(StreamBody::new(frames))
    };
    let _open = ask(&layer, &[], endless).await;
    assert_eq!(guard.limit().unwrap().in_flight(), 0);
    assert_eq!(guard.counts().outcome(Outcome::Success), 1);
}

#[tokio::test(start_paused = true)]
async fn a_layer_goes_by_the_rules_that_are_in_force_when_a_request_comes() {
    let clock = Arc::new(TokioTimer::new());
    let book = RuleBook::new(Default::default(), "node", clock, Arc::default()).unwrap();
    let book = Arc::new(book);
    let layer = GuardLayer::http_by(book.clone(), "GET /orders");
    assert_eq!(ask(&layer, &[], fine).await.status(), StatusCode::OK);
    book.load(
        r#"{"version": 1, "rules": [{"id": "orders", "resources": ["GET /orders"],
        "settings": {"rate": {"permits": 0, "burst": 1}}}]}"#,
    )
    .unwrap();
    ask(&layer, &[], fine).await.into_body().collect().await.unwrap();
    assert_eq!(ask(&layer, &[], fine).await.status(), StatusCode::TOO_MANY_REQUESTS);
    book.load(r#"{"version": 2}"#).unwrap();
    assert_eq!(ask(&layer, &[], fine).await.status(), StatusCode::OK);
}
