//! What nobody should send: every time a code, the connection intact, nothing changed.

use std::collections::HashMap;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use prost::Message as _;
use serde_json::json;

use super::harness::{Node, node, payload};
use crate::grpc::kind::Kind;

/// Values of `strategy`, always the same ones.
fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// JSON that is well-formed and means nothing, of any shape.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Into::into),
    ];
    let field = prop_oneof![
        Just("serviceName".to_owned()),
        Just("instance".to_owned()),
        Just("instances".to_owned()),
        Just("type".to_owned()),
        Just("dataId".to_owned()),
        Just("group".to_owned()),
        Just("content".to_owned()),
        Just("configListenContexts".to_owned()),
        Just("groupKeyPattern".to_owned()),
        "[a-z]{1,5}",
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(field.clone(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn unchanged(node: &Node) {
    assert_eq!(node.nacos.registry.counts().instances, 0);
    assert_eq!(node.nacos.configs.count(&seawall_topology::Namespace::public()), Ok(0));
}

#[tokio::test]
async fn json_of_any_shape_is_answered_with_a_code() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    for json in samples(&any_json(), 60) {
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::ServerCheck) {
            let text = json.to_string();
            let (_, answer) = client.ask_bytes(kind.request(), text.as_bytes()).await.unwrap();
            assert!(answer["errorCode"].is_i64(), "{kind:?} {text} {answer}");
        }
    }
    client.done("HealthCheckRequest", json!({})).await;
    unchanged(&node);
}

/// Go reads `success`, Python `errorCode`, Java and Rust `resultCode`.
#[tokio::test]
async fn t01_every_answer_says_in_three_ways_whether_it_went_well() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let good = json!({"serviceName": "s", "groupName": "g", "group": "g", "dataId": "d",
        "content": "x", "type": "registerInstance", "subscribe": true, "listen": true,
        "instance": {"ip": "10.0.0.1", "port": 80}, "watchType": "WATCH",
        "groupKeyPattern": "public>>g>>*", "pageNo": 1, "pageSize": 10});
    let mut went_well = 0;
    for request in [good, json!({}), json!({"serviceName": "a@@b@@c", "type": "no such"})] {
        for kind in Kind::ALL {
            let (answered, json) = client.ask(kind.request(), request.clone()).await;
            let success = json["success"].as_bool().unwrap();
            assert_eq!(json["errorCode"].as_i64().unwrap() == 0, success, "{answered} {json}");
            let expected = if success { 200 } else { 500 };
            assert_eq!(json["resultCode"], expected, "{answered} {json}");
            went_well += usize::from(success);
        }
    }
    assert!((10..3 * Kind::ALL.len()).contains(&went_well), "{went_well} went well");
}

#[tokio::test]
async fn bytes_that_are_no_json_are_answered_with_502() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let deep = [b"[".repeat(100_000), br#"{"a":"#.repeat(100_000)];
    let noise = samples(&prop::collection::vec(any::<u8>(), 0..200), 50);
    let broken = deep
        .into_iter()
        .chain(noise)
        .filter(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).is_err());
    for bytes in broken {
        for kind in [Kind::Instance, Kind::ConfigPublish, Kind::ConfigBatchListen] {
            let (answered, json) = client.ask_bytes(kind.request(), &bytes).await.unwrap();
            assert_eq!(answered, kind.response());
            assert_eq!(json["errorCode"], 502, "{}", bytes.escape_ascii());
        }
    }
    client.done("HealthCheckRequest", json!({})).await;
    unchanged(&node);
}

/// The gRPC status of a unary call with this body.
async fn status(
    client: &mut hyper::client::conn::http2::SendRequest<Full<Bytes>>,
    body: Vec<u8>,
) -> String {
    let request = http::Request::post("http://node/Request/request")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let answer = client.send_request(request).await.unwrap();
    let in_head = answer.headers().get("grpc-status").cloned();
    let collected = answer.into_body().collect().await.unwrap();
    let in_trailers = collected.trailers().and_then(|t| t.get("grpc-status")).cloned();
    in_head.or(in_trailers).unwrap().to_str().unwrap().to_owned()
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat()
}

#[tokio::test]
async fn frames_that_are_cut_compressed_or_too_large_end_the_call_and_not_the_connection() {
    let node = node().await;
    let stream = tokio::net::TcpStream::connect(node.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let whole = framed(&payload("ServerCheckRequest", &HashMap::new(), b"{}").encode_to_vec());
    assert_eq!(status(&mut client, whole.clone()).await, "0");
    for cut in 0..whole.len() {
        assert_eq!(status(&mut client, whole[..cut].to_vec()).await, "13", "cut at {cut}");
    }
    assert_eq!(status(&mut client, [whole.clone(), whole.clone()].concat()).await, "13");
    let compressed = [&[1], &whole[1..]].concat();
    assert_eq!(status(&mut client, compressed).await, "12");
    let too_large = [&[0], &(11u32 << 20).to_be_bytes()[..], b"x"].concat();
    assert_eq!(status(&mut client, too_large).await, "8");
    for noise in samples(&prop::collection::vec(any::<u8>(), 0..300), 100) {
        // Anything may happen to be a message without a type.
        let status = status(&mut client, framed(&noise)).await;
        assert!(["0", "13"].contains(&status.as_str()), "{status}");
    }
    assert_eq!(status(&mut client, whole).await, "0");
    assert!(!connection.is_finished());
}

#[tokio::test]
async fn noise_on_the_stream_is_left_aside() {
    let node = node().await;
    let (client, stream) = node.client().await;
    let kinds = ["NotifySubscriberResponse", "ConnectionSetupRequest", "X", ""];
    for (index, bytes) in
        samples(&prop::collection::vec(any::<u8>(), 0..100), 60).into_iter().enumerate()
    {
        let kind = kinds[index % kinds.len()];
        stream.sender.send(payload(kind, &HashMap::new(), &bytes)).await.unwrap();
    }
    for id in ["p1", "p18446744073709551616", "c0", "c7", "q1", "", "☃"] {
        for result in [200, 500] {
            let answer = json!({"requestId": id, "resultCode": result}).to_string();
            let answer = payload("AnyResponse", &HashMap::new(), answer.as_bytes());
            stream.sender.send(answer).await.unwrap();
        }
    }
    client.done("HealthCheckRequest", json!({})).await;
    assert_eq!(node.nacos.connections.len(), 1);
}
