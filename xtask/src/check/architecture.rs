//! ARCHITECTURE.md stays true: it lists every crate on its floor, and what it names exists.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use super::floors::Floors;
use super::step::Outcome;
use crate::workspace::Workspace;

const PAGE: &str = "ARCHITECTURE.md";

/// Folders whose paths are promises when a page names them in backticks.
const FOLDERS: [&str; 8] =
    ["crates", "xtask", "bench", "compat", "examples", "docs", ".ci", ".cargo"];

/// Compares ARCHITECTURE.md with the table of floors and with what is on disk.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let root = workspace.root();
    let page =
        std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("reading {PAGE}"))?;
    let floors = Floors::read(root)?;
    let mut findings = differing_floors(&page, floors.crates());
    findings.extend(missing_paths(&page, root));
    Ok(Outcome::of(findings))
}

/// Crates that the page's tables miss, add, or put on another floor. A row counts
/// when one cell is a bare number and another starts with a name in backticks.
fn differing_floors(page: &str, floors: &BTreeMap<String, u8>) -> Vec<String> {
    let listed: BTreeMap<String, u8> = page.lines().filter_map(floor_row).collect();
    let mut findings = Vec::new();
    for (name, floor) in floors {
        match listed.get(name) {
            Some(found) if found == floor => {}
            Some(found) => {
                findings.push(format!("{PAGE} puts {name} on floor {found}, not {floor}"));
            }
            None => findings.push(format!("{PAGE} has no row for crate {name} (floor {floor})")),
        }
    }
    for name in listed.keys().filter(|name| !floors.contains_key(*name)) {
        findings.push(format!("{PAGE} lists crate {name}, which does not exist"));
    }
    findings
}

fn floor_row(line: &str) -> Option<(String, u8)> {
    let cells: Vec<&str> =
        line.trim().strip_prefix('|')?.split('|').map(str::trim).collect::<Vec<_>>();
    let floor = cells.iter().find_map(|cell| cell.parse::<u8>().ok())?;
    let cell = cells.iter().find(|cell| cell.starts_with('`') || cell.starts_with("[`"))?;
    let name = cell.split('`').nth(1)?;
    let name = name.strip_prefix("crates/").unwrap_or(name);
    let name = name.strip_prefix("seawall-").unwrap_or(name);
    Some((name.trim_end_matches('/').to_owned(), floor))
}

/// Paths that the page names, in backticks or as link targets, and that are not there.
fn missing_paths(page: &str, root: &Path) -> Vec<String> {
    let mut findings: Vec<String> = named_paths(page)
        .into_iter()
        .filter(|path| !root.join(path).exists())
        .map(|path| format!("{PAGE} names {path}, which does not exist"))
        .collect();
    findings.sort();
    findings.dedup();
    findings
}

fn named_paths(page: &str) -> Vec<String> {
    let quoted = page.split('`').skip(1).step_by(2).filter(|token| is_promise(token));
    let linked = page
        .match_indices("](")
        .filter_map(|(at, open)| page.get(at + open.len()..)?.split_once(')'))
        .map(|(link, _)| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains(':'));
    quoted.chain(linked).map(|path| path.trim_end_matches('/').to_owned()).collect()
}

/// Whether a token in backticks is a path of this repository, not a pattern of paths.
fn is_promise(token: &str) -> bool {
    let Some((first, _)) = token.split_once('/') else {
        return false;
    };
    let placeholder = token.split('/').any(|part| {
        part.len() > 1 && part.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
    });
    FOLDERS.contains(&first) && !placeholder && !token.contains(['*', '<', '{', ' ', '…'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floors() -> BTreeMap<String, u8> {
        [("clock".to_owned(), 0), ("store".to_owned(), 2)].into()
    }

    #[test]
    fn a_page_that_agrees_is_clean() {
        let page = "| floor | crate | job |\n|---|---|---|\n| 0 | `clock` | time |\n\
                    | 2 | [`seawall-store`](crates/store) | keys |\n";
        assert_eq!(differing_floors(page, &floors()), Vec::<String>::new());
    }

    #[test]
    fn a_missing_a_made_up_and_a_misplaced_crate_are_found() {
        let page = "| 3 | `store` | keys |\n| 4 | `gateway` | traffic |\n";
        let found = differing_floors(page, &floors());
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn named_paths_must_exist_and_patterns_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("crates/store")).unwrap();
        let page = "see `crates/store/`, `crates/gone.rs`, `crates/NAME`, `crates/*/src`, \
                    `/nacos/v1`, `application/json`, [the guide](docs/guide.md#top), \
                    [a site](https://example.org/x)";
        assert_eq!(
            missing_paths(page, root.path()),
            [
                "ARCHITECTURE.md names crates/gone.rs, which does not exist",
                "ARCHITECTURE.md names docs/guide.md, which does not exist",
            ]
        );
    }
}
