//! What is stored: instances, definitions, edits.

use super::*;
use crate::{
    ClusterDefinition, HealthChecker, InstanceEdit, MetadataEdit, RegisterError, ServiceDefinition,
    ServiceUpdate, WriteError, checks::Verdict,
};

fn weight(weight: f64) -> InstanceEdit {
    InstanceEdit { weight: Some(weight), ..InstanceEdit::default() }
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_is_visible_at_once_and_there_after_a_restart() {
    let store = store();
    let registry = open(&store).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    registry.register_persistent(key("s"), instance(2)).await.unwrap();
    registry.deregister_persistent(&key("s"), &address(1)).await.unwrap();
    registry.update_instance(&key("s"), &address(2), weight(5.0)).await.unwrap();
    assert_eq!(ports(&registry, "s"), [2]);
    registry.close().await;

    let registry = open(&store).await;
    let found = registry.instance(&key("s"), &address(2)).unwrap();
    assert_eq!((found.weight, found.ephemeral), (5.0, false));
    assert_eq!(ports(&registry, "s"), [2]);
}

#[tokio::test(start_paused = true)]
async fn edits_made_at_the_same_time_all_count() {
    let registry = open(&store()).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    let edits = (0..6).map(|number| {
        let labels = [(format!("k{number}"), "v".to_owned())].into();
        let metadata = MetadataEdit::Merge(labels);
        let registry = registry.clone();
        async move {
            let edit = InstanceEdit { metadata, ..InstanceEdit::default() };
            registry.update_instance(&key("s"), &address(1), edit).await
        }
    });
    let results = futures::future::join_all(edits).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(registry.instance(&key("s"), &address(1)).unwrap().metadata.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_edit_outlives_a_new_registration_and_a_restart() {
    let store = store();
    let registry = open(&store).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    let disable = InstanceEdit { enabled: Some(false), ..InstanceEdit::default() };
    registry.update_instance(&key("s"), &address(1), disable).await.unwrap();
    registry.close().await;

    let registry = open(&store).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    assert_eq!(ports(&registry, "s"), [] as [u16; 0], "still disabled");
    assert!(!registry.instance(&key("s"), &address(1)).unwrap().enabled);
}

#[tokio::test(start_paused = true)]
async fn edits_of_instances_that_are_long_gone_are_let_go() {
    let registry = open(&store()).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    registry.register(&provider, key("t"), instance(1)).unwrap();
    for service in ["s", "t"] {
        registry.update_instance(&key(service), &address(1), weight(5.0)).await.unwrap();
    }
    registry.deregister(&provider, &key("s"), &address(1)).unwrap();
    let day = Duration::from_secs(86_400);
    tokio::time::sleep(day + day / 2).await;
    assert_eq!(registry.shell.core.read().edited(&key("s")).len(), 1, "kept for a day");
    tokio::time::sleep(day).await;
    until(|| registry.shell.core.read().edited(&key("s")).is_empty()).await;
    assert_eq!(registry.shell.core.read().edited(&key("t")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn services_are_declared_changed_and_removed() {
    let registry = open(&store()).await;
    let definition = ServiceDefinition { protect_threshold: 0.5, ..Default::default() };
    registry.create_service(key("s"), definition.clone()).await.unwrap();
    let again = registry.create_service(key("s"), definition).await;
    assert_eq!(again, Err(WriteError::Exists { service: key("s") }));

    let update = ServiceUpdate {
        metadata: Some([("k".to_owned(), "v".to_owned())].into()),
        ..ServiceUpdate::default()
    };
    registry.update_service(&key("s"), update.clone()).await.unwrap();
    let none = ClusterDefinition { checker: HealthChecker::None, ..Default::default() };
    registry.update_cluster(&key("s"), "c1".parse().unwrap(), none.clone()).await.unwrap();
    let detail = registry.service(&key("s")).unwrap();
    assert_eq!(detail.definition.protect_threshold, 0.5, "what was not named stays");
    assert_eq!(detail.definition.metadata["k"], "v");
    assert_eq!(detail.definition.clusters[&"c1".parse().unwrap()], none);

    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    let refused = registry.delete_service(&key("s")).await;
    assert_eq!(refused, Err(WriteError::NotEmpty { service: key("s"), instances: 1 }));
    registry.deregister_persistent(&key("s"), &address(1)).await.unwrap();
    registry.delete_service(&key("s")).await.unwrap();
    assert_eq!(registry.service(&key("s")), None);
    let missing = Err(WriteError::NoService { service: key("s") });
    assert_eq!(registry.delete_service(&key("s")).await, missing);
    assert_eq!(registry.update_service(&key("s"), update).await, missing);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let registry = open(&store()).await;
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("s"), instance(1)).unwrap();
    let t12 = registry.register_persistent(key("s"), instance(2)).await;
    let kind = RegisterError::Kind { service: key("s"), ephemeral: true };
    assert_eq!(t12, Err(WriteError::Refused(kind)));
    let absent = registry.update_instance(&key("s"), &address(9), weight(1.0)).await;
    assert_eq!(absent, Err(WriteError::NoInstance { service: key("s") }));
    let threshold = ServiceDefinition { protect_threshold: 1.5, ..Default::default() };
    let refused = registry.create_service(key("t"), threshold).await;
    assert_eq!(refused, Err(WriteError::Threshold { value: 1.5 }));
    assert!(registry.update_instance(&key("s"), &address(1), weight(f64::NAN)).await.is_err());
}

/// A registry whose service `s` has instance 1, which nobody checks.
async fn unchecked(store: &Arc<dyn Store>) -> Arc<Registry> {
    let registry = open(store).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    let none = ClusterDefinition { checker: HealthChecker::None, ..Default::default() };
    registry.update_cluster(&key("s"), Default::default(), none).await.unwrap();
    registry
}

fn healthy(registry: &Registry) -> bool {
    registry.instance(&key("s"), &address(1)).unwrap().healthy
}

#[tokio::test(start_paused = true)]
async fn health_is_set_by_hand_only_where_nobody_checks() {
    let registry = open(&store()).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    let checked = Err(WriteError::Checked { service: key("s") });
    assert_eq!(registry.set_health(&key("s"), &address(1), false).await, checked);
    let absent = Err(WriteError::NoInstance { service: key("s") });
    assert_eq!(registry.set_health(&key("s"), &address(9), false).await, absent);
    let none = ClusterDefinition { checker: HealthChecker::None, ..Default::default() };
    registry.update_cluster(&key("s"), Default::default(), none).await.unwrap();
    registry.set_health(&key("s"), &address(1), false).await.unwrap();
    assert!(!healthy(&registry));
}

#[tokio::test(start_paused = true)]
async fn health_set_by_hand_is_there_after_a_restart() {
    let store = store();
    let registry = unchecked(&store).await;
    registry.set_health(&key("s"), &address(1), false).await.unwrap();
    registry.close().await;

    let registry = open(&store).await;
    assert!(!healthy(&registry));
    registry.set_health(&key("s"), &address(1), true).await.unwrap();
    registry.close().await;

    let registry = open(&store).await;
    assert!(healthy(&registry));
}

#[tokio::test(start_paused = true)]
async fn health_set_again_and_again_to_the_same_is_written_once() {
    let store = store();
    let registry = unchecked(&store).await;
    registry.set_health(&key("s"), &address(1), false).await.unwrap();
    let written = store.snapshot().await.unwrap().revision();
    for _ in 0..3 {
        registry.set_health(&key("s"), &address(1), false).await.unwrap();
    }
    assert_eq!(store.snapshot().await.unwrap().revision(), written);
    assert!(!healthy(&registry));
}

#[tokio::test(start_paused = true)]
async fn health_set_by_hand_counts_over_what_checks_found_before() {
    let registry = open(&store()).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    // The registration says healthy, and nothing listens on the port: checks see to it.
    registry.shell.take_verdict(Verdict { service: key("s"), address: address(1), healthy: false });
    assert!(!healthy(&registry));
    let none = ClusterDefinition { checker: HealthChecker::None, ..Default::default() };
    registry.update_cluster(&key("s"), Default::default(), none).await.unwrap();
    registry.set_health(&key("s"), &address(1), true).await.unwrap();
    assert!(healthy(&registry));
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_writes_fail_and_queries_go_on() {
    let memory = MemoryStore::new(clock());
    let store: Arc<dyn Store> = memory.clone();
    let registry = open(&store).await;
    registry.register_persistent(key("s"), instance(1)).await.unwrap();
    memory.set_unavailable(Some("maintenance"));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let refused = registry.register_persistent(key("s"), instance(2)).await;
    assert!(matches!(refused, Err(WriteError::Store(_))), "{refused:?}");
    let refused = registry.update_instance(&key("s"), &address(1), weight(2.0)).await;
    assert!(matches!(refused, Err(WriteError::Unavailable(_))), "{refused:?}");
    assert_eq!(ports(&registry, "s"), [1]);
    let (provider, _) = connect(&registry, "p");
    registry.register(&provider, key("t"), instance(3)).unwrap();
    assert_eq!(ports(&registry, "t"), [3], "ephemeral instances need no store");
    let second = Registry::open(store, clock(), RegistrySettings::default()).await;
    assert!(matches!(second, Err(crate::OpenError::Unavailable(_))));

    memory.set_unavailable(None);
    until(|| registry.ready()).await;
    registry.register_persistent(key("s"), instance(2)).await.unwrap();
    assert_eq!(ports(&registry, "s"), [1, 2]);
}
