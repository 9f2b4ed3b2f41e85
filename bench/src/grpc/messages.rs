//! Messages of gRPC, cut out of one stream's bytes as they come in.

use anyhow::bail;

/// One flag byte and four bytes of length before every message.
pub(super) const PREFIX_BYTES: usize = 5;

/// Far above anything these loads ask for.
pub(super) const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What came of a message so far.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// A message that is not whole yet, with its prefix. One that comes in a single
    /// piece is never copied here.
    partial: Vec<u8>,
}

impl Messages {
    /// Takes in more bytes and hands out each message that is whole now.
    ///
    /// # Errors
    ///
    /// When a message is compressed or longer than we allow, and what `each` says.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            if self.partial.is_empty()
                && let Some(length) = length(bytes)?
                && let Some((whole, rest)) = bytes.split_at_checked(PREFIX_BYTES + length)
            {
                each(whole.get(PREFIX_BYTES..).unwrap_or_default())?;
                bytes = rest;
                continue;
            }
            let total = PREFIX_BYTES + length(&self.partial)?.unwrap_or(0);
            let missing = total.saturating_sub(self.partial.len()).min(bytes.len());
            let (taken, rest) = bytes.split_at(missing);
            self.partial.extend_from_slice(taken);
            bytes = rest;
            if let Some(length) = length(&self.partial)?
                && self.partial.len() == PREFIX_BYTES + length
            {
                each(self.partial.get(PREFIX_BYTES..).unwrap_or_default())?;
                self.partial.clear();
            }
        }
        Ok(())
    }

    /// Whether no message is half there.
    pub(super) const fn is_between(&self) -> bool {
        self.partial.is_empty()
    }
}

/// The length of the message that starts here, once its prefix is there.
fn length(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some((prefix, _)) = bytes.split_first_chunk::<PREFIX_BYTES>() else { return Ok(None) };
    let [compressed, length @ ..] = *prefix;
    if compressed != 0 {
        bail!("a compressed message, which nobody asked for");
    }
    let length = usize::try_from(u32::from_be_bytes(length))?;
    if length > MESSAGE_BYTES_MAX {
        bail!("a message of {length} bytes");
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefixed(message: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(message);
        bytes
    }

    proptest! {
        #[test]
        fn messages_come_back_whole_however_they_are_cut(
            sent in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..12),
            pieces in prop::collection::vec(1..700_usize, 1..8),
        ) {
            let bytes: Vec<u8> = sent.iter().flat_map(|message| prefixed(message)).collect();
            let (mut messages, mut got) = (Messages::default(), Vec::new());
            let (mut rest, mut pieces) = (bytes.as_slice(), pieces.iter().cycle());
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(rest.len().min(*pieces.next().unwrap()));
                messages.push(piece, |message| {
                    got.push(message.to_vec());
                    Ok(())
                }).unwrap();
                rest = later;
            }
            prop_assert!(messages.is_between());
            prop_assert_eq!(got, sent);
        }
    }

    #[test]
    fn what_is_compressed_or_too_long_is_refused_before_it_is_kept() {
        let never = |_: &[u8]| -> anyhow::Result<()> { panic!("a message") };
        assert!(Messages::default().push(&[1, 0, 0, 0, 0], never).is_err());
        assert!(Messages::default().push(&[0, 255, 0, 0, 0], never).is_err());
        let mut messages = Messages::default();
        messages.push(&[0, 255, 0, 0], never).unwrap();
        assert!(messages.push(&[0], never).is_err());
        assert!(!messages.is_between());
    }
}
