//! Tests, found in the sources by their names.
//!
//! Some tests are named after what they show, so that a list of those things can be held
//! against them (`traps.rs`, `defects.rs`).

use std::path::PathBuf;

use anyhow::Context as _;

use crate::workspace::Workspace;

/// A test, and the file it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) file: PathBuf,
    pub(crate) name: String,
}

/// The tests in Rust sources below `folder`, file by file.
pub(crate) fn tests(workspace: &Workspace, folder: &str) -> anyhow::Result<Vec<Test>> {
    let mut found = Vec::new();
    for file in workspace.files()? {
        if !file.starts_with(folder) || file.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(workspace.root().join(&file))
            .with_context(|| format!("reading {}", file.display()))?;
        let tests = names(&text).into_iter().map(str::to_owned);
        found.extend(tests.map(|name| Test { file: file.clone(), name }));
    }
    Ok(found)
}

/// The functions with an attribute `test`, of whatever runtime.
fn names(text: &str) -> Vec<&str> {
    let mut is_test = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(attribute) = line.strip_prefix("#[") {
            is_test |= is_test_attribute(attribute);
        } else if let Some(name) = function(line) {
            if std::mem::take(&mut is_test) {
                names.push(name);
            }
        } else if !line.is_empty() && !line.starts_with("//") {
            is_test = false;
        }
    }
    names
}

/// `test]`, `tokio::test(flavor = "current_thread")]`.
fn is_test_attribute(attribute: &str) -> bool {
    let path = attribute.split(['(', ']']).next().unwrap_or_default();
    path.rsplit("::").next() == Some("test")
}

/// The name of the function a line begins.
fn function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let begins = before.split_whitespace().all(|word| ["pub", "async"].contains(&word));
    let (name, _) = rest.split_once('(')?;
    begins.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_a_function_with_an_attribute_of_that_name() {
        let text = "\
            #[test]\nfn one() {\n    helper();\n}\n\
            /// Waits.\n#[tokio::test(start_paused = true)]\n#[cfg(unix)]\nasync fn two() {}\n\
            fn helper() {}\n\
            proptest! {\n    #[test]\n    fn three(number: u8) {}\n}\n\
            #[testing]\nfn none() {}\n#[test]\nconst NO: u8 = 0;\nfn none_either() {}\n";
        assert_eq!(names(text), ["one", "two", "three"]);
    }
}
