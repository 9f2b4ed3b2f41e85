//! Objects over a store in memory, with a kind made for tests.

use std::sync::Arc;

use seawall_clock::{ManualClock, WallTime};
use seawall_store::MemoryStore;
use serde::{Deserialize, Serialize};

use crate::*;

/// Something that each tenant has its own of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Boat {
    pub(super) length: u64,
    #[serde(default = "sail")]
    pub(super) drive: String,
    #[serde(default)]
    pub(super) crew: Vec<Sailor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sailor {
    pub(super) age: u8,
}

fn sail() -> String {
    "sail".to_owned()
}

impl Spec for Boat {
    const KIND: &'static str = "Boat";

    fn check(&self, name: &ObjectName, problems: &mut Problems) {
        if self.length == 0 {
            problems.add("length", "must be at least 1");
        }
        if self.drive.is_empty() {
            problems.add("drive", "is empty");
        }
        if name.as_str().starts_with('-') {
            problems.at(FieldPath::of(["name"]), "begins with `-`");
        }
    }

    fn kept(name: &ObjectName) -> Option<&'static str> {
        (name.as_str() == "lifeboat").then_some("is needed when all else sinks")
    }
}

pub(super) struct Quay {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) objects: Arc<ResourceStore>,
}

impl Quay {
    pub(super) fn new() -> Self {
        let clock = Arc::new(ManualClock::at(WallTime::from_millis(1_000)));
        let store = MemoryStore::new(clock.clone());
        let kinds = Kinds::built_in().with::<Boat>();
        let objects = ResourceStore::new(store.clone(), clock.clone(), kinds);
        Self { clock, store, objects }
    }

    pub(super) async fn apply(&self, text: &str) -> Result<Applied, ResourceError> {
        self.objects.apply(&one(text), DryRun::No, "ann").await
    }

    pub(super) async fn boat(&self, name: &str, length: u64) -> Applied {
        let text = format!("{{kind: Boat, name: {name}, spec: {{length: {length}}}}}");
        self.objects.apply(&yaml(&text), DryRun::No, "ann").await.unwrap()
    }
}

/// The one document of a text in block style.
pub(super) fn one(text: &str) -> Document {
    let mut documents = parse(text).unwrap();
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0)
}

/// The one document of a text in flow style, which as such would be taken for JSON.
pub(super) fn yaml(text: &str) -> Document {
    one(&format!("---\n{text}"))
}

pub(super) fn id(kind: &str, name: &str) -> ObjectId {
    ObjectId { kind: kind.parse().unwrap(), tenant: default_tenant(), name: name.parse().unwrap() }
}
