//! What requests and answers say of deadlines, priorities and attempts: what is passed on
//! is what was read, and no time grows on the way.

use libfuzzer_sys::Corpus;
use seawall_guard::retry::wire::{Pushback, RequestHeaders, Sender, Wire, parse_retry_info};

/// Lines are the values of the headers that requests have, in the order of
/// [`RequestHeaders::UNTRUSTED`]; all of it is a status' details as well.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    parse_retry_info(bytes);
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let names = RequestHeaders::UNTRUSTED;
    let line = |name| lines.get(names.iter().position(|known| *known == name)?).copied();
    assert_eq!(RequestHeaders::read(Sender::Untrusted, line), RequestHeaders::default());
    let read = RequestHeaders::read(Sender::Trusted, line);
    for wire in [Wire::Http, Wire::Grpc] {
        let mut sent = Vec::new();
        read.write(wire, |name, value| sent.push((name, value)));
        assert!(sent.iter().all(|(_, value)| value.as_str().len() <= 20), "{sent:?}");
        let again = RequestHeaders::read(Sender::Trusted, |name| {
            sent.iter().find(|sent| sent.0 == name).map(|sent| sent.1.as_str().as_bytes())
        });
        assert_eq!(again.priority, read.priority);
        assert_eq!(again.previous_attempts, read.previous_attempts);
        assert_eq!(again.timeout.is_some(), read.timeout.is_some());
        assert!(again.timeout <= read.timeout, "{again:?} of {read:?}");
    }
    let pushback = Pushback::parse_ms(lines.first().copied().unwrap_or_default());
    if let Some(text) = pushback.to_ms() {
        assert_eq!(Pushback::parse_ms(text.as_str().as_bytes()), pushback);
    }
    Corpus::Keep
}
