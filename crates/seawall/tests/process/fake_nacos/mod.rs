//! A Nacos of generation 1 or 2 that only answers reads, in the shape of the real
//! one's controllers (1.4.6 and 2.5.1), on a free loopback port.

mod configs;
mod naming;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
};

use serde_json::{Value, json};

/// What of it differs from test to test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holding {
    /// Entries in the history of `greeting`, each with the content before.
    pub(crate) history: usize,
    /// Length of every one of these contents.
    pub(crate) entry_bytes: usize,
    /// Whether `greeting` has a beta release and one for the tag `canary`.
    pub(crate) grays: bool,
}

/// Which generation is faked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// The parameters of a request.
type Query = BTreeMap<String, String>;

/// The answer to a request.
enum Reply {
    Json(Value),
    /// A content with the headers of a read of configuration.
    Content(String),
    /// An error page.
    Refused(u16, String),
}

/// A running fake; it ends with the test's process.
pub(crate) struct FakeNacos {
    address: SocketAddr,
}

impl FakeNacos {
    pub(crate) fn start(version: Version, holding: Holding) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let holding = Arc::new(holding);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let holding = Arc::clone(&holding);
                std::thread::spawn(move || serve(stream, version, &holding));
            }
        });
        Self { address }
    }

    /// Its address with the context path.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/nacos", self.address)
    }
}

/// Answers one request and closes the connection.
fn serve(mut stream: TcpStream, version: Version, holding: &Holding) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let _headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let target = first.split(' ').nth(1).unwrap_or_default();
    let url = reqwest::Url::parse(&format!("http://fake{target}")).unwrap();
    let query: Query = url.query_pairs().into_owned().collect();
    let reply = answer(version, holding, url.path(), &query);
    let (status, kind, more, body) = match reply {
        Reply::Json(value) => (200, "application/json", "", value.to_string()),
        Reply::Content(text) => {
            let dated = "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\nConfig-Type: text\r\n";
            (200, "text/plain;charset=UTF-8", dated, text)
        }
        Reply::Refused(status, text) => (status, "text/plain", "", text),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // The reader may have gone away.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

fn answer(version: Version, holding: &Holding, path: &str, query: &Query) -> Reply {
    let path = path.strip_prefix("/nacos").unwrap_or_default();
    match (version, path) {
        (Version::V1, "/v1/console/health/liveness") => Reply::Content("OK".to_owned()),
        (Version::V2, "/v2/console/health/liveness") => Reply::Json(result(json!("ok"))),
        (Version::V1, "/v1/console/namespaces") => {
            let public = json!({ "namespace": "", "namespaceShowName": "public", "quota": 200,
                "configCount": 1, "type": 0 });
            Reply::Json(json!({ "code": 200, "message": null, "data": [public] }))
        }
        (Version::V2, "/v2/console/namespace/list") => {
            let public = json!({ "namespace": "", "namespaceShowName": "public",
                "namespaceDesc": null, "quota": 200, "configCount": 1, "type": 0 });
            Reply::Json(result(json!([public])))
        }
        (_, "/v1/cs/configs") => configs::configs(version, holding, query),
        (_, "/v1/cs/history") => configs::history(version, holding, query),
        _ => naming::answer(version, path, query),
    }
}

/// Nacos' `Result`, as generation 2 wraps its answers.
fn result(data: Value) -> Value {
    json!({ "code": 0, "message": "success", "data": data })
}

/// A parameter, empty when it is not there.
fn asked<'a>(query: &'a Query, name: &str) -> &'a str {
    query.get(name).map(String::as_str).unwrap_or_default()
}

/// The part of `items` that `pageNo` and `pageSize` ask for.
fn page_of(query: &Query, items: &[Value]) -> Vec<Value> {
    let number: usize = asked(query, "pageNo").parse().unwrap();
    let size: usize = asked(query, "pageSize").parse().unwrap();
    items.iter().skip((number - 1) * size).take(size).cloned().collect()
}
