use std::time::Duration;

use serde_json::json;

use super::quay::*;
use crate::*;

const GULL: &str = "
kind: Boat
name: gull
labels: { berth: a1 }
spec:
  length: 12
";

#[tokio::test]
async fn the_first_time_makes_it_the_second_finds_it_and_a_change_changes_it() {
    let quay = Quay::new();
    let created = quay.apply(GULL).await.unwrap();
    assert_eq!(created.outcome, Outcome::Created);
    assert_eq!(created.object.generation, Generation::new(1));
    assert_eq!(created.object.spec, json!({"length": 12, "drive": "sail", "crew": []}));
    assert_eq!(created.object.spec_as::<Boat>().unwrap().drive, "sail");

    quay.clock.advance(Duration::from_secs(1));
    let unchanged = quay.apply(GULL).await.unwrap();
    assert_eq!(unchanged.outcome, Outcome::Unchanged);
    assert_eq!(unchanged.object, created.object);
    assert!(unchanged.changes.is_empty());

    let longer = GULL.replace("12", "14").replace("a1", "b2");
    let changed = quay.apply(&longer).await.unwrap();
    assert_eq!(changed.outcome, Outcome::Changed);
    let shown: Vec<String> = changed.changes.iter().map(ToString::to_string).collect();
    assert_eq!(shown, [r#"~ labels.berth: "a1" -> "b2""#, "~ spec.length: 12 -> 14"]);
    assert_eq!(changed.object.generation, Generation::new(2));
    assert_eq!(changed.object.created, created.object.created);
    assert!(changed.object.modified > created.object.modified);
    let found = quay.objects.get(&id("Boat", "gull")).await.unwrap();
    assert_eq!(found, Some(changed.object));
}

#[tokio::test]
async fn what_is_left_out_goes_back_to_its_default() {
    let quay = Quay::new();
    quay.apply(&format!("{GULL}  drive: oars\n")).await.unwrap();
    let plain = quay.apply(GULL).await.unwrap();
    let shown: Vec<String> = plain.changes.iter().map(ToString::to_string).collect();
    assert_eq!(shown, [r#"~ spec.drive: "oars" -> "sail""#]);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_does_nothing() {
    let quay = Quay::new();
    let dry = quay.objects.apply(&one(GULL), DryRun::Yes, "ann").await.unwrap();
    assert_eq!(dry.outcome, Outcome::Created);
    assert_eq!(quay.objects.get(&id("Boat", "gull")).await, Ok(None));
    let done = quay.apply(GULL).await.unwrap();
    assert_eq!((dry.outcome, &dry.changes), (done.outcome, &done.changes));

    let wrong = GULL.replace("12", "0");
    let dry = quay.objects.apply(&one(&wrong), DryRun::Yes, "ann").await;
    assert!(matches!(dry, Err(ResourceError::Invalid { .. })), "checked all the same");
}

#[tokio::test]
async fn a_change_made_for_another_version_is_refused() {
    let quay = Quay::new();
    let printed = quay.apply(GULL).await.unwrap().object.to_yaml().unwrap();
    let ann = printed.replace("length: 12", "length: 20");
    let bob = printed.replace("length: 12", "length: 30");
    assert_eq!(quay.apply(&ann).await.unwrap().outcome, Outcome::Changed);
    let refused = quay.apply(&bob).await;
    let (expected, found) = (Generation::new(1), Generation::new(2));
    let conflict = ResourceError::Conflict { id: id("Boat", "gull"), expected, found };
    assert_eq!(refused, Err(conflict));
    assert_eq!(quay.apply(&ann).await.unwrap().outcome, Outcome::Unchanged, "it is so already");
}

#[tokio::test]
async fn changes_at_once_all_count_one_after_the_other() {
    let quay = Quay::new();
    let (a, b, c) = tokio::join!(quay.boat("gull", 1), quay.boat("gull", 2), quay.boat("gull", 3));
    let mut generations = [a, b, c].map(|applied| applied.object.generation.get());
    generations.sort_unstable();
    assert_eq!(generations, [1, 2, 3]);
    assert_eq!(quay.objects.history(&id("Boat", "gull")).await.unwrap().len(), 3);
}

#[tokio::test]
async fn deleting_takes_it_away_unless_it_is_needed() {
    let quay = Quay::new();
    let gull = quay.boat("gull", 3).await.object;
    let delete = |name, expected, dry_run| {
        let id = id("Boat", name);
        let objects = quay.objects.clone();
        async move { objects.delete(&id, expected, dry_run, "ann").await }
    };
    assert_eq!(delete("gull", None, DryRun::Yes).await, Ok(gull.clone()));
    let other = delete("gull", Some(Generation::new(7)), DryRun::No).await;
    assert!(matches!(other, Err(ResourceError::Conflict { .. })));
    assert_eq!(delete("gull", Some(Generation::new(1)), DryRun::No).await, Ok(gull));
    let gone = delete("gull", None, DryRun::No).await;
    assert_eq!(gone, Err(ResourceError::NotFound(id("Boat", "gull"))));

    quay.boat("lifeboat", 5).await;
    let kept = delete("lifeboat", None, DryRun::No).await.unwrap_err();
    let told = "Boat/default/lifeboat cannot be deleted: it is needed when all else sinks";
    assert_eq!(kept.to_string(), told);
}

#[tokio::test]
async fn tenants_have_their_own() {
    let quay = Quay::new();
    quay.boat("gull", 3).await;
    let theirs = GULL.replace("name:", "tenant: harbour\nname:");
    assert_eq!(quay.apply(&theirs).await.unwrap().outcome, Outcome::Created);
    let ours = quay.objects.get(&id("Boat", "gull")).await.unwrap().unwrap();
    assert_eq!(ours.spec["length"], 3);
}

#[tokio::test]
async fn status_is_said_of_a_version_and_changes_none() {
    let quay = Quay::new();
    let gull = id("Boat", "gull");
    quay.boat("gull", 3).await;
    let first = Generation::new(1);
    quay.objects.set_status(&gull, first, json!({"afloat": true})).await.unwrap();
    let found = quay.objects.get(&gull).await.unwrap().unwrap();
    assert_eq!((found.generation, &found.status), (first, &Some(json!({"afloat": true}))));
    assert_eq!(quay.objects.history(&gull).await.unwrap().len(), 1);

    let changed = quay.boat("gull", 4).await.object;
    assert_eq!(changed.status, Some(json!({"afloat": true})), "stays until said anew");
    let late = quay.objects.set_status(&gull, first, json!({"afloat": false})).await;
    assert!(matches!(late, Err(ResourceError::Conflict { .. })));
}
