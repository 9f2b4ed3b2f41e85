//! What a server says of another attempt.

use std::time::Duration;

use super::text::{HeaderText, parse_number};

/// HTTP's header of the seconds to wait.
pub const RETRY_AFTER: &str = "retry-after";
/// gRPC's header of the milliseconds to wait, negative for "do not ask again".
pub const GRPC_PUSHBACK_MS: &str = "grpc-retry-pushback-ms";
/// Seawall's header over plain HTTP, with the values of [`GRPC_PUSHBACK_MS`].
pub const PUSHBACK_MS: &str = "x-seawall-retry-pushback-ms";

/// What a server says of another attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pushback {
    /// Nothing: whoever asked decides.
    #[default]
    Unsaid,
    /// Not before so much time has passed.
    After(Duration),
    /// Not at all: it would not help, or it has been tried already.
    Never,
}

impl Pushback {
    /// Reads all headers of an answer that say something of it, ours and gRPC's before
    /// HTTP's, which is the coarser one. `header` finds the value of a name in lower case.
    pub fn read<'h>(header: impl Fn(&'static str) -> Option<&'h [u8]>) -> Self {
        let own = header(PUSHBACK_MS).or_else(|| header(GRPC_PUSHBACK_MS));
        if let Some(text) = own {
            return Self::parse_ms(text);
        }
        let after = header(RETRY_AFTER).and_then(parse_retry_after);
        after.map_or(Self::Unsaid, Self::After)
    }

    /// Reads gRPC's milliseconds. As its retry design asks (A6-client-retries.md of
    /// grpc/proposal, section Pushback), what is negative or no number is
    /// [`Pushback::Never`]; so is what does not fit its 32 bits.
    pub fn parse_ms(text: &[u8]) -> Self {
        let fits = |millis: &u64| *millis <= i32::MAX as u64;
        parse_number(text)
            .filter(fits)
            .map_or(Self::Never, |millis| Self::After(Duration::from_millis(millis)))
    }

    /// Writes gRPC's milliseconds, rounded up; nothing for [`Pushback::Unsaid`].
    pub fn to_ms(self) -> Option<HeaderText> {
        match self {
            Self::Unsaid => None,
            Self::After(wait) => {
                let millis = wait.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128);
                Some(HeaderText::number(millis as u64, None))
            }
            Self::Never => Some(HeaderText::MINUS_ONE),
        }
    }
}

/// Reads the seconds of a `Retry-After` (RFC 9110, section 10.2.3). `None` for its other
/// form, a date: what it says depends on whose clock is right.
pub fn parse_retry_after(text: &[u8]) -> Option<Duration> {
    parse_number(text).map(Duration::from_secs)
}

/// Writes the seconds of a `Retry-After`, rounded up.
pub fn retry_after(wait: Duration) -> HeaderText {
    HeaderText::number(wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)), None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn after(millis: u64) -> Pushback {
        Pushback::After(Duration::from_millis(millis))
    }

    #[test]
    fn pushback_is_read_as_grpc_says() {
        assert_eq!(Pushback::parse_ms(b"0"), after(0));
        assert_eq!(Pushback::parse_ms(b"2147483647"), after(2_147_483_647));
        for never in ["-1", "-5", "2147483648", "", "soon", "1.5", "99999999999999999999999"] {
            assert_eq!(Pushback::parse_ms(never.as_bytes()), Pushback::Never, "{never:?}");
        }
    }

    #[test]
    fn the_finer_header_counts() {
        let read = |headers: &[(&str, &'static str)]| {
            Pushback::read(|name| {
                let found = headers.iter().find(|header| header.0 == name);
                found.map(|header| header.1.as_bytes())
            })
        };
        assert_eq!(read(&[]), Pushback::Unsaid);
        assert_eq!(read(&[(RETRY_AFTER, "2")]), after(2_000));
        assert_eq!(read(&[(RETRY_AFTER, "2"), (PUSHBACK_MS, "300")]), after(300));
        assert_eq!(read(&[(RETRY_AFTER, "2"), (GRPC_PUSHBACK_MS, "-1")]), Pushback::Never);
        assert_eq!(read(&[(RETRY_AFTER, "Fri, 31 Dec 1999 23:59:59 GMT")]), Pushback::Unsaid);
        assert_eq!(read(&[(RETRY_AFTER, "-2")]), Pushback::Unsaid);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_no_sooner(nanos: u64) {
            let wait = Duration::from_nanos(nanos);
            let text = Pushback::After(wait).to_ms().unwrap();
            let longest = Duration::from_millis(i32::MAX as u64);
            let Pushback::After(read) = Pushback::parse_ms(text.as_bytes()) else {
                return Err(TestCaseError::fail("a number was read as never"));
            };
            prop_assert!(read >= wait.min(longest));
            prop_assert!(parse_retry_after(retry_after(wait).as_bytes()).unwrap() >= wait);
        }
    }

    #[test]
    fn never_and_nothing_are_written_as_that() {
        assert_eq!(Pushback::Never.to_ms().unwrap().as_str(), "-1");
        assert_eq!(Pushback::Unsaid.to_ms(), None);
    }
}
