//! Who may do what, over gRPC.

use seawall_identity::Access;
use serde_json::json;

use super::harness::{Node, Start};

async fn closed() -> Node {
    Start { access: Access::Login, ..Start::default() }.node().await
}

#[tokio::test]
async fn without_a_login_everything_but_life_signs_is_refused() {
    let node = closed().await;
    let (client, _stream) = node.client().await;
    client.done("ServerCheckRequest", json!({})).await;
    client.done("HealthCheckRequest", json!({})).await;
    let named = json!({"dataId": "d", "group": "g", "content": "x", "serviceName": "s",
        "type": "registerInstance", "instance": {"ip": "10.0.0.1", "port": 80},
        "groupKeyPattern": "public>>*>>*", "watchType": "WATCH",
        "configListenContexts": [{"dataId": "d", "group": "g"}]});
    for kind in [
        "ConfigQueryRequest",
        "ConfigPublishRequest",
        "ConfigRemoveRequest",
        "ConfigBatchListenRequest",
        "ConfigFuzzyWatchRequest",
        "InstanceRequest",
        "PersistentInstanceRequest",
        "SubscribeServiceRequest",
        "ServiceQueryRequest",
        "ServiceListRequest",
        "NamingFuzzyWatchRequest",
    ] {
        assert_eq!(client.refused(kind, named.clone()).await, 403, "{kind}");
    }
    let batch = json!({"serviceName": "s", "type": "batchRegisterInstance", "instances": []});
    assert_eq!(client.refused("BatchInstanceRequest", batch).await, 403);
    assert_eq!(node.nacos.registry.counts().instances, 0);
}

#[tokio::test]
async fn a_token_opens_what_its_user_may_and_nothing_else() {
    let node = closed().await;
    let token = node.user("reader", "public:g:config/*", "r").await;
    let (client, _stream) = node.client().await;
    let client = client.with_header("accessToken", &token);
    let item = |group: &str| json!({"dataId": "d", "group": group, "content": "x"});
    assert_eq!(client.refused("ConfigQueryRequest", item("g")).await, 300, "allowed, and absent");
    assert_eq!(client.refused("ConfigQueryRequest", item("h")).await, 403);
    assert_eq!(client.refused("ConfigPublishRequest", item("g")).await, 403);
    assert_eq!(client.refused("ServiceQueryRequest", json!({"serviceName": "s"})).await, 403);
    // One item of a batch that is not allowed refuses the batch.
    let batch = json!({"configListenContexts": [item("g"), item("h")]});
    assert_eq!(client.refused("ConfigBatchListenRequest", batch).await, 403);
}

#[tokio::test]
async fn user_and_password_may_come_with_every_request() {
    let node = closed().await;
    node.user("writer", "public:*:*", "rw").await;
    let (client, _stream) = node.client().await;
    let client = client.with_header("username", "writer").with_header("password", "pw");
    client.done("ServiceQueryRequest", json!({"serviceName": "s"})).await;
    let wrong = client.with_header("password", "guess");
    assert_eq!(wrong.refused("ServiceQueryRequest", json!({"serviceName": "s"})).await, 403);
}
