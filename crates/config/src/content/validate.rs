//! Checking a content against its type.

use serde::{Deserialize, de::IgnoredAny};

use super::{properties, xml};
use crate::{ContentError, ContentType, Position};

/// Checks that `content` is well-formed for its type; says where it is not.
/// Text, HTML and unset are always well-formed.
///
/// ```
/// use seawall_config::{ContentType, Position, validate};
///
/// let refused = validate(ContentType::Json, "{\n  \"port\": x\n}").unwrap_err();
/// assert_eq!(refused.position, Position { line: 2, column: 11 });
/// ```
pub fn validate(content_type: ContentType, content: &str) -> Result<(), ContentError> {
    let found = match content_type {
        ContentType::Json => json(content),
        ContentType::Yaml => yaml(content),
        ContentType::Toml => toml(content),
        ContentType::Xml => xml::check(content).map_err(|found| at_offset(content, found)),
        ContentType::Properties => {
            properties::check(content).map_err(|found| at_offset(content, found))
        }
        ContentType::Text | ContentType::Html | ContentType::Unset => Ok(()),
    };
    found.map_err(|(position, reason)| ContentError { content_type, position, reason })
}

type Wrong = (Position, String);

fn at_offset(content: &str, (offset, reason): (usize, String)) -> Wrong {
    (Position::of_offset(content, offset), reason)
}

fn json(content: &str) -> Result<(), Wrong> {
    serde_json::from_str::<IgnoredAny>(content).map(drop).map_err(|error| {
        let line = content.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        // The parser counts bytes.
        let column = Position::of_offset(line, error.column().saturating_sub(1)).column;
        let text = error.to_string();
        let reason = text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        (Position { line: error.line().max(1), column }, reason.to_owned())
    })
}

fn yaml(content: &str) -> Result<(), Wrong> {
    serde_yaml_ng::Deserializer::from_str(content)
        .try_for_each(|document| IgnoredAny::deserialize(document).map(drop))
        .map_err(|error| {
            let (text, place) = (error.to_string(), error.location());
            let Some(place) = place else { return (Position { line: 1, column: 1 }, text) };
            // The parser begins a line also at other ends of lines than we, and one
            // more at the end of the text; so only its offset, in bytes, is of use.
            let said = format!(" at line {} column {}", place.line(), place.column());
            at_offset(content, (place.index(), text.replacen(&said, "", 1)))
        })
}

fn toml(content: &str) -> Result<(), Wrong> {
    content.parse::<toml::Table>().map(drop).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        at_offset(content, (offset, error.message().to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn well_formed_contents_pass() {
        let table = [
            (ContentType::Json, "{\"a\": [1, true, null, \"\\u4e2d\"]}"),
            (ContentType::Json, " 7 "),
            (ContentType::Yaml, "a: 1\nb:\n  - x\n  - {y: z}\n---\nc: !tag d\n"),
            (ContentType::Yaml, "# nothing but a comment\n"),
            (ContentType::Yaml, "base: &b {x: 1}\nuse: *b\n"),
            (ContentType::Toml, "[a]\nb = 1979-05-27T07:32:00Z\n[[c]]\n"),
            (ContentType::Xml, "<?xml version=\"1.0\"?>\n<a x=\"1\">&lt;&#65;<b/><!-- c --></a>\n"),
            (ContentType::Xml, "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>"),
            (
                ContentType::Properties,
                "# \\u is fine here\na=\\u4e2d\nb = c\\\n  d\npath=C:\\\\users",
            ),
            (ContentType::Properties, "a=\\u4e\\\n  \\\r\n2d"),
            (ContentType::Text, "{{{"),
            (ContentType::Html, "<br>"),
            (ContentType::Unset, "<"),
        ];
        for (content_type, content) in table {
            assert_eq!(validate(content_type, content), Ok(()), "{content_type}: {content}");
        }
    }

    #[test]
    fn malformed_contents_are_refused_with_line_and_column() {
        let table = [
            (ContentType::Json, "{\n  \"端口\": x\n}", 2, 9),
            (ContentType::Json, "[1,]", 1, 4),
            (ContentType::Yaml, "a: 1\nb: [1, 2\nc: 3\n", 3, 2),
            (ContentType::Yaml, "a: b: c\n", 1, 5),
            // At the end, and where only some readers begin a new line.
            (ContentType::Yaml, "a: 1\nb: [1", 2, 6),
            (ContentType::Yaml, "a: 1\r\nb: [1\rc: 3\u{85}", 2, 8),
            (ContentType::Yaml, "\u{feff}端口: b: c", 1, 7),
            (ContentType::Toml, "a = 1\nb = \n", 2, 5),
            (ContentType::Toml, "a = 1\na = 2\n", 2, 1),
            (ContentType::Xml, "<a>\n  <b></c>\n</a>", 2, 6),
            (ContentType::Xml, "<a>\n<b>", 2, 4),
            (ContentType::Xml, "<a/>\n<b/>", 2, 1),
            (ContentType::Xml, "<a>&nbsp;</a>", 1, 4),
            (ContentType::Xml, "<a x=1/>", 1, 1),
            (ContentType::Xml, "just text", 1, 1),
            (ContentType::Properties, "a=b\n键=\\u12g4", 2, 3),
            // Goes on in the second line, which is therefore no comment.
            (ContentType::Properties, "a=b\\\r\n#\\u12", 2, 2),
        ];
        for (content_type, content, line, column) in table {
            let refused = validate(content_type, content).unwrap_err();
            let expected = Position { line, column };
            assert_eq!(refused.position, expected, "{content_type}: {content:?}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_points_into_the_content(
            content in "[ \\n\\t{}\\[\\]:,'\"&*!<>/=#\\\\u0-9a-c中-]{0,60}",
        ) {
            for content_type in ContentType::ALL {
                if let Err(refused) = validate(content_type, &content) {
                    let lines = content.split('\n').count();
                    prop_assert!((1..=lines).contains(&refused.position.line), "{}", refused);
                    prop_assert!(refused.position.column >= 1, "{}", refused);
                }
            }
        }

        #[test]
        fn never_panics_on_any_text(content in "\\PC{0,60}") {
            for content_type in ContentType::ALL {
                let _ = validate(content_type, &content);
            }
        }
    }
}
