//! What a chore found: one row a fact, as a table for people or JSON for programs.

use std::fmt::Write as _;

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// One fact, measured or checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// What was measured, with its unit.
    pub(crate) what: String,
    /// Our number; nothing when it could not be measured.
    pub(crate) ours: Option<f64>,
    /// The peer's number under the same load, where there is a peer.
    pub(crate) peer: Option<f64>,
    /// `ours / peer`.
    pub(crate) ratio: Option<f64>,
    /// What is asked of `ours` or `ratio`, in words.
    pub(crate) target: Option<String>,
    /// Whether the target is met; true where there is none.
    pub(crate) ok: bool,
    /// Why a row is as it is: a skip with its reason, a failure's first line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) note: Option<String>,
}

impl Row {
    /// A row that passed or failed, with the number of findings as its value.
    pub(crate) fn verdict(what: impl Into<String>, findings: usize) -> Self {
        Self {
            what: what.into(),
            ours: Some(count(findings)),
            peer: None,
            ratio: None,
            target: Some("0".to_owned()),
            ok: findings == 0,
            note: None,
        }
    }

    /// A row that was not measured, and why.
    pub(crate) fn skipped(what: impl Into<String>, why: impl Into<String>, ok: bool) -> Self {
        Self {
            what: what.into(),
            ours: None,
            peer: None,
            ratio: None,
            target: None,
            ok,
            note: Some(format!("skipped: {}", why.into())),
        }
    }

    /// The same row with a note.
    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// A count as the float that rows hold; counts here are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of findings and writes are small")]
pub(crate) fn count(count: usize) -> f64 {
    count as f64
}

/// A duration in milliseconds, as rows hold it.
pub(crate) fn milliseconds(took: std::time::Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// Prints rows to standard output: one JSON object a line, or a table.
pub(crate) fn print(rows: &[Row], json: bool) -> anyhow::Result<()> {
    if json {
        for row in rows {
            println!("{}", serde_json::to_string(row)?);
        }
    } else {
        print!("{}", table(rows));
    }
    Ok(())
}

/// Fails when a row missed its target, naming the rows that did.
pub(crate) fn require(rows: &[Row]) -> anyhow::Result<()> {
    let missed: Vec<&str> =
        rows.iter().filter(|row| !row.ok).map(|row| row.what.as_str()).collect();
    if !missed.is_empty() {
        bail!("{} of {} failed: {}", missed.len(), rows.len(), missed.join(", "));
    }
    Ok(())
}

/// The rows as a Markdown table with aligned columns.
pub(crate) fn table(rows: &[Row]) -> String {
    let heads = ["what", "ours", "peer", "ratio", "target", "ok", "note"];
    let mut cells: Vec<[String; 7]> = vec![heads.map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        [
            row.what.clone(),
            number(row.ours),
            number(row.peer),
            number(row.ratio),
            row.target.clone().unwrap_or_else(|| "-".to_owned()),
            if row.ok { "yes" } else { "NO" }.to_owned(),
            row.note.clone().unwrap_or_default(),
        ]
    }));
    aligned(&cells)
}

/// A Markdown table of `lines`, the first of which holds the heads.
pub(crate) fn aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        push_line(&mut out, line.iter().zip(widths).map(|(cell, width)| pad(cell, width)));
        if index == 0 {
            push_line(&mut out, widths.iter().map(|width| "-".repeat(*width)));
        }
    }
    out
}

fn push_line(out: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        let _ = write!(out, "| {cell} ");
    }
    out.push_str("|\n");
}

fn pad(cell: &str, width: usize) -> String {
    format!("{cell:<width$}")
}

/// A number, or a dash.
pub(crate) fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.abs() >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) if value.abs() >= 1.0 => format!("{value:.2}"),
        Some(value) => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_marks_what_failed() {
        let rows = [Row::verdict("floors", 0), Row::verdict("tidy", 2).with_note("too long")];
        let table = table(&rows);
        let widths: Vec<usize> = table.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 4);
        assert!(widths.windows(2).all(|pair| pair.first() == pair.last()), "{table}");
        assert!(table.contains("| NO  |"), "{table}");
    }

    #[test]
    fn failed_rows_are_named() {
        let error = require(&[Row::verdict("floors", 0), Row::verdict("tidy", 1)]).unwrap_err();
        assert_eq!(error.to_string(), "1 of 2 failed: tidy");
        assert!(require(&[Row::skipped("advisories", "no network", true)]).is_ok());
    }

    #[test]
    fn a_row_is_one_json_object_with_the_agreed_names() {
        let json = serde_json::to_value(Row::verdict("floors", 0)).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "what": "floors", "ours": 0.0, "peer": null, "ratio": null, "target": "0", "ok": true
            })
        );
    }
}
