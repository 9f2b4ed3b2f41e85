//! The defects of peers that the guard must not have, each with its tests.
//!
//! `docs/dev/guard-defects.md` is a table: whose defect, where it is told of, what goes
//! wrong, and which tests show that it does not go wrong here.

use std::collections::BTreeSet;

use anyhow::Context as _;

use crate::named;
use crate::workspace::Workspace;

/// Where they are listed.
const LIST: &str = "docs/dev/guard-defects.md";

/// Where their tests are.
const CRATE: &str = "crates/guard";

/// One line for each row without a test, and for each test that does not exist.
pub(crate) fn missing(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let list = std::fs::read_to_string(workspace.root().join(LIST))
        .with_context(|| format!("reading {LIST}"))?;
    let tests = named::tests(workspace, CRATE)?;
    let tests: BTreeSet<&str> = tests.iter().map(|test| &*test.name).collect();
    Ok(judge(&list, &tests))
}

fn judge(list: &str, tests: &BTreeSet<&str>) -> Vec<String> {
    let rows: Vec<(usize, &str)> = rows(list).collect();
    if rows.is_empty() {
        return vec![format!("{LIST} has no table of defects")];
    }
    let mut findings = Vec::new();
    for (line, tests_of_row) in rows {
        let mut named = tests_of_row.split('`').skip(1).step_by(2).peekable();
        if named.peek().is_none() {
            findings.push(format!("{LIST}:{line}: no test: name one in the last column"));
        }
        let unknown = named.filter(|name| !tests.contains(name));
        findings.extend(unknown.map(|name| format!("{LIST}:{line}: no test {name} in {CRATE}")));
    }
    findings
}

/// The last cell of every row, with the number of its line.
fn rows(list: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = list.lines().zip(1..);
    let cells = lines.filter_map(|(line, number)| Some((number, line.strip_prefix('|')?)));
    let cells = cells.map(|(number, row)| (number, row.trim_end().trim_end_matches('|')));
    // The head, and the line below it.
    let rows = cells.filter(|(_, row)| !row.starts_with(" peer ") && !row.starts_with("---"));
    rows.map(|(number, row)| (number, row.rsplit('|').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# Defects\n\n| peer | where | what | tests |\n|---|---|---|---|\n";

    fn findings(rows: &str) -> Vec<String> {
        judge(&format!("{HEAD}{rows}"), &BTreeSet::from(["one", "two"]))
    }

    #[test]
    fn every_row_names_tests_and_all_of_them_exist() {
        assert_eq!(findings("| tower | #1 | `three` goes | `one`, `two` |\n"), [""; 0]);
        let none = "docs/dev/guard-defects.md:5: no test: name one in the last column";
        assert_eq!(findings("| tower | #1 | `one` goes | |\n"), [none]);
        let gone = "docs/dev/guard-defects.md:6: no test three in crates/guard";
        assert_eq!(findings("| a | #1 | x | `one` |\n| b | #2 | x | `one` `three` |\n"), [gone]);
        assert_eq!(findings(""), ["docs/dev/guard-defects.md has no table of defects"]);
    }
}
