use super::world::{World, author, key, request};
use crate::{
    ArchiveError, ArchiveForm, CloneItem, ConfigKey, ContentType, Export, ExportPart, Import,
    PublishError, SamePolicy,
};

fn everything(form: ArchiveForm) -> Export {
    Export {
        namespace: "public".parse().unwrap(),
        ids: Vec::new(),
        data_id: String::new(),
        group: String::new(),
        app_name: String::new(),
        form,
    }
}

fn into(namespace: &str, policy: SamePolicy) -> Import {
    Import { namespace: namespace.parse().unwrap(), policy, author: author() }
}

fn in_namespace(namespace: &str, data_id: &str) -> ConfigKey {
    ConfigKey::parse(namespace, "", data_id).unwrap()
}

async fn content_in(world: &World, namespace: &str, data_id: &str) -> Option<String> {
    let key = in_namespace(namespace, data_id);
    let answer = world.configs.get_formal(&key).await.unwrap();
    answer.map(|answer| answer.content.to_string())
}

async fn filled() -> World {
    let world = World::new().await;
    for (data_id, content) in [("a.yaml", "a: 1"), ("b.yaml", "b: 1"), ("c.yaml", "c: 1")] {
        let mut publish = request(data_id, content);
        publish.content_type = Some(ContentType::Yaml);
        publish.app_name = Some("shop".to_owned());
        world.configs.publish(publish).await.unwrap();
    }
    world.publish("cipher-aes-db", "secret").await.unwrap();
    world
}

#[tokio::test]
async fn an_export_can_be_imported_elsewhere() {
    let world = filled().await;
    for form in [ArchiveForm::V1, ArchiveForm::V2] {
        let exported = world.configs.export(&everything(form)).await.unwrap();
        assert_eq!((exported.items, exported.left_out.len()), (4, 0));
        let other = World::new().await;
        let imported =
            other.configs.import(&exported.zip, &into("dev", SamePolicy::Abort)).await.unwrap();
        assert_eq!(imported.done.len(), 4);
        assert_eq!(content_in(&other, "dev", "cipher-aes-db").await.as_deref(), Some("secret"));
        let meta = other.configs.meta(&in_namespace("dev", "a.yaml")).unwrap().unwrap();
        assert_eq!(&*meta.about.app_name, "shop");
        let at_rest = other.bytes_at_rest().await;
        assert!(!at_rest.windows(6).any(|w| w == b"secret"), "sealed again on import");
    }
}

#[tokio::test]
async fn an_export_can_be_narrowed() {
    let world = filled().await;
    let id = world.configs.meta(&key("b.yaml")).unwrap().unwrap().id;
    let by_id = Export { ids: vec![id], ..everything(ArchiveForm::V2) };
    assert_eq!(world.configs.export(&by_id).await.unwrap().items, 1);
    let by_name = Export { data_id: "*.yaml".to_owned(), ..everything(ArchiveForm::V2) };
    assert_eq!(world.configs.export(&by_name).await.unwrap().items, 3);
    let by_app = Export { app_name: "none".to_owned(), ..everything(ArchiveForm::V1) };
    assert_eq!(world.configs.export(&by_app).await.unwrap().items, 0);
    let small = World::with(|settings| settings.import.unpacked_bytes_max = 3).await;
    small.publish("a", "four").await.unwrap();
    let refused = small.configs.export(&everything(ArchiveForm::V2)).await;
    assert_eq!(refused, Err(ArchiveError::TooLarge { max: 3 }));
}

#[tokio::test]
async fn any_number_of_items_is_exported_in_parts_that_each_can_be_imported() {
    let world = World::with(|settings| settings.import.entries_max = 4).await;
    for number in 0..8 {
        world.publish(&format!("item-{number}"), "four").await.unwrap();
    }
    world.publish("large", "over ten bytes").await.unwrap();
    let other = World::with(|settings| settings.import.entries_max = 4).await;
    let mut part = ExportPart { after: None, items_max: 100, bytes_max: 10 };
    let mut sizes = Vec::new();
    loop {
        let taken = world.configs.export_part(&everything(ArchiveForm::V2), part).await.unwrap();
        sizes.push((taken.exported.items, taken.left));
        let zip = taken.exported.zip;
        other.configs.import(&zip, &into("", SamePolicy::Abort)).await.unwrap();
        let Some(next) = taken.next else { break };
        part.after = Some(next);
    }
    assert_eq!(sizes, [(2, 7), (2, 5), (2, 3), (2, 1), (1, 0)], "by bytes; the large one alone");
    assert_eq!(other.configs.total(), Ok(9));

    let by_count = ExportPart { after: None, items_max: 100, bytes_max: 1_000 };
    let taken = world.configs.export_part(&everything(ArchiveForm::V2), by_count).await.unwrap();
    assert_eq!(taken.exported.items, 3, "with its list an archive has as many as imports take");
}

#[tokio::test]
async fn each_policy_does_with_present_items_what_it_says() {
    let world = filled().await;
    let zip = world.configs.export(&everything(ArchiveForm::V2)).await.unwrap().zip;
    world.publish("b.yaml", "b: changed").await.unwrap();
    world.configs.remove(&key("a.yaml"), None, author()).await.unwrap();

    let skipped = world.configs.import(&zip, &into("", SamePolicy::Skip)).await.unwrap();
    assert_eq!((skipped.done.len(), skipped.skipped.len()), (1, 3));
    assert_eq!(world.content("b.yaml").await.as_deref(), Some("b: changed"));

    let aborted = world.configs.import(&zip, &into("", SamePolicy::Abort)).await.unwrap();
    assert_eq!(aborted.done, []);
    assert_eq!(aborted.failed.len(), 1);
    assert!(matches!(aborted.failed[0].1, PublishError::Exists));
    assert_eq!(aborted.skipped.len(), 3);

    let written = world.configs.import(&zip, &into("", SamePolicy::Overwrite)).await.unwrap();
    assert_eq!(written.done.len(), 4);
    assert_eq!(world.content("b.yaml").await.as_deref(), Some("b: 1"));
}

#[tokio::test]
async fn an_archive_with_nothing_in_it_changes_nothing() {
    let world = World::new().await;
    let empty = world.configs.export(&everything(ArchiveForm::V1)).await.unwrap().zip;
    let refused = world.configs.import(&empty, &into("", SamePolicy::Skip)).await;
    assert_eq!(refused, Err(ArchiveError::Empty));
    let refused = world.configs.import(b"no zip", &into("", SamePolicy::Skip)).await;
    assert!(matches!(refused, Err(ArchiveError::NotAZip(_))));
    assert_eq!(world.configs.total(), Ok(0));
}

#[tokio::test]
async fn items_are_cloned_with_their_words_and_under_new_names() {
    let world = filled().await;
    let same = CloneItem { from: key("a.yaml"), group: None, data_id: None };
    let renamed = CloneItem {
        from: key("b.yaml"),
        group: Some("G".parse().unwrap()),
        data_id: Some("renamed.yaml".parse().unwrap()),
    };
    let missing = CloneItem { from: key("none"), group: None, data_id: None };
    let items = [same, renamed, missing];
    let cloned = world.configs.clone_items(&items, &into("dev", SamePolicy::Abort)).await.unwrap();
    assert_eq!(cloned.done.len(), 2);
    assert_eq!(cloned.failed, [(key("none"), PublishError::NotFound)]);
    let meta = world.configs.meta(&in_namespace("dev", "a.yaml")).unwrap().unwrap();
    assert_eq!((&*meta.about.app_name, meta.content_type), ("shop", ContentType::Yaml));
    let renamed = ConfigKey::parse("dev", "G", "renamed.yaml").unwrap();
    let answer = world.configs.get_formal(&renamed).await.unwrap().unwrap();
    assert_eq!(&*answer.content, "b: 1");
}
