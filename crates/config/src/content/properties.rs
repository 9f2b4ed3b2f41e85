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
                match rest.next() {
                    Some((_, 'u')) if !has_digits(rest.as_str()) => {
                        let reason = "\\u must be followed by four hex digits".to_owned();
                        return Err((offset, reason));
                    }
                    // Both together are one end of a line, and the line goes on.
                    Some((_, '\r')) if rest.as_str().starts_with('\n') => {
                        rest.next();
                    }
                    _ => {}
                }
            }
            _ => at_line_start = false,
        }
    }
    Ok(())
}

/// Whether `rest` begins with four hex digits, between which the line may end and go on.
fn has_digits(mut rest: &str) -> bool {
    for _ in 0..4 {
        while let Some(next) = rest
            .strip_prefix("\\\r\n")
            .or_else(|| rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r")))
        {
            rest = next.trim_start_matches([' ', '\t', '\u{c}']);
        }
        match rest.strip_prefix(|c: char| c.is_ascii_hexdigit()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}
