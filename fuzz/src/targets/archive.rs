//! Import of configurations: an archive that is refused has changed nothing; of one that
//! is taken every item is accounted for, and exporting what came of it and importing
//! that elsewhere gives the same items.

use std::sync::Arc;

use libfuzzer_sys::Corpus;
use seawall_clock::{Clock, ManualClock};
use seawall_config::{
    Answer, ArchiveForm, Author, ConfigService, ConfigSettings, Export, Import, ImportSettings,
    Imported, SamePolicy,
};
use seawall_store::{MemoryStore, Store};
use seawall_topology::Namespace;
use tokio::runtime::Runtime;

/// Small enough that an archive which would unpack to more is found at once.
const LIMITS: ImportSettings = ImportSettings { entries_max: 64, unpacked_bytes_max: 1 << 20 };

thread_local! {
    static RUNTIME: Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
}

/// A zip file.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    RUNTIME.with(|runtime| runtime.block_on(import(bytes)))
}

async fn import(bytes: &[u8]) -> Corpus {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock));
    let settings = ConfigSettings { import: LIMITS, ..ConfigSettings::default() };
    let configs = ConfigService::open(Arc::clone(&store) as _, clock, settings).await.unwrap();
    configs.warmed().await;
    let before = store.snapshot().await.unwrap().revision();
    let result = configs.import(bytes, &into("from")).await;
    let stored = store.snapshot().await.unwrap().revision() != before;
    match result {
        Err(_) => assert!(!stored, "refused, and yet stored"),
        Ok(imported) => {
            assert_eq!(stored, !imported.done.is_empty());
            let items = configs.keys(&namespace("from")).unwrap().len();
            assert_eq!(items, distinct(&imported), "items that are there and that were told");
            if !imported.done.is_empty() {
                travels(&configs, ArchiveForm::V2).await;
                travels(&configs, ArchiveForm::V1).await;
            }
        }
    }
    Corpus::Keep
}

/// How many items an import says it published.
fn distinct(imported: &Imported) -> usize {
    let mut keys = imported.done.clone();
    keys.sort();
    keys.dedup();
    keys.len()
}

/// What is exported is imported elsewhere as it was, as far as the form can say it.
async fn travels(configs: &ConfigService, form: ArchiveForm) {
    let (from, to) = (namespace("from"), form_name(form));
    let export = Export {
        namespace: from.clone(),
        ids: Vec::new(),
        data_id: String::new(),
        group: String::new(),
        app_name: String::new(),
        form,
    };
    let exported = configs.export(&export).await.expect("what was imported can be exported");
    if exported.items == 0 {
        assert!(!exported.left_out.is_empty());
        return;
    }
    let imported = configs.import(&exported.zip, &into(to)).await;
    let imported = imported.expect("what was exported can be imported");
    assert_eq!(imported.done.len(), exported.items, "{imported:?}");
    let alone = exported.items == 1;
    for mut key in configs.keys(&from).unwrap() {
        let first = configs.get_formal(&key).await.unwrap().unwrap();
        if exported.left_out.contains(&key) {
            continue;
        }
        key.namespace = namespace(to);
        let second = configs.get_formal(&key).await.unwrap().expect("no item is lost");
        same(&first, &second, form, alone);
    }
}

fn same(first: &Answer, second: &Answer, form: ArchiveForm, alone: bool) {
    assert_eq!(first.content, second.content);
    let (app, again) = (&first.meta.about.app_name, &second.meta.about.app_name);
    // Two items may have one name in the V1 list, and some words cannot stand in it.
    if form == ArchiveForm::V1 && alone && !app.contains(['=', '|', '\r', '\n']) {
        assert_eq!(app.trim(), again.trim());
    }
    if form == ArchiveForm::V2 {
        assert_eq!(first.meta.content_type, second.meta.content_type);
        assert_eq!(first.meta.about, second.meta.about);
        assert_eq!(first.meta.encrypted_data_key, second.meta.encrypted_data_key);
    }
}

fn namespace(text: &str) -> Namespace {
    text.parse().unwrap()
}

const fn form_name(form: ArchiveForm) -> &'static str {
    match form {
        ArchiveForm::V1 => "v1",
        ArchiveForm::V2 => "v2",
    }
}

fn into(text: &str) -> Import {
    let author = Author::default();
    Import { namespace: namespace(text), policy: SamePolicy::Skip, author }
}
