//! A node that has restarted: services it had are not believed to be gone.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::harness::{Client, Node, Start, eventually, node};

async fn register(client: &Client) {
    let instance = json!({"serviceName": "s", "type": "registerInstance",
        "instance": {"ip": "10.0.0.1", "port": 80}});
    client.done("InstanceRequest", instance).await;
}

fn question() -> Value {
    json!({"serviceName": "s"})
}

fn hosts(answer: &Value) -> usize {
    answer["serviceInfo"]["hosts"].as_array().unwrap().len()
}

/// A node that had an instance of `s` before it restarted.
async fn restarted(warming_hold_ms: u64) -> Node {
    let before = node().await;
    let (provider, _stream) = before.client().await;
    register(&provider).await;
    before.nacos.registry.close().await;
    let mut start = Start { store: Some(Arc::clone(&before.store)), ..Start::default() };
    start.nacos.grpc.warming_hold_ms = warming_hold_ms;
    start.node().await
}

#[tokio::test]
async fn who_asks_before_the_instances_are_back_is_answered_when_they_are() {
    let node = restarted(10_000).await;
    let (provider, _provider_stream) = node.client().await;
    let consumer = node.connect().await;
    let _consumer_stream = consumer.set_up(json!({"labels": {"module": "consumer"}})).await;
    let asking = {
        let consumer = consumer.clone();
        tokio::spawn(async move { consumer.done("ServiceQueryRequest", question()).await })
    };
    let link = node.nacos.connections.all();
    let link = link.into_iter().find(|link| link.card.module == "consumer").unwrap();
    eventually(|| link.is_held()).await;
    // The connection is not blocked by what it waits for.
    consumer.done("HealthCheckRequest", json!({})).await;
    register(&provider).await;
    assert_eq!(hosts(&asking.await.unwrap()), 1);
}

#[tokio::test]
async fn a_subscription_is_never_held_back_and_is_pushed_what_comes() {
    let node = restarted(60_000).await;
    let (consumer, mut pushed) = node.client().await;
    let mut subscription = question();
    subscription["subscribe"] = true.into();
    // Within the ten seconds a test waits for anything, not within the minute.
    assert_eq!(consumer.refused("SubscribeServiceRequest", subscription).await, 300);
    let (provider, _stream) = node.client().await;
    register(&provider).await;
    assert_eq!(hosts(&pushed.expect("NotifySubscriberRequest").await), 1);
}

#[tokio::test]
async fn a_connection_is_held_once_and_then_told_to_keep_what_it_has() {
    let node = restarted(50).await;
    let (consumer, _stream) = node.client().await;
    let asked = tokio::time::Instant::now();
    assert_eq!(consumer.refused("ServiceQueryRequest", question()).await, 300);
    assert!(asked.elapsed() >= Duration::from_millis(50));
    node.clock.advance(Duration::from_millis(50));
    let link = node.nacos.connections.all().remove(0);
    assert_eq!(link.patience(Duration::from_millis(50)), Duration::ZERO);
    assert_eq!(consumer.refused("ServiceQueryRequest", question()).await, 300);
}
