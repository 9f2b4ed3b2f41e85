//! How connections begin, live and end.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::json;

use super::harness::{Client, Start, eventually, node, payload};
use crate::{
    ConnectionRule, MonitorMode, Period, Point, TpsRule,
    grpc::connection::{Ending, Link},
};

#[tokio::test]
async fn t09_the_connection_id_belongs_to_the_transport() {
    let node = node().await;
    let (first, second) = (node.connect().await, node.connect().await);
    let id = |answer: (String, serde_json::Value)| {
        assert_eq!(answer.0, "ServerCheckResponse");
        assert_eq!(answer.1["supportAbilityNegotiation"], true);
        answer.1["connectionId"].as_str().unwrap().to_owned()
    };
    let one = id(first.ask("ServerCheckRequest", json!({})).await);
    assert_eq!(one, id(first.ask("ServerCheckRequest", json!({})).await));
    assert_ne!(one, id(second.ask("ServerCheckRequest", json!({})).await));
    let _stream = first.set_up(json!({})).await;
    assert_eq!(*node.nacos.connections.all()[0].id, *one);
}

#[tokio::test]
async fn t19_nothing_is_answered_before_the_set_up_not_even_a_health_check() {
    let node = node().await;
    let client = node.connect().await;
    for kind in ["HealthCheckRequest", "ServiceQueryRequest", "ConfigQueryRequest"] {
        let (answered, json) = client.ask(kind, json!({})).await;
        assert_eq!((answered.as_str(), &json["errorCode"]), ("ErrorResponse", &json!(301)));
    }
    let stream = client.set_up(json!({})).await;
    let (answered, json) = client.ask("HealthCheckRequest", json!({})).await;
    assert_eq!((answered.as_str(), &json["success"]), ("HealthCheckResponse", &json!(true)));
    // Nor after the stream is gone, although the transport is still there.
    drop(stream);
    eventually(|| node.nacos.connections.len() == 0).await;
    assert_eq!(client.refused("HealthCheckRequest", json!({})).await, 301);
}

#[tokio::test]
async fn t08_only_clients_that_negotiate_are_sent_abilities() {
    let node = node().await;
    let asking = node.connect().await;
    let mut pushed = asking.set_up(json!({"abilityTable": {}})).await;
    let (kind, json) = pushed.next().await.unwrap();
    assert_eq!(kind, "SetupAckRequest");
    assert_eq!(json["abilityTable"]["supportPersistentInstanceByGrpc"], true);
    assert_eq!(json["abilityTable"]["fuzzyWatch"], true);
    assert_eq!(json["abilityTable"]["lock"], false);

    let plain = node.connect().await;
    let mut pushed = plain.set_up(json!({"clientAbilities": {}})).await;
    node.nacos.drain().await;
    let (kind, _) = pushed.next().await.unwrap();
    assert_eq!(kind, "ConnectResetRequest", "the first thing it is ever sent");
}

#[tokio::test]
async fn unknown_types_and_unreadable_requests_leave_the_connection_as_it_is() {
    let node = node().await;
    let (client, stream) = node.client().await;
    assert_eq!(client.refused("DistroDataRequest", json!({})).await, 302);
    assert_eq!(client.refused("", json!({})).await, 302);
    let (answered, json) = client.ask_bytes("InstanceRequest", b"{\"ip\":").await.unwrap();
    assert_eq!((answered.as_str(), &json["errorCode"]), ("InstanceResponse", &json!(502)));
    for (kind, json) in
        [("NoSuchRequest", "{}"), ("ConnectionSetupRequest", "{"), ("XResponse", "[")]
    {
        stream.sender.send(payload(kind, &HashMap::new(), json.as_bytes())).await.unwrap();
    }
    client.done("HealthCheckRequest", json!({})).await;
}

#[tokio::test]
async fn a_silent_client_is_asked_and_then_dropped() {
    let node = node().await;
    let (client, mut pushed) = node.client().await;
    node.pass(Duration::from_secs(20));
    let (kind, _) = pushed.next().await.unwrap();
    assert_eq!(kind, "ClientDetectionRequest");
    node.pass(Duration::from_secs(5));
    assert!(pushed.next().await.is_none());
    eventually(|| node.nacos.connections.len() == 0).await;
    // Its transport is cut, so that it notices at once.
    while client.ask_bytes("HealthCheckRequest", b"{}").await.is_ok_and(|a| a.1["errorCode"] != 301)
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_answer_to_the_question_keeps_the_connection() {
    let node = node().await;
    let (_client, mut pushed) = node.client().await;
    for _ in 0..3 {
        node.pass(Duration::from_secs(20));
        pushed.expect("ClientDetectionRequest").await;
        let link = node.nacos.connections.all().remove(0);
        let now = seawall_clock::Clock::now(&*node.clock);
        eventually(|| link.last_active() == now).await;
    }
    assert_eq!(node.nacos.connections.len(), 1);
}

fn registers(service: &str, ip: &str) -> serde_json::Value {
    json!({"serviceName": service, "type": "registerInstance", "instance": {"ip": ip, "port": 80}})
}

/// How many instances a client finds.
async fn found(client: &Client, service: &str) -> usize {
    let answer = client.done("ServiceQueryRequest", json!({"serviceName": service})).await;
    answer["serviceInfo"]["hosts"].as_array().unwrap().len()
}

/// Waits until nobody but the test holds the connection: its stream has ended, and
/// what it had is removed.
async fn gone(link: &Arc<Link>) {
    eventually(|| Arc::strong_count(link) == 1).await;
}

#[tokio::test]
async fn t10_a_late_end_of_the_first_stream_leaves_what_the_second_registered() {
    let node = node().await;
    let client = node.connect().await;
    let mut first = client.set_up(json!({})).await;
    let replaced = node.nacos.connections.all().remove(0);
    client.done("InstanceRequest", registers("s", "10.0.0.1")).await;
    let second = client.set_up(json!({})).await;
    assert_eq!(first.ending().await, tonic::Code::Unavailable);
    gone(&replaced).await;
    assert_eq!(found(&client, "s").await, 0, "it was of the first");
    client.done("InstanceRequest", registers("s", "10.0.0.1")).await;
    // The news of the first stream's end come once more, now certainly late.
    node.nacos.connections.remove(&replaced);
    drop(first);
    assert_eq!(found(&client, "s").await, 1);
    assert_eq!(node.nacos.connections.len(), 1);
    drop(second);
    eventually(|| node.nacos.registry.counts().instances == 0).await;
}

#[tokio::test]
async fn t10_a_late_end_of_an_old_transport_leaves_what_the_new_one_registered() {
    let node = node().await;
    let (before, old) = node.client().await;
    let link = node.nacos.connections.all().remove(0);
    before.done("InstanceRequest", registers("s", "10.0.0.1")).await;
    let (after, _new) = node.client().await;
    after.done("InstanceRequest", registers("s", "10.0.0.1")).await;
    drop(old);
    gone(&link).await;
    assert_eq!(found(&after, "s").await, 1);
}

#[tokio::test]
async fn t18_over_the_limit_is_503_after_a_pause_and_the_connection_goes_on() {
    let mut start = Start::default();
    start.nacos.grpc.over_limit_delay_ms = 100;
    let node = start.node().await;
    let (client, _stream) = node.client().await;
    let none = TpsRule { max_count: 0, period: Period::Seconds, monitor: MonitorMode::Intercept };
    node.nacos.control().set_tps_rule(Point::RemoteNamingServiceQuery, Some(none));
    let asked = tokio::time::Instant::now();
    assert_eq!(client.refused("ServiceQueryRequest", json!({"serviceName": "s"})).await, 503);
    assert!(asked.elapsed() >= Duration::from_millis(100));
    client.done("HealthCheckRequest", json!({})).await;
    let monitored = TpsRule { monitor: MonitorMode::Monitor, ..none };
    node.nacos.control().set_tps_rule(Point::RemoteNamingServiceQuery, Some(monitored));
    client.done("ServiceQueryRequest", json!({"serviceName": "s"})).await;
}

#[tokio::test]
async fn a_connection_over_the_rule_is_not_registered() {
    let node = node().await;
    let (_client, _stream) = node.client().await;
    let rule = ConnectionRule { count_limit: Some(1), ..ConnectionRule::default() };
    node.nacos.control().set_connection_rule(rule);
    let second = node.connect().await;
    let mut stream = second.open(json!({})).await;
    assert!(stream.next().await.is_none());
    assert_eq!(second.refused("HealthCheckRequest", json!({})).await, 301);
}

#[tokio::test]
async fn t18_a_drain_asks_clients_to_leave_and_ends_those_who_stay() {
    let node = node().await;
    let (client, mut pushed) = node.client().await;
    let nacos = Arc::clone(&node.nacos);
    let draining = tokio::spawn(async move { nacos.drain().await });
    let (kind, json) = pushed.next().await.unwrap();
    assert_eq!(kind, "ConnectResetRequest");
    assert_eq!(json["headers"], json!({}), "Rust's client reads no request without them");
    // Nobody new is let in, and those who ask are told to wait.
    assert_eq!(client.refused("ServerCheckRequest", json!({})).await, 300);
    let ending = pushed.ending().await;
    assert_eq!(
        ending,
        tonic::Code::Unavailable,
        "Python's client stays at a stream that ends well"
    );
    draining.await.unwrap();
    assert_eq!(node.nacos.connections.len(), 0);
    node.drain.begin();
}

#[tokio::test]
async fn a_stream_that_the_server_ends_fails_whatever_the_reason() {
    let node = node().await;
    for why in
        [Ending::Silent, Ending::Unresponsive, Ending::Blocked, Ending::Replaced, Ending::Drained]
    {
        let (_client, mut pushed) = node.client().await;
        node.nacos.connections.all().remove(0).end(why);
        assert_eq!(pushed.ending().await, tonic::Code::Unavailable, "{why:?}");
        eventually(|| node.nacos.connections.len() == 0).await;
    }
    // Nor does one end well that never became a connection.
    let none = ConnectionRule { count_limit: Some(0), ..ConnectionRule::default() };
    node.nacos.control().set_connection_rule(none);
    let mut refused = node.connect().await.open(json!({})).await;
    assert_eq!(refused.ending().await, tonic::Code::Unavailable);
}

#[tokio::test]
async fn clients_can_be_asked_what_they_hold() {
    let node = node().await;
    let client = node.connect().await;
    let mut pushed = client.set_up(json!({"labels": {"module": "config"}})).await;
    let answering = tokio::spawn(async move {
        let (kind, json) = pushed.next().await.unwrap();
        let answer = json!({"requestId": json["requestId"], "resultCode": 200,
            "metrics": {"uuid": "{}"}});
        let answer =
            payload("ClientConfigMetricResponse", &HashMap::new(), answer.to_string().as_bytes());
        pushed.sender.send(answer).await.unwrap();
        (kind, json, pushed)
    });
    let key = seawall_config::ConfigKey::parse("", "g", "d").unwrap();
    let told = node.nacos.client_config_metrics([10, 1, 2, 3].into(), &[key]).await;
    assert_eq!(told.keys().collect::<Vec<_>>(), ["uuid"]);
    let (kind, asked, _) = answering.await.unwrap();
    assert_eq!(kind, "ClientConfigMetricRequest");
    assert_eq!(asked["metricsKeys"][0], json!({"type": "cacheData", "key": "d+g+public"}));
}
