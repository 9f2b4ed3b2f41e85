//! Configuration over gRPC.

use std::time::Duration;

use seawall_config::ConfigSettings;
use serde_json::{Value, json};

use super::harness::{Client, Start, node};

async fn publish(client: &Client, data_id: &str, content: &str) {
    let json = json!({"dataId": data_id, "group": "g", "tenant": "", "content": content});
    client.done("ConfigPublishRequest", json).await;
}

fn item(data_id: &str) -> Value {
    json!({"dataId": data_id, "group": "g", "tenant": ""})
}

/// The answer to a query that has to succeed.
async fn query(client: &Client, data_id: &str) -> Value {
    client.done("ConfigQueryRequest", item(data_id)).await
}

/// The items that are not as the client thinks.
async fn listen(client: &Client, contexts: Value) -> Value {
    let request = json!({"listen": true, "configListenContexts": contexts});
    let (kind, json) = client.ask("ConfigBatchListenRequest", request).await;
    assert_eq!(kind, "ConfigChangeBatchListenResponse");
    assert_eq!(json["success"], true, "{json}");
    json["changedConfigs"].clone()
}

#[tokio::test]
async fn t05_a_query_has_every_field_and_only_absence_is_not_found() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let (kind, absent) = client.ask("ConfigQueryRequest", item("d")).await;
    assert_eq!(kind, "ConfigQueryResponse");
    assert_eq!((&absent["errorCode"], &absent["resultCode"]), (&json!(300), &json!(500)));
    assert_eq!((&absent["lastModified"], &absent["beta"]), (&json!(0), &json!(false)));
    publish(&client, "d", "hello").await;
    let found = query(&client, "d").await;
    assert_eq!(found["content"], "hello");
    assert_eq!(found["md5"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(found["contentType"], "text");
    assert_eq!(found["beta"], false);
    assert!(found["lastModified"].as_u64().unwrap() >= 1_700_000_000_000);
    assert_eq!(query(&client, "d").await, found, "the encoded answer is the same");
    client.done("ConfigRemoveRequest", item("d")).await;
    assert_eq!(client.refused("ConfigQueryRequest", item("d")).await, 300);
    client.done("ConfigRemoveRequest", item("d")).await;
}

#[tokio::test]
async fn t06_t07_a_listen_tells_what_differs_in_the_clients_own_spelling() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    publish(&client, "d", "hello").await;
    let md5 = "5d41402abc4b2a76b9719d911017c592";
    let context = |tenant: Value, md5: &str, data_id: &str| {
        let mut context = json!({"dataId": data_id, "group": "g", "md5": md5});
        if !tenant.is_null() {
            context["tenant"] = tenant;
        }
        context
    };
    let same = json!([context(json!(""), md5, "d"), context(json!("public"), "", "absent")]);
    assert_eq!(listen(&client, same).await, json!([]));
    for tenant in [json!(""), json!("public"), json!(null)] {
        let changed = listen(&client, json!([context(tenant.clone(), "old", "d")])).await;
        let mut expected = json!([{"dataId": "d", "group": "g"}]);
        if !tenant.is_null() {
            expected[0]["tenant"] = tenant;
        }
        assert_eq!(changed, expected);
    }
}

#[tokio::test]
async fn t20_listeners_are_told_without_content_until_they_confirm() {
    let node = node().await;
    let (client, mut pushed) = node.client().await;
    let mut context = item("d");
    context["md5"] = "".into();
    assert_eq!(listen(&client, json!([context])).await, json!([]));
    publish(&client, "d", "one").await;
    let (kind, told) = pushed.next().await.unwrap();
    assert_eq!(kind, "ConfigChangeNotifyRequest");
    assert_eq!((&told["dataId"], &told["tenant"]), (&json!("d"), &json!("")));
    assert!(told.get("content").is_none());
    // Not confirmed in 3 s: told again after 2 more.
    node.pass(Duration::from_secs(3));
    node.pass(Duration::from_secs(2));
    let (kind, again) = pushed.next().await.unwrap();
    assert_eq!(
        (kind.as_str(), &again["requestId"]),
        ("ConfigChangeNotifyRequest", &told["requestId"])
    );
    pushed.confirm(&kind, &again, 200).await;
    // It has looked, so it listens with what it has now; then the next change is told.
    let mut context = item("d");
    context["md5"] = query(&client, "d").await["md5"].clone();
    assert_eq!(listen(&client, json!([context])).await, json!([]));
    publish(&client, "d", "two").await;
    assert_eq!(pushed.expect("ConfigChangeNotifyRequest").await["dataId"], "d");
}

#[tokio::test]
async fn what_is_no_longer_listened_to_is_not_told() {
    let node = node().await;
    let (client, mut pushed) = node.client().await;
    let context = |data_id: &str| {
        let mut context = item(data_id);
        context["md5"] = "".into();
        context
    };
    listen(&client, json!([context("a"), context("b")])).await;
    let stop = json!({"listen": false, "configListenContexts": [context("a")]});
    client.done("ConfigBatchListenRequest", stop).await;
    publish(&client, "a", "x").await;
    publish(&client, "b", "x").await;
    assert_eq!(pushed.expect("ConfigChangeNotifyRequest").await["dataId"], "b");
}

#[tokio::test]
async fn a_compare_and_set_needs_the_present_md5() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    publish(&client, "d", "one").await;
    let cas = |md5: Value| {
        let mut request = item("d");
        request["content"] = "two".into();
        request["casMd5"] = md5;
        request
    };
    assert_eq!(client.refused("ConfigPublishRequest", cas(json!("wrong"))).await, 500);
    let md5 = query(&client, "d").await["md5"].clone();
    client.done("ConfigPublishRequest", cas(md5)).await;
    assert_eq!(query(&client, "d").await["content"], "two");
}

#[tokio::test]
async fn a_beta_is_for_its_addresses_and_a_tag_for_those_who_carry_it() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    publish(&client, "d", "for all").await;
    let gray = |content: &str, more: Value| {
        let mut request = item("d");
        request["content"] = content.into();
        request["additionMap"] = more;
        request
    };
    // The client says at its set-up that it is 10.1.2.3.
    client.done("ConfigPublishRequest", gray("for tag", json!({"tag": "t"}))).await;
    assert_eq!(query(&client, "d").await["content"], "for all");
    let tagged = client.clone().with_header("Vipserver-Tag", "t");
    let told = query(&tagged, "d").await;
    assert_eq!((&told["content"], &told["tag"]), (&json!("for tag"), &json!("t")));
    let mut other = item("d");
    other["tag"] = "other".into();
    let told = client.done("ConfigQueryRequest", other).await;
    assert_eq!((&told["content"], &told["tag"]), (&json!("for all"), &json!("other")));
    client.done("ConfigPublishRequest", gray("for beta", json!({"betaIps": "10.1.2.3"}))).await;
    let told = query(&client, "d").await;
    assert_eq!((&told["content"], &told["beta"]), (&json!("for beta"), &json!(true)));
}

#[tokio::test]
async fn t21_too_large_has_a_code_of_its_own() {
    let configs = ConfigSettings { content_bytes_max: 10, ..ConfigSettings::default() };
    let node = Start { configs, ..Start::default() }.node().await;
    let (client, _stream) = node.client().await;
    let mut request = item("d");
    request["content"] = "eleven bytes".into();
    assert_eq!(client.refused("ConfigPublishRequest", request).await, 5034);
    assert_eq!(client.refused("ConfigQueryRequest", item("d")).await, 300);
}

#[tokio::test]
async fn names_that_break_a_rule_are_refused() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    for request in [
        json!({}),
        json!({"dataId": "a b", "group": "g", "content": "x"}),
        json!({"dataId": "d", "group": "g", "tenant": "a/b", "content": "x"}),
        json!({"dataId": "d", "group": "g", "content": ""}),
        json!({"dataId": "d", "group": "g"}),
    ] {
        assert_eq!(client.refused("ConfigPublishRequest", request).await, 400);
    }
}

#[tokio::test]
async fn a_fuzzy_watch_is_told_what_there_is_and_what_changes() {
    let node = node().await;
    let (client, mut pushed) = node.client().await;
    publish(&client, "order.yaml", "x").await;
    let watch = json!({"groupKeyPattern": "public>>g>>order*", "watchType": "WATCH",
        "receivedGroupKeys": [], "initializing": true});
    client.done("ConfigFuzzyWatchRequest", watch).await;
    let first = pushed.expect("ConfigFuzzyWatchSyncRequest").await;
    assert_eq!(first["syncType"], "FUZZY_WATCH_INIT_NOTIFY");
    assert_eq!(first["groupKeyPattern"], "public>>g>>order*");
    assert_eq!(
        first["contexts"],
        json!([{"groupKey": "order.yaml+g+public", "changedType": "ADD_CONFIG"}])
    );
    let done = pushed.expect("ConfigFuzzyWatchSyncRequest").await;
    assert_eq!(done["syncType"], "FINISH_FUZZY_WATCH_INIT_NOTIFY");
    publish(&client, "order.json", "{}").await;
    let changed = pushed.expect("ConfigFuzzyWatchChangeNotifyRequest").await;
    assert_eq!(changed["groupKey"], "order.json+g+public");
    assert_eq!(changed["changeType"], "ADD_CONFIG");
    let cancel = json!({"groupKeyPattern": "public>>g>>order*", "watchType": "CANCEL_WATCH"});
    client.done("ConfigFuzzyWatchRequest", cancel).await;
    let bad = json!({"groupKeyPattern": "public>>g", "watchType": "WATCH"});
    assert_eq!(client.refused("ConfigFuzzyWatchRequest", bad).await, 400);
}
