//! A node that has just started and has not loaded what is stored.

use serde_json::json;

use super::harness::{Start, eventually};
use crate::grpc::kind::Kind;

#[tokio::test]
async fn every_request_is_told_to_wait_until_the_node_is_warm() {
    let node = Start { cold: true, ..Start::default() }.node().await;
    let client = node.connect().await;
    let kinds = || Kind::ALL.iter().map(|kind| kind.request()).chain(["NoSuchRequest"]);
    for kind in kinds() {
        let (answered, json) = client.ask(kind, json!({})).await;
        assert_eq!((answered.as_str(), &json["errorCode"]), ("ErrorResponse", &json!(300)));
        assert_eq!((&json["success"], &json["resultCode"]), (&json!(false), &json!(500)), "{kind}");
    }
    // A connection is not taken either, and its stream fails, so that the client tries again.
    let mut stream = client.open(json!({})).await;
    assert_eq!(stream.ending().await, tonic::Code::Unavailable);
    assert_eq!(node.nacos.connections.len(), 0);

    node.store.set_unavailable(None);
    eventually(|| node.nacos.ready()).await;
    let _stream = client.set_up(json!({})).await;
    client.done("ServerCheckRequest", json!({})).await;
    for kind in kinds() {
        let (_, json) = client.ask(kind, json!({})).await;
        assert_ne!(json["errorCode"], 300, "{kind} {json}");
    }
}
