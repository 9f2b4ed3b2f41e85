use seawall_store::Store;

use super::quay::*;
use crate::*;

fn shown(event: &ObjectEvent) -> Vec<String> {
    let put = |object: &Object| format!("{}={}", object.id.name, object.spec["length"]);
    match event {
        ObjectEvent::Reset(all) => all.iter().map(put).collect(),
        ObjectEvent::Changed(changes) => changes
            .iter()
            .map(|change| match change {
                ObjectChange::Put(object) => put(object),
                ObjectChange::Deleted(id) => format!("-{}", id.name),
            })
            .collect(),
        ObjectEvent::Unavailable => vec!["away".to_owned()],
    }
}

#[tokio::test]
async fn a_watch_begins_with_all_and_goes_on_with_each_change() {
    let quay = Quay::new();
    quay.boat("gull", 1).await;
    let mut watch = quay.objects.watch(&"Boat".parse().unwrap()).unwrap();
    assert_eq!(shown(&watch.next().await), ["gull=1"]);

    quay.boat("tern", 2).await;
    quay.apply("kind: Namespace\nname: dev").await.unwrap();
    quay.boat("gull", 3).await;
    quay.objects.delete(&id("Boat", "tern"), None, DryRun::No, "ann").await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.extend(shown(&watch.next().await));
    }
    assert_eq!(seen, ["tern=2", "gull=3", "-tern"], "and nothing of other kinds");
}

#[tokio::test(start_paused = true)]
async fn a_watch_says_that_the_store_is_away_and_begins_anew() {
    let quay = Quay::new();
    let mut watch = quay.objects.watch(&"Boat".parse().unwrap()).unwrap();
    assert_eq!(watch.next().await, ObjectEvent::Reset(vec![]));
    quay.store.set_unavailable(Some("being moved"));
    assert_eq!(watch.next().await, ObjectEvent::Unavailable);
    quay.store.set_unavailable(None);
    quay.boat("gull", 1).await;
    assert_eq!(shown(&watch.next().await), ["gull=1"]);
}

#[tokio::test]
async fn an_object_of_a_newer_version_is_left_out_and_not_taken_for_gone() {
    let quay = Quay::new();
    quay.boat("gull", 1).await;
    let mut watch = quay.objects.watch(&"Boat".parse().unwrap()).unwrap();
    watch.next().await;
    let key = crate::keys::object(&id("Boat", "gull"));
    let newer = seawall_store::Batch::new().put(key, &b"\xff"[..]);
    quay.store.commit(newer).await.unwrap();
    quay.boat("tern", 2).await;
    assert_eq!(shown(&watch.next().await), ["tern=2"]);
    let found = quay.objects.get(&id("Boat", "gull")).await;
    assert!(matches!(found, Err(ResourceError::Damaged { .. })));
}
