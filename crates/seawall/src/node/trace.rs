//! One trace id across the log lines of a request.

use std::task::{Context, Poll};

use http::{HeaderMap, Request};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span, instrument::Instrumented};

/// Puts every request into a span that carries its trace id.
///
/// The id is the caller's, from `traceparent` (W3C Trace Context, section
/// 3.2.2.3), or a new one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceLayer;

/// See [`TraceLayer`].
#[derive(Debug, Clone)]
pub(crate) struct Traced<S>(S);

impl<S> Layer<S> for TraceLayer {
    type Service = Traced<S>;

    fn layer(&self, inner: S) -> Traced<S> {
        Traced(inner)
    }
}

impl<S, B> Service<Request<B>> for Traced<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let span = span_of(request.headers(), request.uri().path());
        let _entered = span.enter();
        let work = self.0.call(request);
        drop(_entered);
        work.instrument(span)
    }
}

fn span_of(headers: &HeaderMap, path: &str) -> Span {
    match trace_id_of(headers) {
        Some(id) => tracing::warn_span!("request", trace = id, path),
        None => {
            let id = rand::random::<u128>();
            tracing::warn_span!("request", trace = format_args!("{id:032x}"), path)
        }
    }
}

/// The trace id of a valid `traceparent` header.
fn trace_id_of(headers: &HeaderMap) -> Option<&str> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (_version, id) = (parts.next()?, parts.next()?);
    let lower_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let valid = id.len() == 32 && id.bytes().all(lower_hex) && id.bytes().any(|c| c != b'0');
    valid.then_some(id)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static("traceparent"),
            HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn a_callers_trace_goes_on() {
        let sent = headers("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(trace_id_of(&sent), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    }

    #[test]
    fn a_malformed_trace_is_not_taken_over() {
        for value in [
            "",
            "00",
            "00-xyz-1-01",
            "00-00000000000000000000000000000000-1-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-1-01",
        ] {
            assert_eq!(trace_id_of(&headers(value)), None, "{value}");
        }
    }
}
