//! Configuration over HTTP, in all three generations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not inside a test function"
)]

mod http_world;

use axum::body::Body;
use http::{Request, StatusCode, header};
use http_world::World;
use seawall_config::{Caller, ConfigKey, Md5};
use serde_json::json;

/// Name of the group in each generation's requests, the namespace's, and where reads
/// and writes go.
const GENERATIONS: [(&str, &str, &str); 3] = [
    ("/v1/cs/configs", "group", "tenant"),
    ("/v2/cs/config", "group", "namespaceId"),
    ("/v3/admin/cs/config", "groupName", "namespaceId"),
];

#[tokio::test]
async fn t16_v1_answers_raw_text_and_404_with_nacos_words() {
    let world = World::open().await;
    let named = [("dataId", "app.yaml"), ("group", "G"), ("tenant", "")];
    let absent = world.get("/v1/cs/configs", &named).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert_eq!(absent.text.trim(), "config data not exist");

    world.publish("", "G", "app.yaml", "a: 1\n# 配置\n").await;
    let read = world.get("/v1/cs/configs", &named).await;
    assert_eq!(read.ok(), "a: 1\n# 配置\n");
    assert_eq!(read.header("content-md5"), Md5::of("a: 1\n# 配置\n").to_string());
    assert_eq!(read.header("config-type"), "text");
    assert!(read.header("last-modified").ends_with(" GMT"), "{read:?}");

    assert_eq!(world.delete("/v1/cs/configs", &named).await.ok(), "true");
    assert_eq!(world.get("/v1/cs/configs", &named).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_one_generation_publishes_all_others_read() {
    let world = World::open().await;
    for (n, (path, group, namespace)) in GENERATIONS.into_iter().enumerate() {
        let content = format!("content {n}");
        let pairs = [
            ("dataId", "d"),
            (group, "G"),
            (namespace, "dev"),
            ("content", content.as_str()),
            ("type", "properties"),
        ];
        let published = world.post(path, &pairs).await;
        if n == 0 {
            assert_eq!(published.ok(), "true");
        } else {
            assert_eq!(published.data(), true);
        }
        let v1 = world
            .get("/v1/cs/configs", &[("dataId", "d"), ("group", "G"), ("tenant", "dev")])
            .await;
        assert_eq!((v1.ok(), v1.header("config-type")), (content.as_str(), "properties"));
        let v2 = [("dataId", "d"), ("group", "G"), ("namespaceId", "dev")];
        assert_eq!(world.get("/v2/cs/config", &v2).await.data(), content.as_str());
        let v3 = [("dataId", "d"), ("groupName", "G"), ("namespaceId", "dev")];
        let admin = world.get("/v3/admin/cs/config", &v3).await.data();
        assert_eq!(
            (&admin["content"], &admin["namespaceId"], &admin["groupName"]),
            (&content.as_str().into(), &"dev".into(), &"G".into())
        );
        let client = world.get("/v3/client/cs/config", &v3).await.data();
        assert_eq!(
            (&client["content"], &client["success"]),
            (&content.as_str().into(), &true.into())
        );
        assert_eq!(client["md5"], Md5::of(&content).to_string());
    }
}

#[tokio::test]
async fn absence_is_told_in_the_way_of_each_generation() {
    let world = World::open().await;
    let v2 = [("dataId", "d"), ("group", "G")];
    assert_eq!(world.get("/v2/cs/config", &v2).await.refusal(), (404, 20004));
    let v3 = [("dataId", "d"), ("groupName", "G")];
    assert_eq!(world.get("/v3/admin/cs/config", &v3).await.refusal(), (404, 20004));
    assert_eq!(world.get("/v3/client/cs/config", &v3).await.refusal(), (200, 20004));
    assert_eq!(world.get("/v3/admin/cs/config/beta", &v3).await.refusal(), (404, 20004));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let world = World::open().await;
    let no_content =
        world.post("/v3/admin/cs/config", &[("dataId", "d"), ("groupName", "G")]).await;
    assert_eq!(no_content.refusal(), (400, 10000));
    assert!(no_content.text.contains("'content'"), "{no_content:?}");
    let bad_name = world.get("/v2/cs/config", &[("dataId", "a b"), ("group", "G")]).await;
    assert_eq!(bad_name.refusal(), (400, 20002));
    let v1 = world.get("/v1/cs/configs", &[("dataId", "d")]).await;
    assert_eq!((v1.status, v1.text.contains("'group'")), (StatusCode::BAD_REQUEST, true));
    let json =
        [("dataId", "d"), ("groupName", "G"), ("type", "json"), ("content", "{\n  \"a\": }")];
    let broken = world.post("/v3/admin/cs/config", &json).await;
    assert_eq!(broken.refusal(), (400, 20002));
    assert!(broken.text.contains("line 2"), "{broken:?}");
    assert_eq!(world.query(http::Method::PUT, "/v2/cs/config", &[]).await.status, 405);
}

#[tokio::test]
async fn what_a_client_publishes_is_stored_as_it_is_and_what_a_person_does_is_checked() {
    let world = World::open().await;
    let broken = "{\n  \"a\": }";
    let pairs = |group| [("dataId", "d"), (group, "G"), ("type", "json"), ("content", broken)];
    let refused = world.post("/v3/admin/cs/config", &pairs("groupName")).await;
    assert_eq!(refused.refusal(), (400, 20002));
    assert_eq!(world.post("/v1/cs/configs", &pairs("group")).await.ok(), "true");
    assert_eq!(world.post("/v2/cs/config", &pairs("group")).await.data(), true);
    let read = world.get("/v1/cs/configs", &[("dataId", "d"), ("group", "G")]).await;
    assert_eq!((read.ok(), read.header("config-type")), (broken, "json"));
}

#[tokio::test]
async fn a_publish_with_a_stale_fingerprint_is_refused() {
    let world = World::open().await;
    world.publish("", "G", "d", "one").await;
    let pairs = [("dataId", "d"), ("group", "G"), ("content", "two")];
    let stale = [("casMd5", "00000000000000000000000000000000")];
    assert_eq!(world.form("/v1/cs/configs", &pairs, &stale).await.status, 500);
    assert_eq!(world.form("/v2/cs/config", &pairs, &stale).await.refusal(), (500, 20005));
    let fresh = Md5::of("one").to_string();
    assert_eq!(world.form("/v1/cs/configs", &pairs, &[("casMd5", &fresh)]).await.ok(), "true");
}

#[tokio::test]
async fn beta_and_tag_releases_reach_those_they_are_for() {
    let world = World::open().await;
    world.publish("", "G", "d", "formal").await;
    let named = [("dataId", "d"), ("group", "G")];
    let beta = [("dataId", "d"), ("group", "G"), ("content", "for some")];
    world.form("/v1/cs/configs", &beta, &[("betaIps", "10.0.0.7,10.0.0.8")]).await.ok();
    let tagged = [("dataId", "d"), ("group", "G"), ("content", "for blue"), ("tag", "blue")];
    assert_eq!(world.post("/v2/cs/config", &tagged).await.data(), true);

    let request = || Request::get("/nacos/v1/cs/configs?dataId=d&group=G");
    let others = world.send(request().body(Body::empty()).unwrap()).await;
    assert_eq!(others.ok(), "formal");
    let chosen = world.send_from([10, 0, 0, 7], request().body(Body::empty()).unwrap()).await;
    assert_eq!((chosen.ok(), chosen.header("isbeta")), ("for some", "true"));
    let blue = request().header("Vipserver-Tag", "blue").body(Body::empty()).unwrap();
    let blue = world.send(blue).await;
    assert_eq!((blue.ok(), blue.header("tag")), ("for blue", "blue"));
    let asked = |tag| [named[0], named[1], ("tag", tag)];
    assert_eq!(world.get("/v1/cs/configs", &asked("blue")).await.ok(), "for blue");
    assert_eq!(world.get("/v1/cs/configs", &asked("red")).await.status, StatusCode::NOT_FOUND);

    let shown = world.get("/v1/cs/configs", &[named[0], named[1], ("beta", "true")]).await.json();
    assert_eq!(
        (&shown["code"], &shown["data"]["betaIps"]),
        (&200.into(), &"10.0.0.7,10.0.0.8".into())
    );
    let v3 = [("dataId", "d"), ("groupName", "G")];
    assert_eq!(world.get("/v3/admin/cs/config/beta", &v3).await.data()["grayName"], "beta");
    let stopped = world.delete("/v1/cs/configs", &[named[0], named[1], ("beta", "true")]).await;
    assert_eq!(stopped.json()["data"], true);
    let after = world.send_from([10, 0, 0, 7], request().body(Body::empty()).unwrap()).await;
    assert_eq!(after.ok(), "formal");
}

#[tokio::test]
async fn a_release_for_labels_is_published_listed_changed_and_removed_by_name() {
    let world = World::open().await;
    world.publish("dev", "G", "d", "formal").await;
    let named = [("dataId", "d"), ("groupName", "G"), ("namespaceId", "dev")];
    let with = |more: &[(&'static str, &'static str)]| [&named[..], more].concat();
    let canary = with(&[
        ("content", "for the canaries"),
        ("grayName", "canary"),
        ("grayRuleExp", "zone = a, tier in (web, api)"),
        ("grayPriority", "7"),
    ]);
    assert_eq!(world.post("/v3/admin/cs/config", &canary).await.data(), true);

    let key = ConfigKey::parse("dev", "G", "d").unwrap();
    let read = async |zone: &str| {
        let labels = [("zone", zone), ("tier", "web")];
        let labels = labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().collect();
        let caller = Caller::from_ip([10, 0, 0, 1].into()).with_labels(labels);
        world.configs.get(&key, &caller).await.unwrap().unwrap().content.to_string()
    };
    assert_eq!((&*read("a").await, &*read("b").await), ("for the canaries", "formal"));

    let tagged = with(&[("content", "for blue"), ("tag", "blue")]);
    assert_eq!(world.post("/v3/admin/cs/config", &tagged).await.data(), true);
    let listed = world.get("/v3/admin/cs/config/gray/list", &named).await.data();
    let names: Vec<_> = (0..2).map(|n| listed[n]["grayName"].clone()).collect();
    assert_eq!(names, ["tag_blue", "canary"], "{listed}");
    let one = with(&[("grayName", "canary")]);
    let shown = world.get("/v3/admin/cs/config/gray", &one).await.data();
    assert_eq!(shown["content"], "for the canaries");
    let rule: serde_json::Value =
        serde_json::from_str(shown["grayRule"].as_str().unwrap()).unwrap();
    assert_eq!((&rule["priority"], &rule["type"]), (&7.into(), &"labels".into()));

    let moved = with(&[("grayName", "canary"), ("grayRuleExp", "zone = b")]);
    assert_eq!(world.put("/v3/admin/cs/config/gray", &moved).await.data(), true);
    assert_eq!((&*read("a").await, &*read("b").await), ("formal", "for the canaries"));
    assert_eq!(world.delete("/v3/admin/cs/config/gray", &one).await.data(), true);
    assert_eq!(read("b").await, "formal");
    assert_eq!(world.get("/v3/admin/cs/config/gray", &one).await.refusal(), (404, 20004));
    assert_eq!(world.put("/v3/admin/cs/config/gray", &moved).await.refusal(), (404, 20004));
    assert_eq!(
        world.delete("/v3/admin/cs/config", &with(&[("grayName", "tag_blue")])).await.data(),
        true
    );
    assert_eq!(world.get("/v3/admin/cs/config", &named).await.data()["content"], "formal");
    assert_eq!(world.get("/v3/admin/cs/config/gray/list", &named).await.data(), json!([]));
}

#[tokio::test]
async fn a_release_without_a_condition_or_with_a_taken_name_is_refused() {
    let world = World::open().await;
    let named = [("dataId", "d"), ("groupName", "G"), ("content", "c")];
    let publish = async |more: &[(&'static str, &'static str)]| {
        world.post("/v3/admin/cs/config", &[&named[..], more].concat()).await.refusal()
    };
    assert_eq!(publish(&[("grayName", "canary")]).await, (400, 10000));
    assert_eq!(
        publish(&[("grayName", "canary"), ("grayRuleExp", "a within b")]).await,
        (400, 20011)
    );
    assert_eq!(publish(&[("grayName", "tag_red"), ("grayRuleExp", "blue")]).await, (400, 20011));
    let priority = [("grayName", "canary"), ("grayRuleExp", "a"), ("grayPriority", "x")];
    assert_eq!(publish(&priority).await, (400, 20002));
    // Nothing of it became the content for everybody.
    assert_eq!(world.get("/v3/admin/cs/config", &named[..2]).await.refusal(), (404, 20004));
}

#[tokio::test]
async fn searches_find_by_name_type_tag_and_content() {
    let world = World::open().await;
    world.publish("dev", "G", "app-one.yaml", "url: one").await;
    world.publish("dev", "G", "app-two.yaml", "url: two").await;
    world.publish("dev", "H", "other", "none").await;
    let page = [("pageNo", "1"), ("pageSize", "10"), ("tenant", "dev")];
    let search = |more: &[(&'static str, &'static str)]| [&page[..], more].concat();
    let blur = search(&[("search", "blur"), ("dataId", "app-*"), ("group", "")]);
    let found = world.get("/v1/cs/configs", &blur).await.json();
    assert_eq!((&found["totalCount"], &found["pagesAvailable"]), (&2.into(), &1.into()));
    assert_eq!(found["pageItems"][0]["content"], "url: one");
    assert!(found["pageItems"][0]["id"].is_string(), "{found}");
    let exact = search(&[("search", "accurate"), ("dataId", "other"), ("group", "H")]);
    assert_eq!(world.get("/v1/cs/configs", &exact).await.json()["totalCount"], 1);
    let inside = search(&[("config_detail", "two"), ("dataId", ""), ("group", "")]);
    assert_eq!(world.get("/v2/cs/config/searchDetail", &inside).await.json()["totalCount"], 1);
    let list = [("namespaceId", "dev"), ("pageNo", "1"), ("pageSize", "2"), ("search", "blur")];
    let third = world.get("/v3/admin/cs/config/list", &list).await.data();
    assert_eq!((&third["totalCount"], &third["pagesAvailable"]), (&3.into(), &2.into()));
    assert_eq!(third["pageItems"].as_array().unwrap().len(), 2);
    assert!(third["pageItems"][0].get("content").is_none());
}

#[tokio::test]
async fn everything_about_an_item_can_be_read_and_removed_by_number() {
    let world = World::open().await;
    let pairs = [
        ("dataId", "d"),
        ("group", "G"),
        ("content", "c"),
        ("desc", "what for"),
        ("config_tags", "a,b"),
        ("appName", "shop"),
        ("src_user", "somebody"),
    ];
    assert_eq!(world.post("/v1/cs/configs", &pairs).await.ok(), "true");
    let all = [("dataId", "d"), ("group", "G"), ("show", "all")];
    let shown = world.get("/v1/cs/configs", &all).await.json();
    assert_eq!(
        (&shown["desc"], &shown["configTags"], &shown["appName"], &shown["tenant"]),
        (&"what for".into(), &"a,b".into(), &"shop".into(), &"".into())
    );
    assert_eq!(shown["createUser"], "somebody");
    let id = shown["id"].as_str().unwrap();
    let removed = world.delete("/v1/cs/configs", &[("delType", "ids"), ("ids", id)]).await.json();
    assert_eq!((&removed["code"], &removed["data"]), (&200.into(), &true.into()));
    let gone = world.get("/v1/cs/configs", &all[..2]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let again = world.delete("/v3/admin/cs/config/batch", &[("ids", id)]).await;
    assert_eq!(again.data(), true);
    assert_eq!(world.delete("/v3/admin/cs/config/batch", &[("ids", "x")]).await.refusal().0, 400);
}

#[tokio::test]
async fn history_tells_what_was_and_what_became_of_it() {
    let world = World::open().await;
    world.publish("", "G", "d", "one").await;
    world.publish("", "G", "d", "two").await;
    let named = [("dataId", "d"), ("group", "G")];
    let v1 = [named[0], named[1], ("search", "accurate")];
    let list = world.get("/v1/cs/history", &v1).await.json();
    assert_eq!(list["totalCount"], 2);
    let newest = &list["pageItems"][0];
    assert_eq!((&newest["opType"], &newest["tenant"]), (&"U".into(), &"".into()));
    assert!(newest["createdTime"].as_str().unwrap().ends_with("+00:00"));
    let nid = newest["id"].as_str().unwrap();
    let detail = world.get("/v2/cs/history", &[named[0], named[1], ("nid", nid)]).await.data();
    assert_eq!(detail["content"], "one");
    let both = world.get("/v2/cs/history/detail", &[named[0], named[1], ("nid", nid)]).await.data();
    assert_eq!((&both["originalContent"], &both["updatedContent"]), (&"one".into(), &"two".into()));
    let v3 = [("dataId", "d"), ("groupName", "G")];
    let third = world.get("/v3/admin/cs/history/list", &v3).await.data();
    assert_eq!((&third["totalCount"], &third["pageItems"][1]["opType"]), (&2.into(), &"I".into()));
    let previous =
        world.get("/v3/admin/cs/history/previous", &[v3[0], v3[1], ("id", nid)]).await.data();
    assert_eq!(previous["opType"], "I");
    let absent = world.get("/v3/admin/cs/history", &[v3[0], v3[1], ("nid", "999999999")]).await;
    assert_eq!(absent.refusal(), (404, 20004));
    let items = world.get("/v1/cs/history/configs", &[("tenant", "")]).await.json();
    assert_eq!(items[0]["dataId"], "d");
    let items = world.get("/v3/admin/cs/history/configs", &[("namespaceId", "public")]).await;
    assert_eq!(items.data()[0]["namespaceId"], "public");
}

#[tokio::test]
async fn a_change_is_compared_and_undone_with_everything_after_it() {
    let world = World::open().await;
    for content in ["one\n", "two\n", "three\n"] {
        world.publish("dev", "G", "d", content).await;
    }
    let named = [("dataId", "d"), ("groupName", "G"), ("namespaceId", "dev")];
    let list = world.get("/v3/admin/cs/history/list", &named).await.data();
    let second = list["pageItems"][1]["id"].as_str().unwrap().to_owned();
    let which = [named[0], named[1], named[2], ("nid", second.as_str())];
    let diff = world.get("/v3/admin/cs/history/diff", &which).await.data();
    assert_eq!(
        (&diff["originalContent"], &diff["updatedContent"]),
        (&"one\n".into(), &"two\n".into())
    );
    let unified = diff["diff"].as_str().unwrap();
    assert!(unified.contains("-one") && unified.contains("+two"), "{unified}");

    assert_eq!(world.post("/v3/admin/cs/history/rollback", &which).await.data(), true);
    assert_eq!(world.get("/v3/admin/cs/config", &named).await.data()["content"], "one\n");
    // The rollback can be undone in turn.
    let list = world.get("/v3/admin/cs/history/list", &named).await.data();
    let newest = list["pageItems"][0]["id"].as_str().unwrap().to_owned();
    let back = [named[0], named[1], named[2], ("nid", newest.as_str())];
    assert_eq!(world.post("/v3/admin/cs/history/rollback", &back).await.data(), true);
    assert_eq!(world.get("/v3/admin/cs/config", &named).await.data()["content"], "three\n");

    // Undoing the creation removes the item.
    let first = list["pageItems"][3]["id"].as_str().unwrap().to_owned();
    let created = [named[0], named[1], named[2], ("nid", first.as_str())];
    assert_eq!(world.post("/v3/admin/cs/history/rollback", &created).await.data(), true);
    assert_eq!(world.get("/v3/admin/cs/config", &named).await.refusal(), (404, 20004));
    let absent = [named[0], named[1], named[2], ("nid", "999999999")];
    assert_eq!(world.post("/v3/admin/cs/history/rollback", &absent).await.refusal(), (404, 20004));
}

fn upload(zip: &[u8], policy: &str) -> Body {
    let mut form = Vec::new();
    form.extend_from_slice(
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\n{policy}\r\n--x\r\n"
        )
        .as_bytes(),
    );
    form.extend_from_slice(
        b"Content-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\
          Content-Type: application/zip\r\n\r\n",
    );
    form.extend_from_slice(zip);
    form.extend_from_slice(b"\r\n--x--\r\n");
    Body::from(form)
}

#[tokio::test]
async fn what_is_exported_can_be_imported_elsewhere() {
    let world = World::open().await;
    world.publish("dev", "G", "app.yaml", "a: 1").await;
    world.publish("dev", "G", "b", "text").await;
    for (path, flag, namespace, import, target) in [
        (
            "/v1/cs/configs",
            ("export", "true"),
            "tenant",
            "/v1/cs/configs?import=true&namespace=",
            "one",
        ),
        (
            "/v1/cs/configs",
            ("exportV2", "true"),
            "tenant",
            "/v1/cs/configs?import=true&namespace=",
            "two",
        ),
        (
            "/v3/admin/cs/config/export",
            ("ids", ""),
            "namespaceId",
            "/v3/admin/cs/config/import?namespaceId=",
            "three",
        ),
    ] {
        let zip = world.get(path, &[flag, (namespace, "dev"), ("group", "")]).await;
        assert!(zip.header("content-disposition").contains("attachment"), "{zip:?}");
        assert_eq!(&zip.bytes[..2], b"PK");
        let made = [("customNamespaceId", target), ("namespaceName", target)];
        assert_eq!(world.post("/v1/console/namespaces", &made).await.ok(), "true");
        for (policy, succeeded, skipped) in [("ABORT", 2, 0), ("SKIP", 0, 2), ("OVERWRITE", 2, 0)] {
            let request = Request::post(format!("/nacos{import}{target}"))
                .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
                .body(upload(&zip.bytes, policy))
                .unwrap();
            let data = world.send(request).await.json()["data"].clone();
            assert_eq!(
                (&data["succCount"], &data["skipCount"]),
                (&succeeded.into(), &skipped.into()),
                "{target} {policy}: {data}"
            );
        }
        let read = [("dataId", "app.yaml"), ("group", "G"), ("tenant", target)];
        assert_eq!(world.get("/v1/cs/configs", &read).await.ok(), "a: 1");
    }
}

#[tokio::test]
async fn an_import_of_no_zip_or_into_nowhere_is_refused() {
    let world = World::open().await;
    let import = |target: &str, body: Body| {
        Request::post(format!("/nacos/v3/admin/cs/config/import?namespaceId={target}"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(body)
            .unwrap()
    };
    let garbage = world.send(import("", upload(b"no zip", "ABORT"))).await;
    assert_eq!(garbage.refusal(), (400, 100_004));
    let nowhere = world.send(import("nowhere", upload(b"PK", "ABORT"))).await;
    assert_eq!(nowhere.refusal(), (404, 22001));
    let nothing = world.send(import("", Body::from("--x--\r\n"))).await;
    assert_eq!(nothing.refusal().0, 400);
}

#[tokio::test]
async fn items_are_cloned_under_the_names_of_both_generations() {
    let world = World::open().await;
    world.publish("", "G", "d", "content").await;
    let all = [("dataId", "d"), ("group", "G"), ("show", "all")];
    let id = world.get("/v1/cs/configs", &all).await.json()["id"].as_str().unwrap().to_owned();
    for (target, path, body) in [
        (
            "one",
            "/v1/cs/configs?clone=true&tenant=one",
            format!(r#"[{{"cfgId":{id},"dataId":"copy","group":"H"}}]"#),
        ),
        (
            "two",
            "/v3/admin/cs/config/clone?namespaceId=two",
            format!(r#"[{{"configId":"{id}","targetDataId":"copy","targetGroupName":"H"}}, null]"#),
        ),
    ] {
        let made = [("namespaceId", target), ("namespaceName", target)];
        assert_eq!(world.post("/v3/admin/core/namespace", &made).await.data(), true);
        let request = Request::post(format!("/nacos{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        assert_eq!(world.send(request).await.json()["data"]["succCount"], 1, "{target}");
        let copy = [("dataId", "copy"), ("group", "H"), ("tenant", target)];
        assert_eq!(world.get("/v1/cs/configs", &copy).await.ok(), "content");
    }
}

#[tokio::test]
async fn t21_quotas_and_limits_have_nacos_codes() {
    let world = World::with_quotas().await;
    let set = [("namespaceId", "dev"), ("quota", "1"), ("maxSize", "10")];
    assert_eq!(world.post("/v3/admin/cs/capacity", &set).await.data(), true);
    let shown = world.get("/v3/admin/cs/capacity", &[("namespaceId", "dev")]).await.data();
    assert_eq!((&shown["quota"], &shown["maxSize"]), (&1.into(), &10.into()));
    let publish = async |data_id: &str, content: &str| {
        let pairs =
            [("dataId", data_id), ("group", "G"), ("namespaceId", "dev"), ("content", content)];
        world.post("/v2/cs/config", &pairs).await
    };
    assert_eq!(publish("a", "longer than ten").await.refusal(), (400, 5034));
    assert_eq!(publish("a", "short").await.data(), true);
    assert_eq!(publish("b", "short").await.refusal(), (400, 5033));
    let v1 = world.post("/v1/cs/capacity", &[("tenant", "dev"), ("quota", "1")]).await.json();
    assert!(v1["message"].as_str().unwrap().contains("tenant to dev"), "{v1}");
    assert_eq!(world.get("/v1/cs/capacity", &[]).await.status, 400);
    assert_eq!(
        world.post("/v3/admin/cs/capacity", &[("namespaceId", "dev")]).await.refusal(),
        (400, 10000)
    );
}

#[tokio::test]
async fn a_content_of_ten_mebibytes_goes_through_whatever_its_letters() {
    let world = World::open().await;
    // Every byte of it is three in the form.
    let content = "配".repeat(10 * 1024 * 1024 / 3);
    world.publish("", "G", "large", &content).await;
    let read = world.get("/v1/cs/configs", &[("dataId", "large"), ("group", "G")]).await;
    assert_eq!(read.ok().len(), content.len());
    let over = format!("{content}{content}");
    let pairs = [("dataId", "larger"), ("group", "G"), ("content", over.as_str())];
    let refused = world.post("/v2/cs/config", &pairs).await;
    assert!([400, 413].contains(&refused.status.as_u16()), "{}", refused.status);
    assert_eq!(refused.json()["code"], 5034);
}
