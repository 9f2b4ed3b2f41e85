//! How a protocol says how a request ended.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::{
    admit::{Outcome, Rejected, Rejection, Scope},
    classify::{Diagnose as _, Diagnosis, Grpc, GrpcCode, GrpcStatus, Http},
    render::{GrpcRejection, HttpRejection, Message, REJECTED},
    retry::{
        Answer,
        wire::{GRPC_PUSHBACK_MS, Pushback, Wire, parse_retry_info},
    },
};

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";
const GRPC_DETAILS: &str = "grpc-status-details-bin";

/// Longer details are not looked at: gRPC's libraries bound all headers of an answer by
/// 8 KiB, and a `RetryInfo` is shorter than a hundred bytes.
const DETAILS_MAX: usize = 8 << 10;

/// What gRPC sends is without padding and what it has to read is with or without
/// (`doc/PROTOCOL-HTTP2.md` of grpc/grpc, Binary-Header).
const BINARY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

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

    /// In which words.
    pub(super) const fn wire(&self) -> Wire {
        if self.is_grpc() { Wire::Grpc } else { Wire::Http }
    }

    /// What the head of an answer says. In gRPC it says something only of calls that end
    /// with it; of all others it is a success so far.
    pub(super) fn of_head(&self, status: StatusCode, headers: &HeaderMap) -> Answer {
        let pushback = Pushback::read(|name| bytes_of(headers, name));
        match &self.protocol {
            Protocol::Http(http) => {
                let said = http.diagnose(status.as_u16(), |name| bytes_of(headers, name));
                said.answer(pushback)
            }
            Protocol::Grpc(grpc) => match of_status(grpc, headers) {
                Some((said, info)) => said.answer(or_info(pushback, info)),
                // No answer of gRPC's: somebody on the way says so in HTTP's words.
                None if status.as_u16() >= 400 => {
                    let said =
                        Http::default().diagnose(status.as_u16(), |name| bytes_of(headers, name));
                    said.answer(pushback)
                }
                None => Answer::new(Outcome::Success),
            },
        }
    }

    /// What trailers say, if they say anything.
    pub(super) fn of_trailers(&self, trailers: &HeaderMap) -> Option<Outcome> {
        match &self.protocol {
            Protocol::Http(_) => None,
            Protocol::Grpc(grpc) => of_status(grpc, trailers).map(|(said, _)| said.outcome),
        }
    }
}

/// What the status among these headers says, and when its details say to come back.
fn of_status(grpc: &Grpc, headers: &HeaderMap) -> Option<(Diagnosis, Pushback)> {
    let number = headers.get(GRPC_STATUS)?.to_str().ok()?.parse().ok()?;
    let code = GrpcCode::new(number);
    let rejected = bytes_of(headers, REJECTED);
    // Only of these two does it matter what they say.
    let may_wait = matches!(code, GrpcCode::UNAVAILABLE | GrpcCode::RESOURCE_EXHAUSTED);
    let details = if may_wait { details_of(headers).unwrap_or_default() } else { Vec::new() };
    let said = grpc.diagnose(&GrpcStatus { code, details: &details, rejected });
    let info = parse_retry_info(&details).map_or(Pushback::Unsaid, Pushback::After);
    Some((said, info))
}

/// The decoded details of a status; `None` if there are none, too many, or it is not
/// base64.
fn details_of(headers: &HeaderMap) -> Option<Vec<u8>> {
    let encoded = bytes_of(headers, GRPC_DETAILS).filter(|bytes| bytes.len() <= DETAILS_MAX)?;
    BINARY.decode(encoded).ok()
}

/// The header, which gRPC's own retries obey, counts before the details.
fn or_info(pushback: Pushback, info: Pushback) -> Pushback {
    if pushback == Pushback::Unsaid { info } else { pushback }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::engine::general_purpose::{STANDARD as PADDED, STANDARD_NO_PAD as UNPADDED};

    use super::*;
    use crate::render::write_status;

    fn details(wait_ms: u64) -> Vec<u8> {
        let busy = Rejection::new(Rejected::Overloaded, Scope::Node);
        let mut bytes = Vec::new();
        write_status(&busy.retry_after(Duration::from_millis(wait_ms)), &mut bytes);
        bytes
    }

    fn says(code: &'static str, details: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_STATUS, HeaderValue::from_static(code));
        headers.insert(GRPC_DETAILS, HeaderValue::from_str(details).unwrap());
        Speech::grpc(Grpc::default()).of_head(StatusCode::OK, &headers)
    }

    #[test]
    fn unavailable_that_says_when_to_come_back_is_an_overload_padded_or_not() {
        let mut padded = 0;
        for wait_ms in [1_500, 15_000, 150_000] {
            let after = Pushback::After(Duration::from_millis(wait_ms));
            let overload = Answer::new(Outcome::Overload).pushback(after);
            let details = details(wait_ms);
            for text in [PADDED.encode(&details), UNPADDED.encode(&details)] {
                padded += u32::from(text.ends_with('='));
                assert_eq!(says("14", &text), overload, "{text}");
                assert_eq!(says("8", &text), overload, "{text}");
            }
        }
        assert_ne!(padded, 0);
        assert_eq!(says("13", &PADDED.encode(details(1_500))), Answer::new(Outcome::Failure));
    }

    #[test]
    fn details_that_are_too_long_or_garbage_are_not_looked_at() {
        let failure = Answer::new(Outcome::Failure);
        let mut long = details(1_500);
        // An unknown field of 7 KiB, which protobuf skips.
        long.extend_from_slice(&[0x7A, 0x80, 0x38]);
        long.resize(long.len() + 7 * 1_024, 0);
        assert_eq!(says("14", &PADDED.encode(&long)), failure, "more than 8 KiB encoded");
        for garbage in ["", "=", "!!!!", "AAAAA", "CA5aBHRlc3Q"] {
            assert_eq!(says("14", garbage), failure, "{garbage:?}");
        }
    }

    #[test]
    fn the_pushback_header_counts_before_the_details() {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_STATUS, HeaderValue::from_static("14"));
        headers.insert(GRPC_PUSHBACK_MS, HeaderValue::from_static("-1"));
        let text = UNPADDED.encode(details(1_500));
        headers.insert(GRPC_DETAILS, HeaderValue::from_str(&text).unwrap());
        let said = Speech::grpc(Grpc::default()).of_head(StatusCode::OK, &headers);
        assert_eq!(said, Answer::new(Outcome::Overload).pushback(Pushback::Never));
    }

    #[test]
    fn a_proxy_that_answers_grpc_in_the_words_of_http_is_understood() {
        let speech = Speech::grpc(Grpc::default());
        let of = |status| speech.of_head(StatusCode::from_u16(status).unwrap(), &HeaderMap::new());
        assert_eq!(of(502).outcome, Outcome::Failure);
        assert_eq!(of(429).outcome, Outcome::Overload);
        assert_eq!(of(200).outcome, Outcome::Success);
    }
}
