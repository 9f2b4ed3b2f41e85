//! Requests through clients, in the runtime's own paused time.

mod balanced;
mod deadlines;
mod grpc;
mod hedges;
mod leaks;
mod readiness;
mod retries;

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
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use super::*;
use crate::{
    Clock, GuardSettings, Outcome, Rejected,
    breaker::{BreakerSettings, ConsecutiveSettings, Policy},
    limit::LimitSettings,
    retry::Repeat,
    time::TokioTimer,
};

type Sent = Request<ReplayBody<Full<Bytes>>>;
type Answer = Result<Response<ClientBody<Full<Bytes>>>, ClientError>;

/// The runtime's clock, which tests pause.
fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioTimer::new())
}

fn http(settings: ClientSettings) -> ClientLayer {
    ClientLayer::http("stock").settings(settings).clock(clock()).build().unwrap()
}

fn grpc(settings: ClientSettings) -> ClientLayer {
    ClientLayer::grpc("stock").settings(settings).clock(clock()).build().unwrap()
}

fn of_guard(guard: GuardSettings) -> ClientSettings {
    ClientSettings { guard, ..ClientSettings::default() }
}

fn of_three_failures() -> GuardSettings {
    let settings = ConsecutiveSettings { failures: 3, ..ConsecutiveSettings::default() };
    let breaker = Some(BreakerSettings::new(Policy::Consecutive(settings)));
    GuardSettings { breaker, ..GuardSettings::default() }
}

fn get() -> Request<Full<Bytes>> {
    Request::get("http://stock/shoes").body(Full::default()).unwrap()
}

fn post() -> Request<Full<Bytes>> {
    Request::post("http://stock/shoes").body(Full::from("two pairs")).unwrap()
}

fn with(mut request: Request<Full<Bytes>>, ctx: CallCtx) -> Request<Full<Bytes>> {
    request.extensions_mut().insert(ctx);
    request
}

/// Asks a service that answers the attempt of each number, from 0.
async fn ask<F>(
    layer: &ClientLayer,
    request: Request<Full<Bytes>>,
    answer: impl Fn(u32, Sent) -> F + Clone + Send + 'static,
) -> Answer
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let attempts = Arc::new(AtomicU32::new(0));
    let service = service_fn(move |request: Sent| {
        let answer = answer(attempts.fetch_add(1, Ordering::Relaxed), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    layer.layer(service).oneshot(request).await
}

fn response(status: u16, headers: &[(&'static str, &'static str)]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("answer"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    response
}

fn header<'r>(request: &'r Sent, name: &str) -> &'r str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Counts up when it is dropped.
struct Dropped(Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
