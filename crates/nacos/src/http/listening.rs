//! What a long poll says, in both directions.
//!
//! The request is a run of records `dataId 0x02 group 0x02 md5 [0x02 tenant] 0x01`;
//! the answer is the same without md5, percent-encoded. Clients encode the
//! separators once as part of the form and some a second time before, and the
//! server undoes both (trap T24). The answer names the tenant exactly when the
//! client did, for that is part of the client's own key (trap T6).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use seawall_config::{Changed, ConfigKey, Listen, NamespaceSpelling};

use super::fault::Fault;

/// Between the fields of a record.
const WORD: char = '\u{2}';
/// After a record.
const LINE: char = '\u{1}';
/// Most records of one poll, as in Nacos.
pub(crate) const RECORDS_MAX: usize = 10_000;

/// What Java's `URLEncoder` lets through.
const UNENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'*').remove(b'_');

/// Reads the value of `Listening-Configs`, form-decoded once.
///
/// # Errors
///
/// Nacos's own words for records of the wrong shape, for names that break a rule
/// and for more than [`RECORDS_MAX`] records.
pub(crate) fn parse(value: &str) -> Result<Vec<Listen>, Fault> {
    let decoded = percent_decode_str(value)
        .decode_utf8()
        .map_err(|_| Fault::invalid("invalid probeModify"))?;
    let mut items = Vec::new();
    let mut rest: &str = &decoded;
    // A last record without its end mark is not a record, as in Nacos.
    while let Some((line, after)) = rest.split_once(LINE) {
        if items.len() == RECORDS_MAX {
            return Err(Fault::invalid("invalid protocol, too much listener"));
        }
        items.push(record(line)?);
        rest = after;
    }
    Ok(items)
}

fn record(line: &str) -> Result<Listen, Fault> {
    let fields: Vec<&str> = line.splitn(5, WORD).collect();
    let (data_id, group, md5, tenant) = match fields.as_slice() {
        [data_id, group, md5] => (*data_id, *group, *md5, None),
        [data_id, group, md5, tenant] => (*data_id, *group, *md5, Some(*tenant)),
        [_, _, _, _, _] => return Err(Fault::invalid("invalid protocol,too much key")),
        _ => return Err(Fault::invalid("invalid probeModify")),
    };
    Ok(Listen {
        key: ConfigKey::parse(tenant.unwrap_or_default(), group, data_id)?,
        md5: md5.trim().to_ascii_lowercase().into(),
        spelling: NamespaceSpelling::of(tenant),
    })
}

/// The changed items as the client is told about them; empty for none.
pub(crate) fn answer(changed: &[Changed]) -> String {
    if changed.is_empty() {
        return String::new();
    }
    let mut plain = String::new();
    for Changed { key, spelling } in changed {
        plain.push_str(key.data_id.as_str());
        plain.push(WORD);
        plain.push_str(key.group.as_str());
        if let Some(tenant) = spelling.spell(key).filter(|tenant| !tenant.is_empty()) {
            plain.push(WORD);
            plain.push_str(tenant);
        }
        plain.push(LINE);
    }
    format!("{}\n", utf8_percent_encode(&plain, UNENCODED))
}

/// The changed items as clients before version 2.0.4 of Nacos's protocol read
/// them, in a header.
pub(crate) fn old_answer(changed: &[Changed]) -> String {
    changed.iter().map(|one| format!("{}:{};", one.key.data_id, one.key.group)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(tenant: &str, group: &str, data_id: &str) -> ConfigKey {
        ConfigKey::parse(tenant, group, data_id).unwrap()
    }

    fn encoded(text: &str) -> String {
        utf8_percent_encode(text, UNENCODED).to_string()
    }

    /// All items of a poll, as if every one had changed.
    fn changed(poll: &str) -> Vec<Changed> {
        let listens = parse(poll).unwrap();
        listens.into_iter().map(|one| Changed { key: one.key, spelling: one.spelling }).collect()
    }

    #[test]
    fn t24_separators_encoded_once_or_twice_are_the_same_poll() {
        let plain = "a.yaml\u{2}G\u{2}\u{2}dev\u{1}b\u{2}G\u{2}AB12\u{2}dev\u{1}";
        let once = parse(plain).unwrap();
        assert_eq!(parse(&encoded(plain)).unwrap(), once);
        let read: Vec<_> = once.iter().map(|one| (&one.key, one.md5.as_str())).collect();
        assert_eq!(read, [(&key("dev", "G", "a.yaml"), ""), (&key("dev", "G", "b"), "ab12")]);
    }

    #[test]
    fn t06_the_answer_names_the_tenant_exactly_as_the_client_did() {
        assert_eq!(answer(&changed("a\u{2}G\u{2}m\u{1}")), "a%02G%01\n");
        assert_eq!(answer(&changed("a\u{2}G\u{2}m\u{2}\u{1}")), "a%02G%01\n");
        assert_eq!(answer(&changed("a\u{2}G\u{2}m\u{2}public\u{1}")), "a%02G%02public%01\n");
        assert_eq!(
            answer(&changed("a:b\u{2}G\u{2}m\u{1}a\u{2}G\u{2}m\u{2}dev\u{1}")),
            "a%3Ab%02G%01a%02G%02dev%01\n"
        );
        assert_eq!(answer(&[]), "");
    }

    #[test]
    fn refuses_what_is_no_record() {
        for text in
            ["a\u{1}", "a\u{2}b\u{1}", "a\u{2}b\u{2}c\u{2}d\u{2}e\u{1}", "a/b\u{2}G\u{2}\u{1}"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse("").unwrap(), []);
        assert_eq!(parse("a\u{2}G\u{2}m").unwrap(), []);
        let many: String = (0..=RECORDS_MAX).map(|n| format!("d{n}\u{2}G\u{2}\u{1}")).collect();
        assert!(parse(&many).is_err());
    }

    proptest! {
        #[test]
        fn t24_every_poll_survives_its_encodings(
            records in prop::collection::vec(
                ("[a-zA-Z0-9_.:-]{1,20}", "[a-zA-Z0-9_.:-]{1,10}", "[0-9a-f]{0,32}", "[a-z0-9-]{0,8}"),
                1..20,
            ),
            twice in any::<bool>(),
        ) {
            let plain: String = records.iter()
                .map(|(d, g, m, t)| format!("{d}\u{2}{g}\u{2}{m}\u{2}{t}\u{1}"))
                .collect();
            let read = parse(&if twice { encoded(&plain) } else { plain }).unwrap();
            let read: Vec<_> = read.into_iter().map(|one| (one.key, one.md5.to_string())).collect();
            let expected: Vec<_> =
                records.iter().map(|(d, g, m, t)| (key(t, g, d), m.clone())).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z%\u{1}\u{2}0-9\\PC]{0,200}") {
            if let Ok(read) = parse(&text) {
                prop_assert!(read.len() <= RECORDS_MAX);
            }
        }
    }
}
