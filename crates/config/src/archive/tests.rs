use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use proptest::prelude::*;
use seawall_topology::Namespace;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{
    pack::Packer,
    unpack::{ArchivedItem, Unpacked, unpack},
};
use crate::{
    Answer, ArchiveError, ArchiveForm, ConfigMeta, ContentType, Description, ImportSettings,
    model::meta::sample,
};

const LIMITS: ImportSettings = ImportSettings { entries_max: 20, unpacked_bytes_max: 10_000 };

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, body) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(body).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Result<Unpacked, ArchiveError> {
    unpack(bytes, &Namespace::public(), LIMITS)
}

fn names(items: &[ArchivedItem]) -> Vec<&str> {
    items.iter().map(|item| item.key.data_id.as_str()).collect()
}

fn item(data_id: &str, content: &str) -> ConfigMeta {
    ConfigMeta {
        content_type: ContentType::Yaml,
        about: Description {
            app_name: "shop".into(),
            description: "a: \"quoted\" #1".into(),
            tags: ["x".into(), "y".into()].into(),
            ..Description::default()
        }
        .into(),
        ..sample(data_id, content)
    }
}

fn pack(form: ArchiveForm, items: Vec<(ConfigMeta, &str)>) -> crate::Exported {
    let mut packer = Packer::new(form);
    for (meta, content) in items {
        packer.add(&Answer::new(Arc::new(meta), content.into())).unwrap();
    }
    packer.finish().unwrap()
}

fn entry(zip: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

#[test]
fn the_v2_form_carries_everything_there_and_back() {
    let exported = pack(ArchiveForm::V2, vec![(item("app.yaml", "a: 1"), "a: 1")]);
    assert_eq!(
        entry(&exported.zip, ".metadata.yml"),
        concat!(
            "metadata:\n- appName: shop\n  configTags: x,y\n  dataId: app.yaml\n",
            "  desc: 'a: \"quoted\" #1'\n  group: DEFAULT_GROUP\n  type: yaml\n",
        )
    );
    assert_eq!(entry(&exported.zip, "DEFAULT_GROUP/app.yaml"), "a: 1");
    let unpacked = read(&exported.zip).unwrap();
    assert_eq!(unpacked.unrecognized, [""; 0]);
    let [read] = unpacked.items.as_slice() else { panic!("one item") };
    assert_eq!(read.content_type, Some(ContentType::Yaml));
    assert_eq!(read.app_name.as_deref(), Some("shop"));
    assert_eq!(read.description.as_deref(), Some("a: \"quoted\" #1"));
    assert_eq!(read.tags.as_deref(), Some(&["x".to_owned(), "y".to_owned()][..]));
}

#[test]
fn a_name_the_v1_form_cannot_carry_does_not_spoil_the_archive() {
    for app in ["a=b", "a|b", "a\nb", "a\rb"] {
        let about = Description { app_name: app.into(), ..Description::default() };
        let odd = ConfigMeta { about: about.into(), ..item("odd", "x") };
        let exported = pack(ArchiveForm::V1, vec![(odd, "x"), (item("app.yaml", "a"), "a")]);
        let unpacked = read(&exported.zip).unwrap();
        assert_eq!(names(&unpacked.items), ["odd", "app.yaml"], "{app:?}");
        let apps: Vec<_> = unpacked.items.iter().map(|item| item.app_name.as_deref()).collect();
        assert_eq!(apps, [None, Some("shop")], "{app:?}");
    }
}

#[test]
fn the_v1_form_carries_application_names() {
    let plain = ConfigMeta { about: Description::default().into(), ..item("noext", "b") };
    let exported = pack(ArchiveForm::V1, vec![(item("app.prod.yaml", "a"), "a"), (plain, "b")]);
    assert_eq!(entry(&exported.zip, ".meta.yml"), "DEFAULT_GROUP.app.prod~yaml.app=shop\r\n");
    let unpacked = read(&exported.zip).unwrap();
    assert_eq!(names(&unpacked.items), ["app.prod.yaml", "noext"]);
    assert_eq!(unpacked.items[0].app_name.as_deref(), Some("shop"));
    assert_eq!(unpacked.items[1].app_name, None);
}

#[test]
fn what_the_client_encrypted_travels_with_its_key_or_not_at_all() {
    let secret =
        ConfigMeta { encrypted_data_key: "wrapped".into(), ..item("cipher-aes-db", "cipher text") };
    let v1 = pack(ArchiveForm::V1, vec![(secret.clone(), "cipher text")]);
    assert_eq!((v1.items, v1.left_out), (0, vec![secret.key.clone()]));
    let v2 = pack(ArchiveForm::V2, vec![(secret, "cipher text")]);
    assert_eq!(read(&v2.zip).unwrap().items[0].encrypted_data_key, "wrapped");
}

/// As Nacos 2 and 3 write them: SnakeYAML's block style.
#[test]
fn archives_written_by_nacos_are_read() {
    let list = concat!(
        "metadata:\n- appName: ''\n  configTags: a,b\n  dataId: 123\n  desc: 门店\n",
        "  group: SHOP\n  type: json\n- dataId: lost.yaml\n  group: SHOP\n  type: yaml\n",
    );
    let bytes = zip(&[
        ("SHOP/123", b"{}"),
        ("SHOP/unlisted", b"x"),
        ("too/many/parts", b"x"),
        (".metadata.yml", list.as_bytes()),
    ]);
    let unpacked = read(&bytes).unwrap();
    assert_eq!(names(&unpacked.items), ["123"]);
    assert_eq!(unpacked.items[0].description.as_deref(), Some("门店"));
    assert_eq!(unpacked.unrecognized, ["too/many/parts", "SHOP/lost.yaml", "SHOP/unlisted"]);
    let old = zip(&[("G/a.yml", b"a"), (".meta.yml", b"G.a~yml.app=x\nG.b.app=y\r\n")]);
    assert_eq!(read(&old).unwrap().items[0].app_name.as_deref(), Some("x"));
}

#[test]
fn lists_that_make_no_sense_are_refused() {
    let lists: [(&str, &[u8]); 5] = [
        (".metadata.yml", b"metadata: []"),
        (".metadata.yml", b"metadata:\n- dataId: a\n  group: G"),
        (".metadata.yml", b"{{"),
        (".metadata.yml", b"42"),
        (".meta.yml", b"no equals sign"),
    ];
    for (name, body) in lists {
        let refused = read(&zip(&[("G/a", b"x"), (name, body)]));
        assert!(matches!(refused, Err(ArchiveError::BadMetadata(_))), "{refused:?}");
    }
    assert!(matches!(read(b"PK but no zip"), Err(ArchiveError::NotAZip(_))));
}

#[test]
fn a_bomb_is_refused_before_it_fills_the_memory() {
    let zeros = vec![b'0'; 1_000_000];
    let bomb = zip(&[("G/a", b"small"), ("G/b", &zeros)]);
    assert!(bomb.len() < 3_000);
    assert_eq!(read(&bomb), Err(ArchiveError::TooLarge { max: 10_000 }));
    let many: Vec<String> = (0..21).map(|n| format!("G/{n}")).collect();
    let entries: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(read(&zip(&entries)), Err(ArchiveError::TooManyEntries { entries: 21, max: 20 }));
}

#[test]
fn names_that_are_no_keys_are_reported_not_imported() {
    let bytes = zip(&[("G/a b", b"x"), ("G/../../etc", b"x"), ("top", b"x"), ("G/ok", b"\xff")]);
    let unpacked = read(&bytes).unwrap();
    assert_eq!(unpacked.items, []);
    assert_eq!(unpacked.unrecognized.len(), 4);
}

fn holds_limits(unpacked: &Unpacked) -> bool {
    let bytes: usize = unpacked.items.iter().map(|item| item.content.len()).sum();
    bytes as u64 <= LIMITS.unpacked_bytes_max && unpacked.items.len() <= LIMITS.entries_max
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(unpacked) = read(&bytes) {
            prop_assert!(holds_limits(&unpacked));
        }
    }

    #[test]
    fn damaged_archives_never_panic_and_never_exceed_the_limits(
        sizes in prop::collection::vec(0usize..4_000, 1..6),
        v2 in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let form = if v2 { ArchiveForm::V2 } else { ArchiveForm::V1 };
        let contents: Vec<String> = sizes.iter().map(|size| "x".repeat(*size)).collect();
        let items = contents
            .iter()
            .enumerate()
            .map(|(n, content)| (item(&format!("a{n}.yaml"), content), content.as_str()))
            .collect();
        let mut bytes = pack(form, items).zip.to_vec();
        let intact = damage.is_empty() && cut.is_none();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match read(&bytes) {
            Ok(unpacked) => prop_assert!(holds_limits(&unpacked)),
            Err(refused) => prop_assert!(
                !intact || matches!(refused, ArchiveError::TooLarge { .. }), "{}", refused
            ),
        }
    }
}
