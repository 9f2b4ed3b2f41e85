//! How a protocol says how a request ended.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::{
    admit::{Outcome, Rejected, Rejection, Scope},
    classify::{Diagnose as _, Grpc, GrpcCode, GrpcStatus, Http},
    render::{GrpcRejection, HttpRejection, Message, REJECTED},
    retry::wire::{GRPC_PUSHBACK_MS, Wire},
};

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";

/// Reads how answers say that they went.
#[derive(Debug, Clone)]
pub(super) struct Speech {
    protocol: Protocol,
    pub(super) ends: Ends,
}

#[derive(Debug, Clone)]
enum Protocol {
    Http(Http),
    Grpc(Grpc),
}

/// When a request has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// When its answer begins.
    WithHead,
    /// When its answer is sent.
    WithBody,
}

impl Speech {
    pub(super) const fn http(http: Http) -> Self {
        Self { protocol: Protocol::Http(http), ends: Ends::WithBody }
    }

    pub(super) const fn grpc(grpc: Grpc) -> Self {
        Self { protocol: Protocol::Grpc(grpc), ends: Ends::WithBody }
    }

    pub(super) const fn is_grpc(&self) -> bool {
        matches!(self.protocol, Protocol::Grpc(_))
    }

    /// What the head of an answer says. In gRPC it says something only of calls that end
    /// with it; of all others it is a success so far.
    pub(super) fn of_head(&self, status: StatusCode, headers: &HeaderMap) -> Outcome {
        match &self.protocol {
            Protocol::Http(http) => {
                http.diagnose(status.as_u16(), |name| bytes_of(headers, name)).outcome
            }
            Protocol::Grpc(grpc) => of_status(grpc, headers).unwrap_or(Outcome::Success),
        }
    }

    /// What trailers say, if they say anything.
    pub(super) fn of_trailers(&self, trailers: &HeaderMap) -> Option<Outcome> {
        match &self.protocol {
            Protocol::Http(_) => None,
            Protocol::Grpc(grpc) => of_status(grpc, trailers),
        }
    }
}

fn of_status(grpc: &Grpc, headers: &HeaderMap) -> Option<Outcome> {
    let number = headers.get(GRPC_STATUS)?.to_str().ok()?.parse().ok()?;
    let rejected = bytes_of(headers, REJECTED);
    let status = GrpcStatus { rejected, ..GrpcStatus::of(GrpcCode::new(number)) };
    Some(grpc.diagnose(&status).outcome)
}

fn bytes_of<'h>(headers: &'h HeaderMap, name: &'static str) -> Option<&'h [u8]> {
    headers.get(name).map(HeaderValue::as_bytes)
}

/// The answer to a request that was refused, without a body.
pub(super) fn refusal<B>(rejection: &Rejection, wire: Wire, empty: B) -> Response<B> {
    let mut response = Response::new(empty);
    match wire {
        Wire::Http => write_http(rejection, &mut response),
        Wire::Grpc => write_grpc(rejection, response.headers_mut()),
    }
    response
}

/// The answer to a request whose time ran out while it was worked on.
pub(super) fn too_late<B>(wire: Wire, empty: B) -> Response<B> {
    let late = Rejection::new(Rejected::DeadlinePassed, Scope::Resource);
    let mut response = refusal(&late, wire, empty);
    // It was not refused: it may have been done.
    response.headers_mut().remove(REJECTED);
    response
}

fn write_http<B>(rejection: &Rejection, response: &mut Response<B>) {
    let said = HttpRejection::of(rejection);
    if let Ok(status) = StatusCode::from_u16(said.status) {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    headers.insert(REJECTED, HeaderValue::from_static(said.rejected));
    if let Some(wait) = said.retry_after
        && let Ok(wait) = HeaderValue::from_str(wait.as_str())
    {
        headers.insert(header::RETRY_AFTER, wait);
    }
}

/// A response of trailers alone, as the protocol has them in its head
/// (`PROTOCOL-HTTP2.md` of grpc/grpc, "Trailers-Only").
fn write_grpc(rejection: &Rejection, headers: &mut HeaderMap) {
    let said = GrpcRejection::of(rejection);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(GRPC_STATUS, HeaderValue::from(said.code.number()));
    if let Ok(message) = HeaderValue::from_str(&Message(rejection).to_string()) {
        headers.insert(GRPC_MESSAGE, message);
    }
    headers.insert(REJECTED, HeaderValue::from_static(said.rejected));
    if let Some(wait) = said.pushback
        && let Ok(wait) = HeaderValue::from_str(wait.as_str())
    {
        headers.insert(GRPC_PUSHBACK_MS, wait);
    }
}
