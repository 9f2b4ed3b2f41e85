//! gRPC's richer word of when to come back.

use std::time::Duration;

const RETRY_INFO: &[u8] = b"/google.rpc.RetryInfo";

/// Finds how long to wait in the details of a gRPC status: the decoded bytes of
/// `grpc-status-details-bin`, a `google.rpc.Status` whose details hold a
/// `google.rpc.RetryInfo` (`google/rpc/status.proto` and `error_details.proto` of
/// googleapis/googleapis). `None` if there is none or the bytes make no sense.
pub fn parse_retry_info(status: &[u8]) -> Option<Duration> {
    let details = Fields(status).filter_map(|field| field.bytes(3));
    let infos = details.filter_map(|any| {
        let url = Fields(any).find_map(|field| field.bytes(1))?;
        if !url.ends_with(RETRY_INFO) {
            return None;
        }
        Fields(any).find_map(|field| field.bytes(2))
    });
    let mut delays = infos.filter_map(|info| Fields(info).find_map(|field| field.bytes(1)));
    parse_duration(delays.next()?)
}

/// Reads a `google.protobuf.Duration`; `None` if it is negative or out of its range.
fn parse_duration(bytes: &[u8]) -> Option<Duration> {
    let varint = |number| Fields(bytes).find_map(|field| field.varint(number)).unwrap_or(0);
    let seconds = varint(1);
    let nanos = u32::try_from(varint(2)).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    // Negative seconds have the upper bit set.
    (seconds <= i64::MAX as u64).then(|| Duration::new(seconds, nanos))
}

/// The fields of a protobuf message, until its end or something that is not one.
struct Fields<'b>(&'b [u8]);

struct Field<'b> {
    number: u64,
    value: Value<'b>,
}

enum Value<'b> {
    Varint(u64),
    Bytes(&'b [u8]),
    Fixed,
}

impl<'b> Field<'b> {
    fn bytes(&self, number: u64) -> Option<&'b [u8]> {
        match self.value {
            Value::Bytes(bytes) if self.number == number => Some(bytes),
            _ => None,
        }
    }

    fn varint(&self, number: u64) -> Option<u64> {
        match self.value {
            Value::Varint(varint) if self.number == number => Some(varint),
            _ => None,
        }
    }
}

impl<'b> Fields<'b> {
    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_varint(&mut self) -> Option<u64> {
        let mut varint = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            varint |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(varint);
            }
        }
        None
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = Field<'b>;

    fn next(&mut self) -> Option<Field<'b>> {
        let tag = self.take_varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.take_varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let len = usize::try_from(self.take_varint()?).ok()?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some(Field { number: tag >> 3, value })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(number: u8, bytes: &[u8]) -> Vec<u8> {
        let len = u8::try_from(bytes.len()).unwrap();
        assert!(len < 0x80);
        [&[number << 3 | 2, len], bytes].concat()
    }

    fn any(url: &str, value: &[u8]) -> Vec<u8> {
        message(3, &[message(1, url.as_bytes()), message(2, value)].concat())
    }

    #[test]
    fn the_delay_is_found_among_other_details() {
        // RESOURCE_EXHAUSTED, "busy", a detail of another type and 1.5 s.
        let duration = [8, 1, 16, 0x80, 0xCA, 0xB5, 0xEE, 0x01];
        let status = [
            vec![8, 8],
            message(2, b"busy"),
            any("type.googleapis.com/google.rpc.QuotaFailure", &message(1, &duration)),
            any("type.googleapis.com/google.rpc.RetryInfo", &message(1, &duration)),
        ]
        .concat();
        assert_eq!(parse_retry_info(&status), Some(Duration::from_millis(1_500)));
        assert_eq!(parse_retry_info(&status[..status.len() - 1]), None, "cut off");
        assert_eq!(parse_retry_info(b""), None);
    }

    #[test]
    fn a_negative_delay_is_none() {
        let minus_one = [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1];
        let status = any("x/google.rpc.RetryInfo", &message(1, &minus_one));
        assert_eq!(parse_retry_info(&status), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse_retry_info(&bytes);
            let _ = parse_retry_info(&any("x/google.rpc.RetryInfo", &message(1, &bytes[..bytes.len().min(40)])));
        }
    }
}
