//! The tidy check: what no compiler looks at.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::step::Outcome;
use crate::workspace::Workspace;

/// The longest a source file may be.
const LINES_MAX: usize = 600;

/// Files allowed to be longer, with how long. The list may only shrink: an entry
/// whose file got shorter must be lowered or deleted, and none may be added.
const LONGER: &[(&str, usize)] = &[];

/// Names that say nothing about what is inside. Name the subject instead.
const DRAWERS: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "manager", "managers"];

const SOURCES: [&str; 9] = ["rs", "go", "py", "java", "js", "mjs", "ts", "tsx", "sh"];

/// Looks through every source file of the checkout.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let files: Vec<PathBuf> =
        workspace.files()?.into_iter().filter(|file| is_source(file)).collect();
    let mut findings = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(workspace.root().join(file))
            .with_context(|| format!("reading {}", file.display()))?;
        findings.extend(too_long(file, text.lines().count(), LONGER));
        findings.extend(drawer(file));
        findings.extend(ignored_without_reason(file, &text));
    }
    for (listed, _) in LONGER {
        if !files.iter().any(|file| file == Path::new(listed)) {
            findings.push(format!("{listed} is in the list of long files but does not exist"));
        }
    }
    Ok(Outcome::of(findings))
}

fn is_source(file: &Path) -> bool {
    file.extension().and_then(OsStr::to_str).is_some_and(|ending| SOURCES.contains(&ending))
}

fn too_long(file: &Path, lines: usize, longer: &[(&str, usize)]) -> Option<String> {
    let shown = file.display();
    match longer.iter().find(|(listed, _)| file == Path::new(listed)) {
        None if lines > LINES_MAX => {
            Some(format!("{shown} has {lines} lines, more than {LINES_MAX}: split it"))
        }
        None => None,
        Some(_) if lines <= LINES_MAX => {
            Some(format!("{shown} has {lines} lines: take it off the list of long files"))
        }
        Some((_, allowed)) if lines > *allowed => {
            Some(format!("{shown} grew from {allowed} to {lines} lines: split it"))
        }
        Some((_, allowed)) if lines < *allowed => {
            Some(format!("{shown} shrank to {lines} lines: lower its entry from {allowed}"))
        }
        Some(_) => None,
    }
}

fn drawer(file: &Path) -> Option<String> {
    let word = file
        .with_extension("")
        .iter()
        .filter_map(OsStr::to_str)
        .flat_map(|part| part.split(['_', '-', '.']))
        .find_map(|word| DRAWERS.iter().find(|drawer| drawer.eq_ignore_ascii_case(word)))
        .copied()?;
    Some(format!("{}: \"{word}\" names no subject", file.display()))
}

fn ignored_without_reason(file: &Path, text: &str) -> Vec<String> {
    if file.extension() != Some(OsStr::new("rs")) {
        return Vec::new();
    }
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("#[ignore]"))
        .map(|(index, _)| {
            format!("{}:{}: an ignored test says why: #[ignore = \"…\"]", file.display(), index + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_unless_listed_at_that_length() {
        let file = Path::new("crates/store/src/log.rs");
        let listed = [("crates/store/src/log.rs", 700)];
        assert!(too_long(file, 600, &[]).is_none());
        assert!(too_long(file, 601, &[]).is_some());
        assert!(too_long(file, 700, &listed).is_none());
        assert!(too_long(file, 701, &listed).is_some_and(|found| found.contains("grew")));
    }

    #[test]
    fn an_entry_must_follow_its_file_down() {
        let file = Path::new("log.rs");
        let listed = [("log.rs", 700)];
        assert!(too_long(file, 650, &listed).is_some_and(|found| found.contains("lower")));
        assert!(too_long(file, 500, &listed).is_some_and(|found| found.contains("take it off")));
    }

    #[test]
    fn drawers_are_found_in_files_and_folders() {
        for bad in ["src/utils.rs", "src/time_utils.rs", "common/mod.rs", "ConnectionManager.java"]
        {
            let found = drawer(Path::new(bad)).is_some();
            assert_eq!(found, bad != "ConnectionManager.java", "{bad}");
        }
        assert_eq!(drawer(Path::new("crates/store/src/commonality.rs")), None);
    }

    #[test]
    fn an_ignored_test_needs_a_reason() {
        let text = "#[test]\n    #[ignore]\nfn a() {}\n#[ignore = \"needs root\"]\nfn b() {}\n";
        let found = ignored_without_reason(Path::new("src/a.rs"), text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("src/a.rs:2:"), "{found:?}");
    }
}
