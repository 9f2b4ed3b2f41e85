//! The last table, kept in `lab/README.md`.

use std::path::PathBuf;

use anyhow::Context as _;

use super::finding::{Finding, table};
use crate::bench::{commit, machine};
use crate::workspace::Workspace;

/// What stands around it, so that it is found again.
const BEGIN: &str = "<!-- cargo xtask lab stores --record: begin -->\n";
const END: &str = "<!-- cargo xtask lab stores --record: end -->\n";

/// Writes the table and says where it is.
pub(crate) fn record(workspace: &Workspace, findings: &[Finding]) -> anyhow::Result<PathBuf> {
    let path = workspace.root().join("lab").join("README.md");
    let page =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let what = format!(
        "\n- commit: {}\n- machine: {}, stores and load together\n\n{}\n",
        commit(workspace)?,
        machine(),
        table(findings)
    );
    let page = replace(&page, &what).context("lab/README.md has no place for the table")?;
    std::fs::write(&path, page).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// The page with `what` where the last one is.
fn replace(page: &str, what: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, what, END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_table_is_replaced() {
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        let new = replace(&page, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}new\n{END}after\n"));
        assert_eq!(replace("no place", "new\n"), None);
    }

    #[test]
    fn the_page_has_a_place_for_it() {
        let page = include_str!("../../../../lab/README.md");
        assert!(replace(page, "new\n").is_some());
    }
}
