//! The text that Prometheus reads.

use std::fmt;

use super::sample::{Sample, each};
use crate::stack::Guard;

/// Some guards in Prometheus' text format, version 0.0.4
/// (prometheus.io/docs/instrumenting/exposition_formats). Formatting it is what measures.
#[derive(Debug, Clone, Copy)]
pub struct Text<I>(
    /// The guards: an array, a slice, or another iterator that can be copied.
    pub I,
);

impl<'g, I: Clone + IntoIterator<Item = &'g Guard>> fmt::Display for Text<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut last, mut written) = ("", Ok(()));
        each(self.0.clone(), |sample| {
            if written.is_ok() {
                written = write(f, &sample, last);
                last = sample.metric.name;
            }
        });
        written
    }
}

fn write(f: &mut fmt::Formatter<'_>, sample: &Sample<'_>, last: &str) -> fmt::Result {
    let Sample { metric, suffix, labels, value } = sample;
    if metric.name != last {
        writeln!(f, "# HELP {} {}", metric.name, metric.help)?;
        writeln!(f, "# TYPE {} {}", metric.name, metric.kind.name())?;
    }
    write!(f, "{}{suffix}", metric.name)?;
    for (number, (name, text)) in labels.iter().enumerate() {
        let before = if number == 0 { '{' } else { ',' };
        write!(f, "{before}{name}=\"{}\"", Escaped(text))?;
    }
    writeln!(f, "}} {value}")
}

/// The value of a label.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for letter in self.0.chars() {
            match letter {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}
