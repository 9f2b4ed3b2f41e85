//! The table at the end: what each client was driven through, and what failed.

use std::fmt::Write as _;

use super::outcome::{Outcome, Verdict};

/// The outcomes of one client.
#[derive(Debug)]
pub(crate) struct Column {
    /// The client with its version.
    pub(crate) client: String,
    /// Every case it went through.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Column {
    fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count()
    }

    fn of(&self, case: &str) -> &'static str {
        match self.outcomes.iter().find(|outcome| outcome.case == case).map(|found| found.verdict) {
            Some(Verdict::Pass) => "pass",
            Some(Verdict::Fail) => "FAIL",
            Some(Verdict::Skip) => "skip",
            None => "",
        }
    }
}

/// A Markdown table: one line a case, one column a client, totals below.
pub(crate) fn matrix(columns: &[Column]) -> String {
    let mut cases: Vec<&str> = Vec::new();
    for outcome in columns.iter().flat_map(|column| &column.outcomes) {
        if !cases.contains(&outcome.case.as_str()) {
            cases.push(&outcome.case);
        }
    }
    let mut lines: Vec<Vec<String>> = Vec::new();
    lines.push(line("case", columns, |column| column.client.clone()));
    for case in cases {
        lines.push(line(case, columns, |column| column.of(case).to_owned()));
    }
    for (name, verdict) in
        [("passed", Verdict::Pass), ("failed", Verdict::Fail), ("skipped", Verdict::Skip)]
    {
        lines.push(line(name, columns, |column| column.count(verdict).to_string()));
    }
    aligned(&lines)
}

fn line(head: &str, columns: &[Column], cell: impl Fn(&Column) -> String) -> Vec<String> {
    std::iter::once(head.to_owned()).chain(columns.iter().map(cell)).collect()
}

fn aligned(lines: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for cells in lines {
        widths.resize(widths.len().max(cells.len()), 0);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for (index, cells) in lines.iter().enumerate() {
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(out, "| {cell:<width$} ");
        }
        out.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(out, "| {} ", "-".repeat(*width));
            }
            out.push_str("|\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(client: &str, lines: &[&str]) -> Column {
        let outcomes = lines.iter().filter_map(|line| Outcome::parse(line)).collect();
        Column { client: client.to_owned(), outcomes }
    }

    #[test]
    fn clients_stand_beside_each_other_also_where_one_lacks_a_case() {
        let table = matrix(&[
            column("go 2", &["CASE remove PASS 1", "CASE beta_publish FAIL 9 read formal"]),
            column("node 2", &["CASE remove PASS 1"]),
        ]);
        let rows: Vec<Vec<&str>> =
            table.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        assert_eq!(rows[0], ["", "case", "go 2", "node 2", ""]);
        assert_eq!(rows[2], ["", "remove", "pass", "pass", ""]);
        assert_eq!(rows[3], ["", "beta_publish", "FAIL", "", ""]);
        assert_eq!(rows[5], ["", "failed", "1", "0", ""]);
        assert!(table.lines().all(|line| line.len() == table.lines().next().unwrap().len()));
    }
}
