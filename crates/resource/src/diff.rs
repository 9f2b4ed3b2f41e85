//! What changes between two versions.

use std::fmt;

use serde_json::{Map, Value};

use crate::{FieldPath, Step};

/// One field that is not the same in both versions.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub path: FieldPath,
    /// What it was; `None`: it was not there.
    pub before: Option<Value>,
    /// What it is; `None`: it is gone.
    pub after: Option<Value>,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "+ {}: {after}", self.path),
            (Some(before), None) => write!(f, "- {}: {before}", self.path),
            (Some(before), Some(after)) => write!(f, "~ {}: {before} -> {after}", self.path),
            (None, None) => write!(f, "  {}", self.path),
        }
    }
}

/// Every difference, in path order, each as deep in the document as it goes.
pub(crate) fn diff(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare(&FieldPath::default(), Some(before), Some(after), &mut changes);
    changes
}

fn compare(
    path: &FieldPath,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<FieldChange>,
) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            compare_fields(path, before, after, changes);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                let step = path.with(Step::Index(index));
                compare(&step, before.get(index), after.get(index), changes);
            }
        }
        (before, after) if before == after => {}
        (before, after) => changes.push(FieldChange {
            path: path.clone(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn compare_fields(
    path: &FieldPath,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<FieldChange>,
) {
    for (key, value) in before {
        compare(&path.key(key), Some(value), after.get(key), changes);
    }
    for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        compare(&path.key(key), None, Some(value), changes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn shows_each_field_that_is_not_the_same() {
        let before = json!({"spec": {"a": 1, "b": [1, 2], "c": {"d": true}}});
        let after = json!({"spec": {"a": 2, "b": [1], "e": null, "c": {"d": true}}});
        let shown: Vec<String> = diff(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["~ spec.a: 1 -> 2", "- spec.b[1]: 2", "+ spec.e: null"]);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ab.]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Makes one change in `target`, the slow and obvious way.
    fn replay(target: &mut Value, change: &FieldChange) {
        let Some((last, way)) = change.path.steps().split_last() else {
            *target = change.after.clone().unwrap();
            return;
        };
        let mut place = target;
        for step in way {
            place = match step {
                Step::Key(key) => &mut place[key.as_str()],
                Step::Index(index) => &mut place[*index],
            };
        }
        match (last, place, &change.after) {
            (Step::Key(key), Value::Object(map), Some(after)) => {
                map.insert(key.clone(), after.clone());
            }
            (Step::Key(key), Value::Object(map), None) => {
                map.remove(key);
            }
            (Step::Index(index), Value::Array(list), Some(after)) if *index < list.len() => {
                list[*index] = after.clone();
            }
            (Step::Index(_), Value::Array(list), Some(after)) => list.push(after.clone()),
            // Items go from the end; the first one that goes takes all after it along.
            (Step::Index(index), Value::Array(list), None) => list.truncate(*index),
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn leads_from_one_version_to_the_other(before in value(), after in value()) {
            let mut replayed = before.clone();
            for change in diff(&before, &after) {
                prop_assert_ne!(&change.before, &change.after);
                replay(&mut replayed, &change);
            }
            prop_assert_eq!(replayed, after);
        }

        #[test]
        fn is_empty_for_the_same(value in value()) {
            prop_assert_eq!(diff(&value, &value), vec![]);
        }
    }
}
