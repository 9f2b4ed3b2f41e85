//! Pushes and beats, driven by the timer task.

use super::*;
use crate::{Beat, BeatOutcome};

#[tokio::test(start_paused = true)]
async fn a_lone_change_reaches_a_subscriber_at_once_and_is_acknowledged() {
    let registry = open(&store()).await;
    let (reader, inbox) = connect(&registry, "r");
    let (provider, _) = connect(&registry, "p");
    registry.subscribe(&reader, key("s"), Vec::new()).unwrap();
    let began = tokio::time::Instant::now();
    registry.register(&provider, key("s"), instance(1)).unwrap();
    until(|| !inbox.lists().is_empty()).await;
    let took = began.elapsed();
    assert!((5..=25).contains(&took.as_millis()), "{took:?}");
    let id = inbox.pushes.lock()[0].id;
    assert_eq!(registry.recent_push_cost(), None);
    registry.acknowledge(&reader, id);
    assert!(registry.recent_push_cost().is_some_and(|cost| cost.max_ms <= 10));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(inbox.lists(), [[1]]);
    assert_eq!(registry.push_statistics().acknowledged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_subscriber_is_tried_again_and_then_given_up() {
    let settings = RegistrySettings { push_tries_max: 2, ..RegistrySettings::default() };
    let registry = open_with(&store(), settings).await;
    let (reader, inbox) = connect(&registry, "r");
    let (provider, _) = connect(&registry, "p");
    registry.subscribe(&reader, key("s"), Vec::new()).unwrap();
    registry.register(&provider, key("s"), instance(1)).unwrap();
    until(|| *inbox.stalled.lock()).await;
    assert_eq!(inbox.lists(), [[1], [1]]);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_deadline_wakes_the_timer() {
    let registry = open(&store()).await;
    let heartbeat = ClientId::heartbeat("10.0.0.1", 1);
    registry.register(&heartbeat, key("s"), instance(1)).unwrap();
    // The timer sleeps until the beat is overdue; a push comes due much earlier.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (reader, inbox) = connect(&registry, "r");
    let (provider, _) = connect(&registry, "p");
    registry.subscribe(&reader, key("s"), Vec::new()).unwrap();
    registry.register(&provider, key("s"), instance(2)).unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(inbox.lists(), [[1, 2]]);
}

#[tokio::test(start_paused = true)]
async fn t15_beats_keep_an_instance_and_silence_removes_it() {
    let registry = open(&store()).await;
    let heartbeat = ClientId::heartbeat("10.0.0.1", 1);
    registry.register(&heartbeat, key("s"), instance(1)).unwrap();
    let beat = || registry.beat(&key("s"), Beat { address: address(1), instance: None }).unwrap();
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(beat(), BeatOutcome::Known { interval: Duration::from_secs(5) });
    }
    tokio::time::sleep(Duration::from_secs(16)).await;
    let found = registry.instance(&key("s"), &address(1)).unwrap();
    assert!(!found.healthy);
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(ports(&registry, "s"), [] as [u16; 0]);
    assert_eq!(beat(), BeatOutcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn monitoring_sees_the_counts() {
    let registry = open(&store()).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    let mut metrics = prometheus_client::registry::Registry::default();
    crate::RegistryMetrics::new(Arc::downgrade(&registry)).register(&mut metrics);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &metrics).unwrap();
    assert!(text.contains("registry_instances 1\n"), "{text}");
    assert!(text.contains("registry_pushes_total 0\n"), "{text}");
}
