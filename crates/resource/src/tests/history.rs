use super::quay::*;
use crate::*;

#[tokio::test]
async fn every_version_is_kept_with_its_author_newest_first() {
    let quay = Quay::new();
    let gull = id("Boat", "gull");
    quay.boat("gull", 1).await;
    quay.boat("gull", 2).await;
    quay.boat("gull", 2).await;
    quay.objects.delete(&gull, None, DryRun::No, "bob").await.unwrap();
    quay.boat("gull", 4).await;

    let history = quay.objects.history(&gull).await.unwrap();
    let shown: Vec<_> = history
        .iter()
        .map(|v| (v.generation.get(), v.spec.as_ref().map(|s| s["length"].clone()), &*v.author))
        .collect();
    let expected = [
        (4, Some(4.into()), "ann"),
        (3, None, "bob"),
        (2, Some(2.into()), "ann"),
        (1, Some(1.into()), "ann"),
    ];
    assert_eq!(shown, expected, "an unchanged apply is no version, a deletion is one");
    assert_eq!(quay.objects.history(&id("Boat", "none")).await, Ok(vec![]));
}

#[tokio::test]
async fn an_old_version_can_be_brought_back() {
    let quay = Quay::new();
    let gull = id("Boat", "gull");
    quay.boat("gull", 1).await;
    quay.boat("gull", 2).await;
    quay.objects.delete(&gull, None, DryRun::No, "bob").await.unwrap();

    let back = quay.objects.roll_back(&gull, Generation::new(1), "bob").await.unwrap();
    assert_eq!((back.outcome, back.object.generation.get()), (Outcome::Created, 4));
    assert_eq!(back.object.spec["length"], 1);
    for missing in [3, 9] {
        let refused = quay.objects.roll_back(&gull, Generation::new(missing), "bob").await;
        assert_eq!(refused, Err(ResourceError::NotFound(gull.clone())), "{missing}");
    }
}

#[tokio::test]
async fn history_is_bounded() {
    let quay = Quay::new();
    for length in 1..=50 {
        quay.boat("gull", length).await;
    }
    let history = quay.objects.history(&id("Boat", "gull")).await.unwrap();
    let numbers: Vec<u64> = history.iter().map(|version| version.generation.get()).collect();
    assert_eq!(numbers, (21..=50).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn objects_with_names_that_begin_alike_have_their_own_history() {
    let quay = Quay::new();
    quay.boat("gull", 1).await;
    quay.boat("gull.2", 1).await;
    quay.boat("gull-2", 1).await;
    assert_eq!(quay.objects.history(&id("Boat", "gull")).await.unwrap().len(), 1);
}
