//! Calls of gRPC.

use http::HeaderMap;
use http_body::Frame;
use http_body_util::{StreamBody, combinators::UnsyncBoxBody};

use super::*;

type Stream = UnsyncBoxBody<Bytes, Infallible>;

/// A message, and trailers of this status after some time.
fn stream(after_ms: u64, code: &'static str) -> Response<Stream> {
    let frames = futures::stream::unfold(0, move |step| async move {
        let frame = match step {
            0 => Frame::data(Bytes::from("message")),
            1 => {
                tokio::time::sleep(ms(after_ms)).await;
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", HeaderValue::from_static(code));
                Frame::trailers(trailers)
            }
            _ => return None,
        };
        Some((Ok::<_, Infallible>(frame), step + 1))
    });
    Response::new(StreamBody::new(frames).boxed_unsync())
}

async fn call(
    layer: &ClientLayer,
    request: Request<Full<Bytes>>,
    answer: impl Fn(Sent) -> Response<Stream> + Clone + Send + 'static,
) -> Response<ClientBody<Stream>> {
    let service = service_fn(move |request: Sent| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer) }
    });
    layer.layer(service).oneshot(request).await.unwrap()
}

fn status(answer: &Response<ClientBody<Stream>>) -> &str {
    answer.headers().get("grpc-status").map_or("", |status| status.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_call_is_in_flight_until_its_trailers_and_ends_as_they_say() {
    let layer = grpc(ClientSettings::default());
    for (code, outcome) in
        [("0", Outcome::Success), ("13", Outcome::Failure), ("8", Outcome::Overload)]
    {
        let answer = call(&layer, post(), move |_| stream(20, code)).await;
        assert_eq!(layer.guard().limit().unwrap().in_flight(), 1);
        let body = answer.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], code);
        assert_eq!(layer.guard().limit().unwrap().in_flight(), 0);
        assert_eq!(layer.guard().counts().outcome(outcome), 1, "{outcome:?}");
    }
}

/// The deadline of a call is that of its whole answer. `tower::timeout` ends with the head.
#[tokio::test(start_paused = true)]
async fn tower_timeouts_end_with_the_head_and_these_with_the_trailers() {
    let layer = grpc(ClientSettings::default());
    let started = tokio::time::Instant::now();
    let answer = call(&layer, post(), |_| stream(60_000, "0")).await;
    let body = answer.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "4");
    assert_eq!(body.to_bytes(), "message");
    assert_eq!(started.elapsed(), ms(1_000));
    assert_eq!(layer.guard().counts().outcome(Outcome::Timeout), 1);
    assert_eq!(layer.guard().limit().unwrap().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_long_stream_is_over_for_the_guard_when_it_begins() {
    let layer = ClientLayer::grpc("stock").clock(clock()).streaming().build().unwrap();
    let untimed = |request: Sent| {
        assert_eq!(header(&request, "grpc-timeout"), "", "or the server would end it then");
        stream(60_000, "0")
    };
    let answer = call(&layer, post(), untimed).await;
    assert_eq!(layer.guard().limit().unwrap().in_flight(), 0);
    let body = answer.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
}

#[tokio::test(start_paused = true)]
async fn a_call_is_retried_only_when_the_caller_says_so_and_tells_how_often() {
    let layer = grpc(ClientSettings::default());
    let unavailable = |request: Sent| {
        let again = header(&request, "grpc-previous-rpc-attempts") == "1";
        assert!(header(&request, "grpc-timeout").ends_with('u'), "in microseconds");
        let mut answer = stream(1, "0");
        if !again {
            answer.headers_mut().insert("grpc-status", HeaderValue::from_static("14"));
        }
        answer
    };
    assert_eq!(status(&call(&layer, post(), unavailable).await), "14");
    let request = with(post(), CallCtx::default().repeat(Repeat::Safe));
    assert_eq!(status(&call(&layer, request, unavailable).await), "");
}

#[tokio::test(start_paused = true)]
async fn refusals_of_this_side_are_statuses() {
    let limit = Some(LimitSettings::fixed(1));
    let layer = grpc(of_guard(GuardSettings { limit, ..GuardSettings::default() }));
    let held = layer.guard().enter_owned(&crate::Ctx::default()).unwrap();
    let refused = call(&layer, post(), |_| unreachable!()).await;
    assert_eq!((refused.status().as_u16(), status(&refused)), (200, "8"));
    assert_eq!(refused.headers()["x-seawall-rejected"], "concurrency_limited");
    drop(held);
    let mut request = post();
    // As tonic's `Request::set_timeout` writes it.
    request.headers_mut().insert("grpc-timeout", HeaderValue::from_static("9000u"));
    let late = call(&layer, request, |_| unreachable!()).await;
    assert_eq!(status(&late), "4", "9 ms are less than the way back takes");
}

#[tokio::test(start_paused = true)]
async fn a_long_stream_is_told_the_deadline_that_its_caller_has() {
    let layer = ClientLayer::grpc("stock").clock(clock()).streaming().build().unwrap();
    let mut request = post();
    request.headers_mut().insert("grpc-timeout", HeaderValue::from_static("60S"));
    let timed = |request: Sent| {
        assert_eq!(header(&request, "grpc-timeout"), "60000000u");
        stream(1, "0")
    };
    assert_eq!(call(&layer, request, timed).await.status(), 200);
}

/// A call that is dropped before its trailers is cancelled, and after its deadline a
/// timeout, or a server that never ends a call would never be found out.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_dropped_before_its_trailers_gives_its_place_back() {
    let layer = grpc(ClientSettings::default());
    drop(call(&layer, post(), |_| stream(60_000, "0")).await);
    let late = call(&layer, post(), |_| stream(60_000, "0")).await;
    tokio::time::sleep(ms(1_000)).await;
    drop(late);
    let counts = layer.guard().counts();
    assert_eq!((counts.outcome(Outcome::Cancelled), counts.outcome(Outcome::Timeout)), (1, 1));
    assert_eq!(layer.guard().limit().unwrap().in_flight(), 0);
}
