//! Long polls (`Listening-Configs`): records that are read are the same when written
//! again, plain and percent-encoded, and the answer about them can be read back.

use libfuzzer_sys::Corpus;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seawall_config::{Changed, Listen};
use seawall_nacos::fuzzing::{poll_answer, read_poll};

/// The value of the parameter, form-decoded once, as text.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Ok(value) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let Some(items) = read_poll(value) else { return Corpus::Keep };
    assert!(items.len() * 3 <= value.len() + 3, "more records than there is text for");

    let plain = records(&items);
    let encoded = utf8_percent_encode(&plain, NON_ALPHANUMERIC).to_string();
    assert_eq!(read_poll(&encoded).as_ref(), Some(&items), "percent-encoded");
    if !plain.contains('%') {
        assert_eq!(read_poll(&plain).as_ref(), Some(&items), "plain");
    }

    // The answer has no md5; with one put in, it is a poll again.
    let changed: Vec<Changed> = items
        .iter()
        .map(|item| Changed { key: item.key.clone(), spelling: item.spelling.clone() })
        .collect();
    let answer = poll_answer(&changed);
    assert_eq!(answer.is_empty(), items.is_empty());
    let decoded = percent_encoding::percent_decode_str(answer.trim_end_matches('\n'));
    let decoded = decoded.decode_utf8().expect("an answer is UTF-8");
    assert_eq!(decoded, told(&items));
    Corpus::Keep
}

/// The tenant of a record as the client wrote it, if it did.
fn tenant(item: &Listen) -> Option<&str> {
    item.spelling.spell(&item.key)
}

fn records(items: &[Listen]) -> String {
    let one = |item: &Listen| {
        let head = format!("{}\u{2}{}\u{2}{}", item.key.data_id, item.key.group, item.md5);
        match tenant(item) {
            Some(tenant) => format!("{head}\u{2}{tenant}\u{1}"),
            None => format!("{head}\u{1}"),
        }
    };
    items.iter().map(one).collect()
}

/// What a client is told when all of them changed: a tenant only where it is not empty.
fn told(items: &[Listen]) -> String {
    let one = |item: &Listen| {
        let tenant = tenant(item).filter(|tenant| !tenant.is_empty());
        let tenant = tenant.map_or_else(String::new, |tenant| format!("\u{2}{tenant}"));
        format!("{}\u{2}{}{tenant}\u{1}", item.key.data_id, item.key.group)
    };
    items.iter().map(one).collect()
}
