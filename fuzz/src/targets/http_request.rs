//! The HTTP API, all three generations, through its router: no answer is an error of
//! the server, what is refused has changed nothing, and what says it is JSON is.

use axum::body::Body;
use http::{Method, Request, StatusCode, Uri, header};
use libfuzzer_sys::Corpus;
use serde_json::Value;

use crate::{
    head::Head,
    world::{self, Answer},
};

/// `METHOD /path?query`, lines of headers, an empty line, and the body.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Some(request) = read(bytes) else { return Corpus::Reject };
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let answer = world::ask(request, |answer| {
        answer.status != StatusCode::OK || method == Method::GET || method == Method::HEAD
    });
    let refused = !answer.status.is_success();
    answer.check(refused, bytes.len());
    check_body(&answer);
    if refused && (path.starts_with("/nacos/v2/") || path.starts_with("/nacos/v3/")) {
        check_refusal(&answer);
    }
    // Paths that nobody has teach nothing.
    let unknown = answer.status == StatusCode::NOT_FOUND
        && answer.body.windows(11).any(|window| window == b"No endpoint");
    if unknown { Corpus::Reject } else { Corpus::Keep }
}

fn read(bytes: &[u8]) -> Option<Request<Body>> {
    let Head { first, headers, body } = Head::read(bytes)?;
    let (method, uri) = first.split_once(' ')?;
    let uri: Uri = uri.parse().ok()?;
    if !uri.path().starts_with("/nacos/") {
        return None;
    }
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).ok()
}

fn check_body(answer: &Answer) {
    let kind = answer.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
    let shown = || String::from_utf8_lossy(&answer.body);
    match kind.unwrap_or_default() {
        kind if kind.starts_with("application/json") => {
            assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{}", shown());
        }
        kind if kind.starts_with("text/") => {
            assert!(std::str::from_utf8(&answer.body).is_ok(), "{}", shown());
        }
        _ => {}
    }
}

/// Later generations say in an envelope what is wrong.
fn check_refusal(answer: &Answer) {
    let shown = String::from_utf8_lossy(&answer.body);
    let Ok(Value::Object(envelope)) = serde_json::from_slice(&answer.body) else {
        panic!("{}: no envelope: {shown}", answer.status);
    };
    assert!(envelope.get("code").is_some_and(|code| code != 0 && code != 200), "{shown}");
}
