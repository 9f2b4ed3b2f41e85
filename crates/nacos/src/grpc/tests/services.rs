//! Naming over gRPC.

use serde_json::{Value, json};

use super::harness::{Client, Pushed, eventually, node};

fn instance(service: &str, what: &str, ip: &str) -> Value {
    json!({"namespace": "public", "groupName": "g", "serviceName": service, "type": what,
        "instance": {"ip": ip, "port": 80}})
}

async fn register(client: &Client, service: &str, ip: &str) {
    let json = client.done("InstanceRequest", instance(service, "registerInstance", ip)).await;
    assert_eq!(json["type"], "registerInstance");
}

fn asked(service: &str) -> Value {
    json!({"namespace": "public", "groupName": "g", "serviceName": service})
}

fn ips(info: &Value) -> Vec<&str> {
    info["hosts"].as_array().unwrap().iter().map(|host| host["ip"].as_str().unwrap()).collect()
}

async fn query(client: &Client, service: &str) -> Value {
    client.done("ServiceQueryRequest", asked(service)).await["serviceInfo"].clone()
}

/// The first push that shows these instances. A new subscriber may be pushed once what
/// it was answered.
async fn told_of(pushed: &mut Pushed, expected: &[&str]) -> Value {
    loop {
        let told = pushed.expect("NotifySubscriberRequest").await;
        if ips(&told["serviceInfo"]) == expected {
            return told;
        }
    }
}

#[tokio::test]
async fn t02_t03_t11_a_registered_instance_is_found_however_it_is_asked_for() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    register(&client, "s", "10.0.0.1").await;
    for request in [
        json!({"serviceName": "s", "groupName": "g", "namespace": ""}),
        json!({"serviceName": "g@@s", "groupName": "other", "namespace": null}),
        json!({"serviceName": "g@@s"}),
    ] {
        let json = client.done("ServiceQueryRequest", request).await;
        let info = &json["serviceInfo"];
        assert_eq!((&info["name"], &info["groupName"]), (&json!("s"), &json!("g")));
        assert_eq!((&info["allIPs"], &info["allIps"]), (&json!(false), &json!(false)));
        for field in
            ["cacheMillis", "lastRefTime", "checksum", "clusters", "reachProtectionThreshold"]
        {
            assert!(!info[field].is_null(), "{field}");
        }
        let host = &info["hosts"][0];
        assert_eq!(host["instanceId"], "10.0.0.1#80#DEFAULT#g@@s");
        assert_eq!((&host["weight"], &host["ephemeral"]), (&json!(1.0), &json!(true)));
        assert_eq!(host["metadata"], json!({}));
    }
}

#[tokio::test]
async fn a_subscriber_is_pushed_every_change() {
    let node = node().await;
    let (provider, _provider_stream) = node.client().await;
    let (consumer, mut pushed) = node.client().await;
    let mut subscribe = asked("s");
    subscribe["subscribe"] = true.into();
    let now = consumer.done("SubscribeServiceRequest", subscribe).await;
    assert_eq!(now["serviceInfo"]["hosts"], json!([]));
    register(&provider, "s", "10.0.0.1").await;
    let told = told_of(&mut pushed, &["10.0.0.1"]).await;
    assert_eq!((&told["serviceName"], &told["groupName"]), (&json!("s"), &json!("g")));
    assert_eq!(told["headers"], json!({}), "Rust's client reads no request without them");
    let before = told["serviceInfo"]["lastRefTime"].as_u64().unwrap();
    provider.done("InstanceRequest", instance("s", "deregisterInstance", "10.0.0.1")).await;
    let told = told_of(&mut pushed, &[]).await;
    assert!(told["serviceInfo"]["lastRefTime"].as_u64().unwrap() > before, "t04");
    eventually(|| node.nacos.registry.counts().pushes_in_flight == 0).await;
}

#[tokio::test]
async fn the_end_of_a_stream_removes_at_once_what_it_registered() {
    let node = node().await;
    let (provider, stream) = node.client().await;
    let (consumer, mut pushed) = node.client().await;
    register(&provider, "s", "10.0.0.1").await;
    let mut subscribe = asked("s");
    subscribe["subscribe"] = true.into();
    let now = consumer.done("SubscribeServiceRequest", subscribe).await;
    assert_eq!(ips(&now["serviceInfo"]), ["10.0.0.1"]);
    drop(stream);
    told_of(&mut pushed, &[]).await;
}

#[tokio::test]
async fn t12_a_service_is_of_the_kind_of_its_first_instance() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let persistent = instance("kept", "registerInstance", "10.0.0.1");
    let json = client.done("PersistentInstanceRequest", persistent).await;
    assert_eq!(json["type"], "registerInstance");
    let (kind, json) =
        client.ask("InstanceRequest", instance("kept", "registerInstance", "10.0.0.2")).await;
    assert_eq!((kind.as_str(), &json["errorCode"]), ("InstanceResponse", &json!(400)));
    assert_eq!(
        json["message"],
        "Current service g@@kept is persistent service, can't register ephemeral instance."
    );
    let removed = instance("kept", "deregisterInstance", "10.0.0.1");
    client.done("PersistentInstanceRequest", removed).await;
    assert_eq!(query(&client, "kept").await["hosts"], json!([]));
}

#[tokio::test]
async fn t13_a_batch_is_all_a_client_has_in_a_service() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let batch = |ips: &[&str]| {
        let instances: Vec<_> = ips.iter().map(|ip| json!({"ip": ip, "port": 80})).collect();
        json!({"groupName": "g", "serviceName": "s", "type": "batchRegisterInstance",
            "instances": instances})
    };
    let json = client.done("BatchInstanceRequest", batch(&["10.0.0.1", "10.0.0.2"])).await;
    assert_eq!(json["type"], "batchRegisterInstance");
    assert_eq!(ips(&query(&client, "s").await), ["10.0.0.1", "10.0.0.2"]);
    client.done("BatchInstanceRequest", batch(&["10.0.0.2", "10.0.0.3"])).await;
    assert_eq!(ips(&query(&client, "s").await), ["10.0.0.2", "10.0.0.3"]);
    // One that cannot be read refuses the whole batch.
    let mut bad = batch(&["10.0.0.9"]);
    bad["instances"].as_array_mut().unwrap().push(json!({"ip": "10.0.0.8", "port": 70_000}));
    assert_eq!(client.refused("BatchInstanceRequest", bad).await, 400);
    assert_eq!(ips(&query(&client, "s").await), ["10.0.0.2", "10.0.0.3"]);
}

#[tokio::test]
async fn an_instance_that_asks_for_a_unique_id_gets_one_and_keeps_it() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let unique = |service: &str, what: &str| {
        let mut request = instance(service, what, "10.0.0.1");
        request["instance"]["metadata"] = json!({"preserved.instance.id.generator": "snowflake"});
        request
    };
    let id = async |service: &str| {
        let info = query(&client, service).await;
        info["hosts"][0]["instanceId"].as_str().unwrap().to_owned()
    };
    client.done("InstanceRequest", unique("s", "registerInstance")).await;
    let first = id("s").await;
    let (number, rest) = first.split_once('#').unwrap();
    assert_eq!(rest, "DEFAULT#g@@s");
    assert!(number.parse::<u64>().unwrap() > 1 << 22, "{first}");
    client.done("InstanceRequest", unique("s", "registerInstance")).await;
    assert_eq!(id("s").await, first, "it was there all the time");
    client.done("InstanceRequest", unique("s", "deregisterInstance")).await;
    client.done("InstanceRequest", unique("s", "registerInstance")).await;
    assert_ne!(id("s").await, first, "it is another one now");

    client.done("PersistentInstanceRequest", unique("kept", "registerInstance")).await;
    let kept = id("kept").await;
    assert!(kept.ends_with("#DEFAULT#g@@kept") && !kept.starts_with("10."), "{kept}");
    let batch = json!({"groupName": "g", "serviceName": "b", "type": "batchRegisterInstance",
        "instances": [{"ip": "10.0.0.1", "port": 80,
            "metadata": {"preserved.instance.id.generator": "snowflake"}}]});
    client.done("BatchInstanceRequest", batch).await;
    assert!(id("b").await.ends_with("#DEFAULT#g@@b"));
}

#[tokio::test]
async fn t14_a_query_is_for_its_clusters_and_says_so() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let in_cluster =
        |ip: &str, cluster: &str| json!({"ip": ip, "port": 80, "clusterName": cluster});
    let batch = json!({"groupName": "g", "serviceName": "s", "type": "batchRegisterInstance",
        "instances": [in_cluster("10.0.0.1", "a"), in_cluster("10.0.0.2", "b"),
            in_cluster("10.0.0.3", "c")]});
    client.done("BatchInstanceRequest", batch).await;
    let mut request = asked("s");
    request["cluster"] = "a,b".into();
    let info = &client.done("ServiceQueryRequest", request).await["serviceInfo"];
    assert_eq!((ips(info), &info["clusters"]), (vec!["10.0.0.1", "10.0.0.2"], &json!("a,b")));
    let mut request = asked("s");
    request["clusters"] = "c".into();
    request["subscribe"] = true.into();
    let info = &client.done("SubscribeServiceRequest", request).await["serviceInfo"];
    assert_eq!((ips(info), &info["clusters"]), (vec!["10.0.0.3"], &json!("c")));
}

#[tokio::test]
async fn t14_a_disabled_instance_is_shown_to_nobody() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    let mut request = instance("s", "registerInstance", "10.0.0.1");
    request["instance"]["enabled"] = false.into();
    client.done("InstanceRequest", request).await;
    assert_eq!(query(&client, "s").await["hosts"], json!([]));
}

#[tokio::test]
async fn services_of_a_group_are_listed_by_page() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    for service in ["a", "b", "c"] {
        register(&client, service, "10.0.0.1").await;
    }
    let other = json!({"serviceName": "elsewhere", "groupName": "other",
        "type": "registerInstance", "instance": {"ip": "10.0.0.1", "port": 80}});
    client.done("InstanceRequest", other).await;
    let page = |number: i64| json!({"groupName": "g", "pageNo": number, "pageSize": 2});
    let first = client.done("ServiceListRequest", page(1)).await;
    assert_eq!((&first["count"], &first["serviceNames"]), (&json!(3), &json!(["a", "b"])));
    let second = client.done("ServiceListRequest", page(2)).await;
    assert_eq!(second["serviceNames"], json!(["c"]));
    assert_eq!(client.done("ServiceListRequest", page(9)).await["serviceNames"], json!([]));
}

#[tokio::test]
async fn requests_that_break_a_rule_change_nothing() {
    let node = node().await;
    let (client, _stream) = node.client().await;
    for request in [
        instance("", "registerInstance", "10.0.0.1"),
        instance("s", "renameInstance", "10.0.0.1"),
        instance("s", "registerInstance", ""),
        instance("a@@b@@c", "registerInstance", "10.0.0.1"),
    ] {
        assert_eq!(client.refused("InstanceRequest", request).await, 400);
    }
    assert_eq!(node.nacos.registry.counts().instances, 0);
}

#[tokio::test]
async fn a_fuzzy_watch_is_told_of_services_that_come_and_go() {
    let node = node().await;
    let (provider, _provider_stream) = node.client().await;
    let (client, mut pushed) = node.client().await;
    register(&provider, "order", "10.0.0.1").await;
    let watch = json!({"groupKeyPattern": "public>>g>>order*", "watchType": "WATCH",
        "receivedGroupKeys": [], "initializing": true});
    client.done("NamingFuzzyWatchRequest", watch).await;
    let first = pushed.expect("NamingFuzzyWatchSyncRequest").await;
    assert_eq!(first["syncType"], "FUZZY_WATCH_INIT_NOTIFY");
    assert_eq!(
        first["contexts"],
        json!([{"serviceKey": "public@@g@@order", "changedType": "ADD_SERVICE"}])
    );
    let done = pushed.expect("NamingFuzzyWatchSyncRequest").await;
    assert_eq!(done["syncType"], "FINISH_FUZZY_WATCH_INIT_NOTIFY");
    register(&provider, "orders", "10.0.0.1").await;
    let told = pushed.expect("NamingFuzzyWatchChangeNotifyRequest").await;
    assert_eq!(
        (&told["serviceKey"], &told["changedType"]),
        (&json!("public@@g@@orders"), &json!("ADD_SERVICE"))
    );
}

#[tokio::test]
async fn a_push_may_be_confirmed_by_a_call_of_its_own() {
    let node = node().await;
    let (client, mut pushed) = node.client().await;
    let mut subscribe = asked("s");
    subscribe["subscribe"] = true.into();
    client.done("SubscribeServiceRequest", subscribe).await;
    register(&client, "s", "10.0.0.1").await;
    loop {
        let (kind, json) = pushed.next().await.unwrap();
        assert_eq!(kind, "NotifySubscriberRequest");
        let ack = json!({"requestId": json["requestId"], "success": true});
        client.done("PushAckRequest", ack).await;
        if ips(&json["serviceInfo"]) == ["10.0.0.1"] {
            break;
        }
    }
    eventually(|| node.nacos.registry.counts().pushes_in_flight == 0).await;
}
