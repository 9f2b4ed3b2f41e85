//! What a restart does to clients: nothing they notice.

use super::*;
use crate::Completeness;

#[tokio::test(start_paused = true)]
async fn a_new_node_is_ready_at_once() {
    let settings = RegistrySettings { warm_up_ms: 60_000, ..RegistrySettings::default() };
    let began = tokio::time::Instant::now();
    let registry = open_with(&store(), settings).await;
    assert!(registry.ready());
    assert!(began.elapsed() < Duration::from_secs(1), "nothing to warm up for");
}

#[tokio::test(start_paused = true)]
async fn a_node_with_data_is_ready_after_its_warm_up() {
    let store = store();
    let registry = open(&store).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    registry.close().await;
    let settings = RegistrySettings { warm_up_ms: 3_000, ..RegistrySettings::default() };
    let registry = Registry::open(store, clock(), settings).await.unwrap();
    assert!(!registry.ready());
    tokio::time::sleep(Duration::from_millis(2_900)).await;
    assert!(!registry.ready());
    until(|| registry.ready()).await;
    assert_eq!(ports(&registry, "s"), [1]);
}

#[tokio::test(start_paused = true)]
async fn before_anything_is_loaded_no_answer_is_taken_for_complete() {
    let registry = Registry::open(store(), clock(), RegistrySettings::default()).await.unwrap();
    // Nothing has run yet but `open` itself.
    assert!(!registry.ready());
    assert_eq!(registry.query(&key("s"), &Query::all()).completeness, Completeness::Warming);
}

/// A provider and a reader; then the process is killed (`orderly`: ends) and starts again.
async fn restarted(orderly: bool) -> (Arc<Registry>, u64) {
    let store = store();
    let registry = open(&store).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    let time = registry.query(&key("s"), &Query::all()).last_ref_time;
    if orderly {
        registry.freeze();
        registry.disconnect(&provider);
        registry.close().await;
    } else {
        // Long enough for the lazy memory.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    drop(registry);
    (open(&store).await, time)
}

#[tokio::test(start_paused = true)]
async fn nobody_is_pushed_an_empty_list_because_of_a_restart() {
    for orderly in [true, false] {
        let (registry, time_before) = restarted(orderly).await;
        let (reader, inbox) = connect(&registry, "r");
        let view = registry.subscribe(&reader, key("s"), Vec::new()).unwrap();
        assert!(view.is_warming(), "orderly: {orderly}");
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(inbox.lists(), [] as [Vec<u16>; 0]);
        let (provider, _) = connect(&registry, "p");
        registry.register(&provider, key("s"), instance(1)).unwrap();
        until(|| !inbox.lists().is_empty()).await;
        assert_eq!(inbox.lists(), [[1]]);
        let view = registry.query(&key("s"), &Query::all());
        assert_eq!(view.completeness, Completeness::Complete);
        assert!(view.last_ref_time > time_before, "t04");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_come_back_is_gone_after_the_grace_time() {
    let (registry, _) = restarted(false).await;
    let (reader, inbox) = connect(&registry, "r");
    registry.subscribe(&reader, key("s"), Vec::new()).unwrap();
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(inbox.lists(), [] as [Vec<u16>; 0]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(inbox.lists(), [[] as [u16; 0]]);
}

#[tokio::test(start_paused = true)]
async fn what_left_before_the_restart_is_not_waited_for() {
    let store = store();
    let registry = open(&store).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    registry.disconnect(&provider);
    tokio::time::sleep(Duration::from_secs(2)).await;
    registry.close().await;
    let registry = open(&store).await;
    assert_eq!(registry.query(&key("s"), &Query::all()).completeness, Completeness::Unknown);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_service_goes_on_when_it_is_whole() {
    let (registry, _) = restarted(false).await;
    let waiting = {
        let registry = registry.clone();
        tokio::spawn(async move {
            let began = tokio::time::Instant::now();
            registry.warmed(&key("s"), Duration::from_secs(2)).await;
            began.elapsed()
        })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    assert_eq!(waiting.await.unwrap(), Duration::from_millis(500));
    // What is whole, and what nobody knows, is not waited for.
    let began = tokio::time::Instant::now();
    registry.warmed(&key("s"), Duration::from_secs(2)).await;
    registry.warmed(&key("unknown"), Duration::from_secs(2)).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(registry.shell.warm_waits.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_it_wants_to_or_than_the_grace_time() {
    let (registry, _) = restarted(false).await;
    let wait = async |seconds| {
        let began = tokio::time::Instant::now();
        registry.warmed(&key("s"), Duration::from_secs(seconds)).await;
        began.elapsed()
    };
    assert_eq!(wait(0).await, Duration::ZERO);
    assert_eq!(wait(2).await, Duration::from_secs(2));
    assert!(wait(60).await < Duration::from_secs(30));
    assert!(registry.shell.warm_waits.is_empty());
}
