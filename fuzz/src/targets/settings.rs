//! `seawall.toml`: what is no TOML is refused, every refusal is one line that says what
//! to do, and settings that are read are the same after the file was written anew.

use std::{path::PathBuf, sync::LazyLock};

use libfuzzer_sys::Corpus;
use seawall::fuzzing::read_settings;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    std::env::temp_dir().join(format!("seawall-fuzz-{}.toml", std::process::id()))
});

/// The file as it is.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let found = read(bytes);
    let table = std::str::from_utf8(bytes).ok().and_then(|text| toml::from_str(text).ok());
    let Some(table): Option<toml::Table> = table else {
        assert!(found.is_err(), "no TOML, and yet: {found:?}");
        return Corpus::Keep;
    };
    let written = toml::to_string(&table).unwrap();
    let again = read(written.as_bytes());
    assert_eq!(found.is_ok(), again.is_ok(), "{found:?}\n{again:?}\n{written}");
    if found.is_ok() {
        assert_eq!(found, again, "{written}");
    }
    Corpus::Keep
}

fn read(bytes: &[u8]) -> Result<String, String> {
    std::fs::write(&*FILE, bytes).unwrap();
    let found = read_settings(&FILE);
    if let Err(refused) = &found {
        assert!(!refused.contains(['\n', '\r']), "{refused:?}");
        assert!(refused.len() < 1_000 + 4 * bytes.len(), "a long word for a short file: {refused}");
    }
    found
}
