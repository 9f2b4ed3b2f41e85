//! Contents against their type: what an independent reader takes is taken, what is
//! refused is refused at a place inside the content, and what is taken is taken again
//! after it was written anew.

use libfuzzer_sys::Corpus;
use seawall_config::{ContentError, ContentType, validate};

/// The first line names the type, the rest is the content.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let Some((name, content)) = text.split_once('\n') else { return Corpus::Reject };
    let Some(content_type) = ContentType::parse(name) else { return Corpus::Reject };
    let found = validate(content_type, content);
    if let Err(refused) = &found {
        assert_eq!(refused.content_type, content_type);
        points_inside(refused, content);
    }
    match content_type {
        ContentType::Json => json(content, &found),
        ContentType::Yaml => yaml(content, &found),
        ContentType::Toml => toml(content, &found),
        ContentType::Xml => xml(content, &found),
        ContentType::Properties => assert_eq!(found.is_ok(), java_loads(content), "{found:?}"),
        ContentType::Text | ContentType::Html | ContentType::Unset => assert_eq!(found, Ok(())),
    }
    Corpus::Keep
}

/// A line of the content, and a column of that line or the one behind it.
fn points_inside(refused: &ContentError, content: &str) {
    let position = refused.position;
    assert!(position.line >= 1 && position.column >= 1, "{refused}");
    let lines = content.split('\n').count();
    assert!(position.line <= lines, "{refused}, but there are {lines} lines");
    let line = content.split('\n').nth(position.line - 1).unwrap();
    let columns = line.chars().count();
    assert!(position.column <= columns + 1, "{refused}, but that line has {columns} columns");
}

fn json(content: &str, found: &Result<(), ContentError>) {
    match serde_json::from_str::<serde_json::Value>(content) {
        Ok(value) => {
            assert_eq!(found, &Ok(()));
            assert_eq!(validate(ContentType::Json, &value.to_string()), Ok(()));
        }
        // Numbers that no f64 holds and halves of surrogate pairs are JSON all the same.
        Err(error) => {
            let error = error.to_string();
            let not_held = ["out of range", "surrogate", "hex escape"];
            let not_held = not_held.iter().any(|words| error.contains(words));
            assert!(found.is_err() || not_held, "{error}");
        }
    }
}

fn yaml(content: &str, found: &Result<(), ContentError>) {
    // Keys and tags that a value cannot hold are YAML all the same.
    if let Ok(value) = serde_yaml_ng::from_str::<serde_yaml_ng::Value>(content) {
        assert_eq!(found, &Ok(()));
        // Nor can every value be written.
        if let Ok(written) = serde_yaml_ng::to_string(&value) {
            assert_eq!(validate(ContentType::Yaml, &written), Ok(()), "{written}");
        }
    }
}

fn toml(content: &str, found: &Result<(), ContentError>) {
    match toml::from_str::<toml::Table>(content) {
        Ok(table) => {
            assert_eq!(found, &Ok(()));
            let written = toml::to_string(&table).unwrap();
            assert_eq!(validate(ContentType::Toml, &written), Ok(()), "{written}");
        }
        Err(_) => assert!(found.is_err()),
    }
}

/// A stricter reader than ours, which does not know every rule.
fn xml(content: &str, found: &Result<(), ContentError>) {
    let strict = roxmltree::Document::parse(content);
    if let (Ok(_), Err(refused)) = (strict, found) {
        panic!("well-formed, and yet: {refused}");
    }
}

/// Whether Java's `Properties.load` would take the content, by the words of its
/// documentation: natural lines become logical lines, and in every logical line that is
/// no comment each `\u` has four hex digits.
fn java_loads(content: &str) -> bool {
    let mut lines = natural_lines(content).into_iter();
    while let Some(line) = lines.next() {
        let start = line.trim_start_matches(BLANK);
        if start.is_empty() || start.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = start.to_owned();
        while ends_in_odd_backslashes(&logical) {
            logical.pop();
            match lines.next() {
                Some(next) => logical.push_str(next.trim_start_matches(BLANK)),
                None => break,
            }
        }
        if !escapes_are_good(&logical) {
            return false;
        }
    }
    true
}

const BLANK: [char; 3] = [' ', '\t', '\u{c}'];

/// Ended by `\n`, `\r` or `\r\n`.
fn natural_lines(content: &str) -> Vec<&str> {
    content.split("\r\n").flat_map(|part| part.split(['\n', '\r'])).collect()
}

fn ends_in_odd_backslashes(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn escapes_are_good(logical: &str) -> bool {
    let mut rest = logical;
    while let Some((_, after)) = rest.split_once('\\') {
        rest = match after.strip_prefix('u') {
            Some(digits) => match digits.get(..4) {
                Some(four) if four.bytes().all(|byte| byte.is_ascii_hexdigit()) => &digits[4..],
                _ => return false,
            },
            None => after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
        };
    }
    true
}
