use std::collections::BTreeMap;

use proptest::prelude::*;

use super::quay::*;
use crate::*;

#[tokio::test]
async fn a_store_that_is_away_is_never_an_object_that_is_not_there() {
    let quay = Quay::new();
    quay.boat("gull", 1).await;
    let document = yaml("{kind: Boat, name: gull, spec: {length: 2}}");
    let gull = id("Boat", "gull");
    quay.store.set_unavailable(Some("being moved"));
    let away = |error: Option<ResourceError>| {
        assert!(matches!(error, Some(ResourceError::Unavailable(_))), "{error:?}");
    };
    away(quay.objects.get(&gull).await.err());
    away(quay.objects.history(&gull).await.err());
    away(quay.objects.apply(&document, DryRun::No, "ann").await.err());
    away(quay.objects.delete(&gull, None, DryRun::No, "ann").await.err());
    quay.store.set_unavailable(None);
    assert_eq!(quay.objects.get(&gull).await.unwrap().unwrap().spec["length"], 1);
}

#[tokio::test]
async fn objects_outlive_a_restart() {
    let quay = Quay::new();
    let before = quay.boat("gull", 1).await.object;
    let kinds = Kinds::built_in().with::<Boat>();
    let after = ResourceStore::new(quay.store.restarted(), quay.clock.clone(), kinds);
    assert_eq!(after.get(&id("Boat", "gull")).await, Ok(Some(before)));
}

#[derive(Debug, Clone)]
enum Step {
    Apply { name: u8, length: u64, expected: Option<u64> },
    Delete { name: u8, expected: Option<u64> },
}

fn step() -> impl Strategy<Value = Step> {
    let expected = || prop::option::weighted(0.3, 0u64..6);
    prop_oneof![
        3 => (0u8..2, 1u64..4, expected())
            .prop_map(|(name, length, expected)| Step::Apply { name, length, expected }),
        1 => (0u8..2, expected()).prop_map(|(name, expected)| Step::Delete { name, expected }),
    ]
}

/// What a name should hold: its last version's number, and its length if it is there.
#[derive(Default)]
struct Model(BTreeMap<u8, (u64, Option<u64>)>);

impl Model {
    /// Whether the step should change, find unchanged, or be refused.
    fn take(&mut self, step: &Step) -> &'static str {
        match *step {
            Step::Apply { name, length, expected } => {
                let (last, kept) = self.0.entry(name).or_default();
                if *kept == Some(length) {
                    return "unchanged";
                }
                let has = if kept.is_some() { *last } else { 0 };
                if expected.is_some_and(|expected| expected != has) {
                    return "refused";
                }
                let outcome = if kept.is_some() { "changed" } else { "created" };
                (*last, *kept) = (*last + 1, Some(length));
                outcome
            }
            Step::Delete { name, expected } => match self.0.entry(name).or_default() {
                (last, kept @ Some(_)) if expected.is_none_or(|expected| expected == *last) => {
                    (*last, *kept) = (*last + 1, None);
                    "deleted"
                }
                _ => "refused",
            },
        }
    }
}

async fn take(quay: &Quay, step: &Step) -> &'static str {
    match *step {
        Step::Apply { name, length, expected } => {
            let text = format!("{{kind: Boat, name: n{name}, spec: {{length: {length}}}}}");
            let expected = expected.map(Generation::new);
            let document = Document { expected, ..yaml(&text) };
            match quay.objects.apply(&document, DryRun::No, "ann").await {
                Ok(Applied { outcome: Outcome::Created, .. }) => "created",
                Ok(Applied { outcome: Outcome::Changed, .. }) => "changed",
                Ok(Applied { outcome: Outcome::Unchanged, .. }) => "unchanged",
                Err(ResourceError::Conflict { .. }) => "refused",
                Err(error) => panic!("{error}"),
            }
        }
        Step::Delete { name, expected } => {
            let (id, expected) = (id("Boat", &format!("n{name}")), expected.map(Generation::new));
            match quay.objects.delete(&id, expected, DryRun::No, "ann").await {
                Ok(_) => "deleted",
                Err(ResourceError::Conflict { .. } | ResourceError::NotFound(_)) => "refused",
                Err(error) => panic!("{error}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn behaves_as_the_model_does(steps in prop::collection::vec(step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (quay, mut model) = (Quay::new(), Model::default());
            for step in &steps {
                assert_eq!(take(&quay, step).await, model.take(step), "{step:?}");
            }
            for (name, (last, kept)) in model.0 {
                let id = id("Boat", &format!("n{name}"));
                let found = quay.objects.get(&id).await.unwrap();
                let shown = found.map(|object| object.spec["length"].as_u64().unwrap());
                assert_eq!(shown, kept);
                let history = quay.objects.history(&id).await.unwrap();
                let numbers: Vec<u64> = history.iter().map(|v| v.generation.get()).collect();
                let oldest = last.saturating_sub(30) + 1;
                assert_eq!(numbers, (oldest..=last).rev().collect::<Vec<_>>());
            }
        });
    }
}
