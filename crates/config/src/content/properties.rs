//! Checking Java properties.

/// The first thing Java's `Properties.load` would refuse: a `\u` that is not
/// followed by four hex digits. Gives its byte offset and what is wrong.
pub(super) fn check(content: &str) -> Result<(), (usize, String)> {
    let mut rest = content.char_indices();
    let mut in_comment = false;
    let mut at_line_start = true;
    while let Some((offset, c)) = rest.next() {
        match c {
            '\n' | '\r' => (in_comment, at_line_start) = (false, true),
            '#' | '!' if at_line_start => (in_comment, at_line_start) = (true, false),
            ' ' | '\t' | '\u{c}' if at_line_start => {}
            '\\' if !in_comment => {
                at_line_start = false;
                if rest.next().is_some_and(|(_, escaped)| escaped == 'u') {
                    let digits = rest.as_str().bytes().take(4).filter(u8::is_ascii_hexdigit);
                    if digits.count() < 4 {
                        let reason = "\\u must be followed by four hex digits".to_owned();
                        return Err((offset, reason));
                    }
                }
            }
            _ => at_line_start = false,
        }
    }
    Ok(())
}
