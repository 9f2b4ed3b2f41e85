//! A listener against a server that hyper speaks for.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming as Received};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use parking_lot::Mutex;
use tokio::net::TcpListener;

use super::super::messages::Messages;
use super::*;

/// Longer than any test here takes.
const TEST_PATIENCE: Duration = Duration::from_secs(20);

/// What a server sends on the push stream; dropping the sender ends the stream.
struct Pushed(mpsc::Receiver<Bytes>);

impl Body for Pushed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

type Answer = http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>;

/// A server with one connection, whose push stream the test holds.
struct Server {
    address: SocketAddr,
    pushes: mpsc::Sender<Bytes>,
    /// Type name and JSON of what the client sent on its push stream.
    said: mpsc::Receiver<(String, String)>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (pushes, to_push) = mpsc::channel(8);
        let (saying, said) = mpsc::channel(8);
        let to_push = Arc::new(Mutex::new(Some(to_push)));
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(move |request: Request<Received>| {
                assert_eq!(request.headers()["content-type"], "application/grpc");
                assert_eq!(request.headers()["te"], "trailers");
                let (to_push, saying) = (Arc::clone(&to_push), saying.clone());
                async move {
                    Ok::<_, Infallible>(if request.uri().path() == path::PUSH_STREAM {
                        tokio::spawn(hear(request.into_body(), saying));
                        let pushed = Pushed(to_push.lock().take().unwrap());
                        Response::new(pushed.boxed_unsync())
                    } else {
                        answer(request).await
                    })
                }
            });
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        Self { address, pushes, said }
    }
}

/// Passes on what a client says on its push stream.
async fn hear(mut body: Received, saying: mpsc::Sender<(String, String)>) {
    let mut messages = Messages::default();
    while let Some(Ok(frame)) = body.frame().await {
        let mut heard = Vec::new();
        messages
            .push(&frame.into_data().unwrap(), |message| {
                let said = Payload::read(message)?;
                heard.push((said.kind.to_owned(), String::from_utf8(said.json.to_vec())?));
                Ok(())
            })
            .unwrap();
        for said in heard {
            let _ = saying.send(said).await;
        }
    }
}

/// Answers every call but one, which a real server would not know.
async fn answer(request: Request<Received>) -> Response<Answer> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut answer = None;
    Messages::default()
        .push(&body, |message| {
            let asked = Payload::read(message)?;
            if asked.kind != "UnknownRequest" {
                let json = r#"{"resultCode":200,"said":"yes"}"#;
                answer = Some(payload::message("SomeResponse", json)?);
            }
            Ok(())
        })
        .unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    match answer {
        Some(answer) => Response::new(
            Full::new(answer).with_trailers(async move { Some(Ok(trailers)) }).boxed_unsync(),
        ),
        None => Response::builder()
            .header("grpc-status", "12")
            .body(http_body_util::Empty::new().boxed_unsync())
            .unwrap(),
    }
}

type Heard = mpsc::UnboundedReceiver<(Instant, String)>;

async fn connect(server: &Server) -> (Listener, Heard) {
    let (hearing, heard) = mpsc::unbounded_channel();
    let arrivals: Arrivals = Box::new(move |at, push| {
        let _ = hearing.send((at, format!("{}: {} bytes", push.kind, push.json.len())));
    });
    let listener = Listener::connect(server.address, Ipv4Addr::LOCALHOST, arrivals);
    let listener = tokio::time::timeout(TEST_PATIENCE, listener).await.unwrap().unwrap();
    (listener, heard)
}

#[tokio::test]
async fn a_push_is_heard_and_acknowledged() {
    let mut server = Server::start().await;
    let (_listener, mut heard) = connect(&server).await;
    let (kind, _) = server.said.recv().await.unwrap();
    assert_eq!(kind, "ConnectionSetupRequest");

    let before = Instant::now();
    // More than one frame of DATA holds.
    let json = format!(r#"{{"requestId":"41","hosts":"{}"}}"#, "h".repeat(100_000));
    let push = payload::message("NotifySubscriberRequest", json.clone()).unwrap();
    server.pushes.send(push).await.unwrap();

    let (at, what) = heard.recv().await.unwrap();
    assert_eq!(what, format!("NotifySubscriberRequest: {} bytes", json.len()));
    assert!(at >= before && at <= Instant::now());
    let (kind, json) = server.said.recv().await.unwrap();
    assert_eq!(kind, "NotifySubscriberResponse");
    assert!(json.contains(r#""requestId":"41""#), "{json}");
}

#[tokio::test]
async fn calls_are_made_between_pushes() {
    let server = Server::start().await;
    let (listener, _heard) = connect(&server).await;
    for _ in 0..3 {
        let answer = listener.clone().call("SomeRequest", "{}").await.unwrap();
        assert_eq!(answer, r#"{"resultCode":200,"said":"yes"}"#);
    }
    let refused = listener.clone().call("UnknownRequest", "{}").await.unwrap_err();
    assert!(refused.to_string().contains("only trailers"), "{refused}");
    listener.call("SomeRequest", "{}").await.unwrap();
}

#[tokio::test]
async fn why_a_connection_ended_is_told_by_the_next_call() {
    let server = Server::start().await;
    let (listener, mut heard) = connect(&server).await;
    drop(server.pushes);
    // Its end drops what it would do with pushes.
    assert!(tokio::time::timeout(TEST_PATIENCE, heard.recv()).await.unwrap().is_none());
    // The reason is kept right after that.
    while listener.end().is_none() {
        tokio::task::yield_now().await;
    }
    let error = listener.call("SomeRequest", "{}").await.unwrap_err();
    assert!(error.to_string().contains("ended the stream of pushes"), "{error}");
}
