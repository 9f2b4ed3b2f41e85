//! Long polling over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not inside a test function"
)]

mod http_world;

use std::{sync::Arc, time::Duration};

use http_world::World;
use seawall_config::Md5;

const PATH: &str = "/v1/cs/configs/listener";

fn record(data_id: &str, md5: &str, tenant: Option<&str>) -> String {
    match tenant {
        Some(tenant) => format!("{data_id}\u{2}G\u{2}{md5}\u{2}{tenant}\u{1}"),
        None => format!("{data_id}\u{2}G\u{2}{md5}\u{1}"),
    }
}

#[tokio::test(start_paused = true)]
async fn t07_what_differs_is_told_at_once() {
    let world = World::open().await;
    world.publish("", "G", "a", "content").await;
    world.publish("dev", "G", "b", "content").await;
    let right = Md5::of("content").to_string();
    let records = [
        record("a", "", None),
        record("b", &right, Some("dev")),
        record("absent", "", None),
        record("gone", &right, Some("public")),
    ]
    .concat();
    let poll = [("Listening-Configs", records.as_str())];
    let answer = world.form(PATH, &poll, &[("Long-Pulling-Timeout", "30000")]).await;
    assert_eq!(answer.ok(), "a%02G%01gone%02G%02public%01\n");
    assert_eq!(answer.header("cache-control"), "no-cache,no-store");
}

#[tokio::test(start_paused = true)]
async fn a_poll_without_news_waits_half_a_second_less_than_asked() {
    let world = World::open().await;
    world.publish("", "G", "a", "content").await;
    let records = record("a", &Md5::of("content").to_string(), None);
    let poll = [("Listening-Configs", records.as_str())];
    for (asked, waited) in [("30000", 29_500), ("100", 10_000)] {
        let start = tokio::time::Instant::now();
        let answer = world.form(PATH, &poll, &[("Long-Pulling-Timeout", asked)]).await;
        assert_eq!(answer.ok(), "");
        let took = start.elapsed();
        let expected = Duration::from_millis(waited);
        assert!(took >= expected && took < expected + Duration::from_secs(1), "{asked}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_want_to_wait_does_not() {
    let world = World::open().await;
    let records = record("absent", "", None);
    let poll = [("Listening-Configs", records.as_str())];
    let start = tokio::time::Instant::now();
    let headers = [("Long-Pulling-Timeout", "30000"), ("Long-Pulling-Timeout-No-Hangup", "true")];
    assert_eq!(world.form(PATH, &poll, &headers).await.ok(), "");
    assert_eq!(world.form(PATH, &poll, &[]).await.ok(), "");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_change_ends_the_wait() {
    let world = Arc::new(World::open().await);
    world.publish("", "G", "a", "before").await;
    let poll = {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let records = record("a", &Md5::of("before").to_string(), None);
            let poll = [("Listening-Configs", records.as_str())];
            world.form(PATH, &poll, &[("Long-Pulling-Timeout", "30000")]).await
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = tokio::time::Instant::now();
    world.publish("", "G", "a", "after").await;
    assert_eq!(poll.await.unwrap().ok(), "a%02G%01\n");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn t24_a_poll_encoded_twice_is_understood() {
    let world = World::open().await;
    world.publish("dev", "G", "a", "content").await;
    let once = http_world::encode(&[("", &record("a", "", Some("dev")))]);
    let twice = [("Listening-Configs", once.trim_start_matches('='))];
    let answer = world.form(PATH, &twice, &[("Long-Pulling-Timeout", "30000")]).await;
    assert_eq!(answer.ok(), "a%02G%02dev%01\n");
}

#[tokio::test]
async fn what_is_no_poll_is_refused() {
    let world = World::open().await;
    for records in ["", "a\u{1}", "a\u{2}b\u{2}c\u{2}d\u{2}e\u{1}"] {
        let answer = world.form(PATH, &[("Listening-Configs", records)], &[]).await;
        assert_eq!(answer.status, 400, "{records:?}");
    }
    let timeout = [("Long-Pulling-Timeout", "soon")];
    let records = record("a", "", None);
    assert_eq!(world.form(PATH, &[("Listening-Configs", &records)], &timeout).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn listeners_are_seen_while_they_wait() {
    let world = Arc::new(World::open().await);
    world.publish("", "G", "a", "content").await;
    let md5 = Md5::of("content").to_string();
    let poll = {
        let (world, records) = (Arc::clone(&world), record("a", &md5, None));
        tokio::spawn(async move {
            let poll = [("Listening-Configs", records.as_str())];
            world.form(PATH, &poll, &[("Long-Pulling-Timeout", "30000")]).await
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let of_item = world.get(PATH, &[("dataId", "a"), ("group", "G")]).await.json();
    assert_eq!(of_item["lisentersGroupkeyStatus"]["127.0.0.1"], md5);
    let of_ip = world.get("/v1/cs/listener", &[("ip", "127.0.0.1")]).await.json();
    assert_eq!(of_ip["lisentersGroupkeyStatus"]["a+G"], md5);
    let watchers = [("dataId", "a"), ("group", "G")];
    let watchers = world.get("/v1/cs/communication/configWatchers", &watchers).await.json();
    assert_eq!(watchers["lisentersGroupkeyStatus"]["127.0.0.1"], md5);
    let watched = [("ip", "127.0.0.1")];
    let watched = world.get("/v1/cs/communication/watcherConfigs", &watched).await.json();
    assert_eq!(watched["lisentersGroupkeyStatus"]["a+G"], md5);
    let v3 = [("dataId", "a"), ("groupName", "G")];
    let third = world.get("/v3/admin/cs/config/listener", &v3).await.data();
    assert_eq!(
        (&third["queryType"], &third["listenersStatus"]["127.0.0.1"]),
        (&"config".into(), &md5.as_str().into())
    );
    let third = world.get("/v3/admin/cs/listener", &[("ip", "127.0.0.1")]).await.data();
    assert_eq!(third["listenersStatus"]["a+G"], md5);
    poll.abort();
}
