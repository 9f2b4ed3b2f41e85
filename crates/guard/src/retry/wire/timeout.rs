//! The time that is left, as headers say it.

use std::time::Duration;

use super::text::{HeaderText, parse_number};

/// Seawall's header of the milliseconds that are left. 0 says that they are over.
pub const TIMEOUT_MS: &str = "x-seawall-timeout-ms";
/// Envoy's header of the milliseconds in which it expects an answer, only read. Envoy
/// never sends 0, which elsewhere in its settings is "no timeout".
pub const ENVOY_TIMEOUT_MS: &str = "x-envoy-expected-rq-timeout-ms";
/// gRPC's header of the time that is left.
pub const GRPC_TIMEOUT: &str = "grpc-timeout";

/// The most digits a gRPC timeout has.
const GRPC_DIGITS: usize = 8;
const GRPC_MAX: u64 = 99_999_999;

/// The units of a gRPC timeout, in nanoseconds, the finest first.
const GRPC_UNITS: [(u8, u64); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

/// Reads whole milliseconds; `None` for what is no number without a sign. No number is
/// too large: whoever takes the smaller of this and its own time is safe.
pub fn parse_timeout_ms(text: &[u8]) -> Option<Duration> {
    parse_number(text).map(Duration::from_millis)
}

/// Writes whole milliseconds, rounded down so that nobody works longer than is waited for.
pub fn timeout_ms(left: Duration) -> HeaderText {
    HeaderText::number(u64::try_from(left.as_millis()).unwrap_or(u64::MAX), None)
}

/// Reads a gRPC timeout: up to 8 digits and a unit (`doc/PROTOCOL-HTTP2.md` of grpc/grpc,
/// section Requests); `None` for anything else. The protocol asks for a positive number;
/// 0, which grpc-go sends when no time is left, is read as that.
pub fn parse_grpc_timeout(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if digits.len() > GRPC_DIGITS {
        return None;
    }
    let (_, nanos) = GRPC_UNITS.iter().find(|(letter, _)| letter == unit)?;
    let number = parse_number(digits)?;
    // Eight digits of hours are more nanoseconds than fit; 584 years are long enough.
    Some(Duration::from_nanos(number.saturating_mul(*nanos)))
}

/// Writes a gRPC timeout in the finest unit that fits, rounded down.
pub fn grpc_timeout(left: Duration) -> HeaderText {
    let nanos = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
    let fits = GRPC_UNITS.iter().find(|(_, unit)| nanos / unit <= GRPC_MAX);
    let (letter, unit) = fits.unwrap_or(&(b'H', 3_600_000_000_000));
    HeaderText::number((nanos / unit).min(GRPC_MAX), Some(*letter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn grpc_timeouts_are_read_as_the_protocol_says() {
        let read = |text: &str| parse_grpc_timeout(text.as_bytes());
        assert_eq!(read("1S"), Some(Duration::from_secs(1)));
        assert_eq!(read("99999999n"), Some(Duration::from_nanos(99_999_999)));
        assert_eq!(read("250u"), Some(Duration::from_micros(250)));
        assert_eq!(read("82m"), Some(Duration::from_millis(82)));
        assert_eq!(read("3M"), Some(Duration::from_secs(180)));
        assert_eq!(read("2H"), Some(Duration::from_secs(7_200)));
        assert_eq!(read("0n"), Some(Duration::ZERO), "grpc-go: no time is left");
        assert_eq!(read("99999999H"), Some(Duration::from_nanos(u64::MAX)));
        for garbage in ["", "S", "1", "1s", "1h", "-1S", "+1S", "1 S", "1.5S", "123456789n", "1SS"]
        {
            assert_eq!(read(garbage), None, "{garbage:?}");
        }
    }

    #[test]
    fn milliseconds_are_refused_or_clamped_when_they_make_no_sense() {
        assert_eq!(parse_timeout_ms(b"250"), Some(Duration::from_millis(250)));
        assert_eq!(
            parse_timeout_ms(b"99999999999999999999"),
            Some(Duration::from_millis(u64::MAX))
        );
        assert_eq!(parse_timeout_ms(b"-250"), None);
        assert_eq!(parse_timeout_ms(b"250ms"), None);
        assert_eq!(&*timeout_ms(Duration::from_micros(2_999)), "2");
        assert_eq!(&*timeout_ms(Duration::MAX), u64::MAX.to_string());
    }

    proptest! {
        #[test]
        fn a_timeout_that_is_written_is_read_as_no_longer(nanos: u64) {
            let left = Duration::from_nanos(nanos);
            let text = grpc_timeout(left);
            prop_assert!(text.len() <= GRPC_DIGITS + 1);
            let read = parse_grpc_timeout(text.as_bytes()).unwrap();
            prop_assert!(read <= left);
            // Eight digits after the step from one unit to the next are five.
            prop_assert!(left - read <= left / 99_000);
            prop_assert!(nanos > GRPC_MAX || left == read);

            let text = timeout_ms(left);
            let read = parse_timeout_ms(text.as_bytes()).unwrap();
            prop_assert!(read <= left && left - read < Duration::from_millis(1));
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes: Vec<u8>) {
            let _ = parse_grpc_timeout(&bytes);
            let _ = parse_timeout_ms(&bytes);
        }
    }
}
