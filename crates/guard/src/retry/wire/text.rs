//! Small numbers as the texts of headers.

use std::{fmt, ops::Deref};

/// As many digits as a `u64` has; what is longer is no number anybody meant.
const DIGITS: usize = 20;

/// The value of a header this crate writes: a few ASCII characters, kept in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeaderText {
    bytes: [u8; DIGITS + 1],
    len: u8,
}

impl HeaderText {
    /// `-1`.
    pub(super) const MINUS_ONE: Self = {
        let mut bytes = [0; DIGITS + 1];
        bytes.split_at_mut(2).0.copy_from_slice(b"-1");
        Self { bytes, len: 2 }
    };

    /// A number and a unit behind it.
    pub(super) fn number(mut number: u64, unit: Option<u8>) -> Self {
        let (mut bytes, mut len) = ([0; DIGITS + 1], 0);
        // From the last character to the first; there is room for the longest number.
        let mut put = |byte| {
            if let Some(place) = bytes.get_mut(len) {
                *place = byte;
                len += 1;
            }
        };
        unit.map(&mut put);
        loop {
            put(b'0' + (number % 10) as u8);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        bytes.get_mut(..len).unwrap_or_default().reverse();
        Self { bytes, len: len as u8 }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let written = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl Deref for HeaderText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A number of ASCII digits and nothing else. More than fits is the largest that does;
/// more than 20 digits are garbage.
pub(super) fn parse_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > DIGITS {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(parse_number(b"0"), Some(0));
        assert_eq!(parse_number(b"00042"), Some(42));
        assert_eq!(parse_number(b"99999999999999999999"), Some(u64::MAX));
        for garbage in
            ["", "-1", "+1", " 1", "1 ", "1.5", "1e3", "0x1", "٣", "999999999999999999999"]
        {
            assert_eq!(parse_number(garbage.as_bytes()), None, "{garbage:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_is_written_is_read_again(number: u64) {
            let text = HeaderText::number(number, None);
            prop_assert_eq!(&*text, number.to_string());
            prop_assert_eq!(parse_number(text.as_bytes()), Some(number));
            prop_assert_eq!(&*HeaderText::number(number, Some(b'm')), format!("{number}m"));
        }
    }
}
