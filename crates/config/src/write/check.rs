//! Whether a publish is acceptable in itself.

use crate::{ConfigSettings, Describe, Publish, PublishError};

/// Longest description, in characters (the width of Nacos' column).
const DESCRIPTION_CHARS_MAX: usize = 256;
/// Most tags, and the longest tag in characters (Nacos' `ParamUtils`).
const TAGS_MAX: usize = 5;
const TAG_CHARS_MAX: usize = 64;
/// Longest `use` and `effect`, in characters (Nacos' `ParamUtils`).
const WORD_CHARS_MAX: usize = 32;
/// Longest schema, in characters (Nacos' `ParamUtils`).
const SCHEMA_CHARS_MAX: usize = 32_768;
/// Longest application name and data key, in bytes (the widths of Nacos' columns).
const APP_NAME_CHARS_MAX: usize = 128;
const DATA_KEY_BYTES_MAX: usize = 1_024;

/// Refuses a publish that could not be right whatever is stored.
pub(crate) fn publish(publish: &Publish, settings: &ConfigSettings) -> Result<(), PublishError> {
    if publish.content.trim().is_empty() {
        return Err(invalid("content", "is blank".to_owned()));
    }
    let bytes = publish.content.len() as u64;
    if bytes > settings.content_bytes_max {
        return Err(PublishError::TooLarge { bytes, max: settings.content_bytes_max });
    }
    if publish.encrypted_data_key.len() > DATA_KEY_BYTES_MAX {
        return Err(invalid("encryptedDataKey", format!("is over {DATA_KEY_BYTES_MAX} bytes")));
    }
    let texts = [
        ("appName", &publish.app_name, APP_NAME_CHARS_MAX),
        ("desc", &publish.description, DESCRIPTION_CHARS_MAX),
        ("schema", &publish.schema, SCHEMA_CHARS_MAX),
        ("use", &publish.usage, WORD_CHARS_MAX),
        ("effect", &publish.effect, WORD_CHARS_MAX),
    ];
    for (field, text, max) in texts {
        short(field, text.as_deref().unwrap_or_default(), max)?;
    }
    tags(publish.tags.as_deref().unwrap_or_default())
}

/// Refuses words about an item that are too long.
pub(crate) fn describe(words: &Describe) -> Result<(), PublishError> {
    short("desc", words.description.as_deref().unwrap_or_default(), DESCRIPTION_CHARS_MAX)?;
    tags(words.tags.as_deref().unwrap_or_default())
}

fn tags(tags: &[String]) -> Result<(), PublishError> {
    if tags.len() > TAGS_MAX {
        return Err(invalid("config_tags", format!("are over {TAGS_MAX}")));
    }
    tags.iter().try_for_each(|tag| short("config_tags", tag, TAG_CHARS_MAX))
}

fn short(field: &'static str, text: &str, max: usize) -> Result<(), PublishError> {
    // Bytes first: most texts need no counting of characters.
    if text.len() <= max || text.chars().count() <= max {
        return Ok(());
    }
    Err(invalid(field, format!("is over {max} characters")))
}

fn invalid(field: &'static str, reason: String) -> PublishError {
    PublishError::Invalid { field, reason }
}
