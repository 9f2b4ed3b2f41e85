//! The traps of the Nacos wire, each with its tests.
//!
//! What goes wrong with clients if a server does the obvious thing is numbered T1 to
//! T25. A test that shows one is avoided has `tNN_` in its name, so that
//! `cargo test tNN_` runs it; a test that shows several names them all.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use crate::report::{self, Row, count};
use crate::workspace::Workspace;

/// How many traps there are.
const TRAPS: u32 = 25;

/// How to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// One JSON object a row
    #[arg(long)]
    json: bool,
}

/// Prints the tests of every trap; fails when one has none.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let tests = tests(workspace)?;
    let rows: Vec<Row> = (1..=TRAPS).map(|trap| row(trap, &tests)).collect();
    report::print(&rows, args.json)?;
    report::require(&rows)
}

/// One line for each trap without a test.
pub(crate) fn missing(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let tests = tests(workspace)?;
    let untested = (1..=TRAPS).filter(|trap| !tests.contains_key(trap));
    Ok(untested.map(|trap| format!("T{trap} has no test: name one t{trap:02}_…")).collect())
}

fn row(trap: u32, tests: &BTreeMap<u32, Vec<String>>) -> Row {
    let names = tests.get(&trap).map(Vec::as_slice).unwrap_or_default();
    Row {
        ours: Some(count(names.len())),
        target: Some("at least 1".to_owned()),
        ok: !names.is_empty(),
        ..Row::verdict(format!("T{trap}"), 0)
    }
    .with_note(names.join(", "))
}

/// Names of tests by the traps they name.
fn tests(workspace: &Workspace) -> anyhow::Result<BTreeMap<u32, Vec<String>>> {
    let mut found = BTreeMap::<u32, Vec<String>>::new();
    for file in workspace.files()? {
        if !file.starts_with("crates") || file.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(workspace.root().join(&file))
            .with_context(|| format!("reading {}", file.display()))?;
        for (trap, name) in text.lines().flat_map(named) {
            found.entry(trap).or_default().push(format!("{}::{name}", crate_of(&file)));
        }
    }
    Ok(found)
}

/// The traps a line's function names, each with the function's name.
fn named(line: &str) -> Vec<(u32, &str)> {
    let Some((_, rest)) = line.split_once("fn t") else { return Vec::new() };
    let Some(start) = line.len().checked_sub(rest.len() + 1) else { return Vec::new() };
    let Some((name, _)) = line.get(start..).and_then(|function| function.split_once('(')) else {
        return Vec::new();
    };
    name.split('_').map_while(number).map(|trap| (trap, name)).collect()
}

/// `t07` is 7.
fn number(part: &str) -> Option<u32> {
    let digits = part.strip_prefix('t').filter(|digits| digits.len() == 2)?;
    digits.parse().ok().filter(|trap| (1..=TRAPS).contains(trap))
}

fn crate_of(file: &Path) -> String {
    file.iter().nth(1).map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_may_name_several_traps_and_other_functions_name_none() {
        assert_eq!(named("    fn t07_md5_is_lower() {"), [(7, "t07_md5_is_lower")]);
        assert_eq!(named("async fn t02_t03_both() {"), [(2, "t02_t03_both"), (3, "t02_t03_both")]);
        for line in ["fn table() {", "fn t99_no_such_trap() {", "fn t1_short() {", "// fn t", ""] {
            assert_eq!(named(line), [], "{line}");
        }
    }
}
