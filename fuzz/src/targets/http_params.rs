//! Queries and forms: the pairs are those that the WHATWG's parser finds. Refused is
//! only what is not UTF-8, and too many.

use libfuzzer_sys::Corpus;
use seawall_nacos::fuzzing::parameters;

/// What `Params` takes at most.
const PARAMETERS_MAX: usize = 1_000;

/// The first line is the query, the rest the form.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let mut halves = bytes.splitn(2, |byte| *byte == b'\n');
    let (query, form) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let expected: Vec<(String, String)> = [query, form]
        .into_iter()
        .flat_map(form_urlencoded::parse)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    match parameters(query, form) {
        Some(pairs) => assert_eq!(pairs, expected),
        None => {
            let mended = |text: &String| text.contains('\u{fffd}');
            let not_utf8 = expected.iter().any(|(name, value)| mended(name) || mended(value));
            assert!(not_utf8 || expected.len() > PARAMETERS_MAX, "refused: {expected:?}");
        }
    }
    Corpus::Keep
}
