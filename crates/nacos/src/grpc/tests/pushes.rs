//! What every message to a client has, whatever it is about.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::harness::{Client, Node, Pushed, eventually, node, payload};

/// All that clients are ever sent without having asked.
const KINDS: [&str; 10] = [
    "ClientConfigMetricRequest",
    "ClientDetectionRequest",
    "ConfigChangeNotifyRequest",
    "ConfigFuzzyWatchChangeNotifyRequest",
    "ConfigFuzzyWatchSyncRequest",
    "ConnectResetRequest",
    "NamingFuzzyWatchChangeNotifyRequest",
    "NamingFuzzyWatchSyncRequest",
    "NotifySubscriberRequest",
    "SetupAckRequest",
];

/// Asks for everything a client can be told of.
async fn follow_everything(client: &Client) {
    let subscribe = json!({"serviceName": "s", "groupName": "g", "subscribe": true});
    client.done("SubscribeServiceRequest", subscribe).await;
    let listen = json!({"listen": true,
        "configListenContexts": [{"dataId": "d", "group": "g", "tenant": "", "md5": ""}]});
    client.done("ConfigBatchListenRequest", listen).await;
    let watch = |pattern: &str| {
        json!({"groupKeyPattern": pattern, "watchType": "WATCH", "receivedGroupKeys": [],
            "initializing": true})
    };
    client.done("NamingFuzzyWatchRequest", watch("public>>g>>*")).await;
    client.done("ConfigFuzzyWatchRequest", watch("public>>g>>*")).await;
}

/// Brings about one push of every kind but those that end a connection.
async fn make_news(node: &Node, client: &Client) {
    let register = json!({"serviceName": "s", "groupName": "g", "type": "registerInstance",
        "instance": {"ip": "10.0.0.1", "port": 80}});
    client.done("InstanceRequest", register).await;
    let publish = json!({"dataId": "d", "group": "g", "content": "x"});
    client.done("ConfigPublishRequest", publish).await;
    let keys = [seawall_config::ConfigKey::parse("", "g", "d").unwrap()];
    let told = node.nacos.client_config_metrics([10, 1, 2, 3].into(), &keys).await;
    assert_eq!(told.len(), 1);
    node.pass(Duration::from_secs(20));
}

/// What came, by kind.
type Seen = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

/// Confirms all that comes until the stream ends.
async fn read_all(mut pushed: Pushed, seen: Seen) {
    while let Some((kind, json)) = pushed.next().await {
        let answer = json!({"requestId": json["requestId"], "resultCode": 200,
            "metrics": {"uuid": "{}"}});
        let kind_of_answer = kind.replace("Request", "Response");
        let answer = payload(&kind_of_answer, &HashMap::new(), answer.to_string().as_bytes());
        // The server may have ended its side meanwhile.
        let _ = pushed.sender.send(answer).await;
        seen.lock().entry(kind).or_default().push(json);
    }
}

#[tokio::test]
async fn every_message_to_a_client_has_headers_and_an_id() {
    let node = node().await;
    let client = node.connect().await;
    let setup = json!({"abilityTable": {}, "labels": {"module": "config"}});
    let pushed = client.set_up(setup).await;
    let seen = Seen::default();
    let reading = tokio::spawn(read_all(pushed, Arc::clone(&seen)));
    follow_everything(&client).await;
    make_news(&node, &client).await;
    eventually(|| seen.lock().len() == KINDS.len() - 1).await;
    node.nacos.drain().await;
    reading.await.unwrap();
    assert_eq!(seen.lock().keys().map(String::as_str).collect::<Vec<_>>(), KINDS);
    for (kind, messages) in &*seen.lock() {
        for json in messages {
            assert_eq!(json["headers"], json!({}), "Rust's client reads no {kind} without them");
            assert!(json["module"].is_string(), "{kind} {json}");
            assert!(json["requestId"].is_string(), "{kind} {json}");
        }
    }
}
