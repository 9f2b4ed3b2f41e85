//! Documents of `seawall apply`: what is refused has changed nothing, and what `seawall
//! get` prints of an object can be applied again and changes nothing.

use std::sync::Arc;

use libfuzzer_sys::Corpus;
use seawall_clock::{Clock, ManualClock};
use seawall_resource::{Document, DryRun, Kinds, Outcome, ResourceStore, parse};
use seawall_store::{MemoryStore, Store};
use tokio::runtime::Runtime;

thread_local! {
    static RUNTIME: Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
}

/// YAML or JSON.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let Ok(documents) = parse(text) else { return Corpus::Keep };
    if !documents.is_empty() {
        RUNTIME.with(|runtime| runtime.block_on(apply(&documents)));
    }
    Corpus::Keep
}

async fn apply(documents: &[Document]) {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock));
    let objects = ResourceStore::new(Arc::clone(&store) as _, clock, Kinds::built_in());
    for document in documents {
        let before = store.snapshot().await.unwrap().revision();
        let tried = objects.apply(document, DryRun::Yes, "fuzz").await;
        assert_eq!(store.snapshot().await.unwrap().revision(), before, "a dry run stored");
        let done = objects.apply(document, DryRun::No, "fuzz").await;
        assert_eq!(tried.is_ok(), done.is_ok(), "a dry run says something else");
        let Ok(applied) = done else {
            assert_eq!(store.snapshot().await.unwrap().revision(), before, "refused, yet stored");
            continue;
        };
        let printed = applied.object.to_yaml().unwrap();
        let read = parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
        let [read] = read.as_slice() else { panic!("one object, several documents\n{printed}") };
        assert_eq!(read.id, applied.object.id);
        assert_eq!(read.labels, applied.object.labels, "{printed}");
        assert_eq!(read.spec, applied.object.spec, "{printed}");
        let again = objects.apply(read, DryRun::No, "fuzz").await.unwrap();
        assert_eq!(again.outcome, Outcome::Unchanged, "{printed}");
    }
}
