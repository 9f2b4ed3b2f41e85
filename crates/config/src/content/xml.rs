//! Checking XML.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// What was seen of the document so far.
#[derive(Default)]
struct Seen {
    depth: usize,
    root: bool,
    doctype: bool,
}

/// The first thing that keeps `content` from being a well-formed document, as a
/// byte offset and what is wrong. Entities a document type might define are let
/// through if there is a document type.
pub(super) fn check(content: &str) -> Result<(), (usize, String)> {
    let mut reader = Reader::from_str(content);
    let mut seen = Seen::default();
    loop {
        let start = offset(reader.buffer_position());
        let event = reader
            .read_event()
            .map_err(|error| (offset(reader.error_position()), error.to_string()))?;
        match event {
            Event::Eof if seen.depth > 0 => {
                return Err((content.len(), "the document ends inside an element".to_owned()));
            }
            Event::Eof if !seen.root => {
                return Err((content.len(), "the document has no element".to_owned()));
            }
            Event::Eof => return Ok(()),
            event => seen.take(&event).map_err(|reason| (start, reason))?,
        }
    }
}

impl Seen {
    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => {
                self.enter()?;
                self.depth += 1;
                attributes(tag)
            }
            Event::Empty(tag) => {
                self.enter()?;
                attributes(tag)
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Event::Text(text) if self.depth == 0 => {
                // A byte order mark may begin the document.
                let text = if self.root { text } else { text.trim_start_matches('\u{feff}') };
                let blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
                if blank { Ok(()) } else { Err("there is text outside the element".to_owned()) }
            }
            Event::CData(_) if self.depth == 0 => {
                Err("there is text outside the element".to_owned())
            }
            Event::GeneralRef(name) => {
                let known = matches!(&**name, "lt" | "gt" | "amp" | "apos" | "quot");
                if known || self.doctype || name.starts_with('#') {
                    return Ok(());
                }
                Err(format!("the entity &{}; is not defined", &**name))
            }
            Event::DocType(_) => {
                self.doctype = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self) -> Result<(), String> {
        if self.depth == 0 && self.root {
            return Err("there is a second element beside the first".to_owned());
        }
        self.root = true;
        Ok(())
    }
}

fn attributes(tag: &BytesStart<'_>) -> Result<(), String> {
    tag.attributes().try_for_each(|attribute| match attribute {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    })
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
