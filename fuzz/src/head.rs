//! Inputs of the targets that ask whole requests: a first line, lines of
//! `name: value`, an empty line, and the body. They can be read and written by hand.

/// An input, cut into its parts.
pub(crate) struct Head<'a> {
    /// Method and path, or the name of a request.
    pub(crate) first: &'a str,
    /// Names and values.
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    /// What follows the empty line.
    pub(crate) body: &'a [u8],
}

impl<'a> Head<'a> {
    /// Nothing when a line is no text.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (first, mut rest) = line(bytes)?;
        let mut headers = Vec::new();
        while let Some((text, after)) = line(rest) {
            rest = after;
            if text.is_empty() {
                break;
            }
            headers.push(text.split_once(": ")?);
        }
        Some(Self { first, headers, body: rest })
    }
}

/// The first line and what follows it.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    Some((text, bytes.get(end + 1..).unwrap_or_default()))
}
