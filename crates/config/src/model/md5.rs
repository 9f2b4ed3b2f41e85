//! The fingerprint clients compare.

use std::fmt;

use md5::{Digest, Md5 as Hasher};

/// MD5 of a content's UTF-8 bytes, written in lower-case hex. It tells contents
/// apart for clients; nothing secret rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Md5([u8; 16]);

impl Md5 {
    /// The fingerprint of `content`.
    pub fn of(content: &str) -> Self {
        Self(Hasher::digest(content.as_bytes()).into())
    }

    /// The fingerprint with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 hex digits of either case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Whether `text`, as a client sent it, is this fingerprint.
    pub fn is(&self, text: &str) -> bool {
        Self::parse(text) == Some(*self)
    }
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        match hex::encode_to_slice(self.0, &mut text) {
            Ok(()) => f.write_str(std::str::from_utf8(&text).unwrap_or_default()),
            Err(_) => Err(fmt::Error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t07_md5_is_lower_hex_of_the_utf8_content() {
        assert_eq!(Md5::of("hello").to_string(), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(Md5::of("配置").to_string(), "224e2ccda861c2514faa683b3683c361");
        assert!(Md5::of("hello").is("5D41402ABC4B2A76B9719D911017C592"));
        assert!(!Md5::of("hello").is("") && !Md5::of("hello").is("5d41"));
    }
}
