//! The last tables, kept in `lab/README.md`.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::bench::{commit, machine};
use crate::workspace::Workspace;

/// Writes the table of what was tried, whose name is `what`, and says where it is.
pub(crate) fn record(workspace: &Workspace, what: &str, table: &str) -> anyhow::Result<PathBuf> {
    let path = workspace.root().join("lab").join("README.md");
    let page =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let kept = format!(
        "\n- commit: {}\n- machine: {}, servers and load together\n\n{table}\n",
        commit(workspace)?,
        machine(),
    );
    let page = replace(&page, what, &kept).context("lab/README.md has no place for the table")?;
    std::fs::write(&path, page).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// The page with `kept` where the last one of that name is.
fn replace(page: &str, what: &str, kept: &str) -> Option<String> {
    let mark = |which| format!("<!-- cargo xtask lab {what} --record: {which} -->\n");
    let (begin, end) = (mark("begin"), mark("end"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some([before, &begin, kept, &end, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_table_of_that_name_is_replaced() {
        let of = |what, kept| {
            let mark = |which| format!("<!-- cargo xtask lab {what} --record: {which} -->\n");
            [mark("begin"), kept, mark("end")].concat()
        };
        let page = |kept| of("one", "old\n".to_owned()) + &of("other", kept);
        let new = replace(&page("old\n".to_owned()), "other", "new\n").unwrap();
        assert_eq!(new, page("new\n".to_owned()));
        assert_eq!(replace("no place", "other", "new\n"), None);
    }

    #[test]
    fn the_page_has_a_place_for_each() {
        let page = include_str!("../../../lab/README.md");
        for what in ["overload", "stores"] {
            assert!(replace(page, what, "new\n").is_some(), "{what}");
        }
    }
}
