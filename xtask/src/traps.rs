//! The traps of the Nacos wire, each with its tests.
//!
//! What goes wrong with clients if a server does the obvious thing is numbered T1 to
//! T25. A test that shows one is avoided has `tNN_` in its name, so that
//! `cargo test tNN_` runs it; a test that shows several names them all.

use std::collections::BTreeMap;
use std::path::Path;

use crate::named;
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
    for test in named::tests(workspace, "crates")? {
        for trap in traps_of(&test.name) {
            let name = format!("{}::{}", crate_of(&test.file), test.name);
            found.entry(trap).or_default().push(name);
        }
    }
    Ok(found)
}

/// The traps a test names before anything else.
fn traps_of(name: &str) -> impl Iterator<Item = u32> {
    name.split('_').map_while(number)
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
    fn a_test_may_name_several_traps_and_other_tests_name_none() {
        let traps = |name: &'static str| traps_of(name).collect::<Vec<_>>();
        assert_eq!(traps("t07_md5_is_lower"), [7]);
        assert_eq!(traps("t02_t03_both"), [2, 3]);
        for name in ["table", "t99_no_such_trap", "t1_short", "a_t07_later", ""] {
            assert_eq!(traps(name), [0; 0], "{name}");
        }
    }
}
