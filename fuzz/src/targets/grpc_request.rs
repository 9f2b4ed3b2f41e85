//! Unary calls of gRPC through the router: each is answered by one message of the
//! expected type whose three verdicts agree, and what is refused has changed nothing.

use http::StatusCode;
use libfuzzer_sys::Corpus;
use serde_json::Value;

use crate::{
    envelope,
    head::Head,
    world::{self, Answer, call},
};

/// Requests that leave everything as it was.
const READING: [&str; 5] = [
    "ServerCheckRequest",
    "HealthCheckRequest",
    "ConfigQueryRequest",
    "ServiceQueryRequest",
    "ServiceListRequest",
];

/// The name of the request, lines of headers, an empty line, and the JSON.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Some(Head { first: kind, headers, body: json }) = Head::read(bytes) else {
        return Corpus::Reject;
    };
    let request = call(kind, &headers, json);
    let answer = world::ask(request, |answer| READING.contains(&kind) || !verdict(answer).done);
    let verdict = verdict(&answer);
    answer.check(!verdict.done, bytes.len());
    if !verdict.done && !verdict.error {
        assert!(expected(kind, &verdict.kind), "{kind} is answered by {}", verdict.kind);
    }
    if verdict.done {
        assert!(expected(kind, &verdict.kind), "{kind} is answered by {}", verdict.kind);
        let readable = serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok();
        // These two are answered without a look at what they say.
        let unread = matches!(kind, "ServerCheckRequest" | "HealthCheckRequest");
        assert!(readable || unread, "{kind} was done although it is not JSON");
    }
    if verdict.error { Corpus::Reject } else { Corpus::Keep }
}

struct Verdict {
    kind: String,
    done: bool,
    /// It says that the request was not looked at.
    error: bool,
}

fn verdict(answer: &Answer) -> Verdict {
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.trailers.get("grpc-status").map(|status| status.as_bytes()), Some(&b"0"[..]));
    let message = envelope::unframed(&answer.body);
    let shown = String::from_utf8_lossy(&message.json);
    let json: Value = serde_json::from_slice(&message.json).unwrap_or_else(|_| panic!("{shown}"));
    let done = json["success"].as_bool().expect("an answer says whether it went well");
    assert_eq!(json["resultCode"], if done { 200 } else { 500 }, "{shown}");
    assert_eq!(json["errorCode"] == 0, done, "{shown}");
    Verdict { error: message.kind == "ErrorResponse", kind: message.kind, done }
}

/// Whether a request of this name is answered so.
fn expected(request: &str, response: &str) -> bool {
    match request {
        "ConfigBatchListenRequest" => response == "ConfigChangeBatchListenResponse",
        "PersistentInstanceRequest" => response == "InstanceResponse",
        "ServiceQueryRequest" => response == "QueryServiceResponse",
        _ => request.strip_suffix("Request") == response.strip_suffix("Response"),
    }
}
