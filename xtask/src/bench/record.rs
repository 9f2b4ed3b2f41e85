//! The last table, kept in the repository.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use super::peer;
use super::plan::Subject;
use crate::report::{self, Row};
use crate::workspace::Workspace;

/// A table that is kept.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its file in `bench/results`, and the word in `cargo xtask bench`.
    name: &'static str,
    title: String,
    /// What else ran on the machine.
    beside: &'static str,
}

/// The table of a subject that servers are measured for.
pub(crate) fn of_servers(subject: Subject) -> Page {
    let (name, title) = match subject {
        Subject::Registry => ("registry", "Registry"),
        Subject::Config => ("config", "Configuration"),
    };
    let title = format!("{title}: Seawall beside r-nacos {}", peer::VERSION);
    Page { name, title, beside: ", server and load together" }
}

/// The table of what guards cost.
pub(crate) fn of_guard() -> Page {
    let title = "Guards: what a request pays, beside others".to_owned();
    Page { name: "guard", title, beside: "" }
}

/// Writes `bench/results/NAME.md` and says where it is.
pub(crate) fn record(workspace: &Workspace, kept: &Page, rows: &[Row]) -> anyhow::Result<PathBuf> {
    let Page { name, title, beside } = kept;
    let mut page = format!("# {title}\n\n");
    let _ = writeln!(
        page,
        "Written by `cargo xtask bench {name} --record`. What each row means: \
         [README](../README.md).\n\n\
         - commit: {}\n- machine: {}{beside}\n",
        commit(workspace)?,
        machine(),
    );
    page.push_str(&report::table(rows));
    let folder = workspace.root().join("bench").join("results");
    std::fs::create_dir_all(&folder).context("making bench/results")?;
    let path = folder.join(format!("{name}.md"));
    std::fs::write(&path, page).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// The commit that was measured, marked when sources differ from it.
pub(crate) fn commit(workspace: &Workspace) -> anyhow::Result<String> {
    let git = |args: &[&str]| -> anyhow::Result<String> {
        let output = Command::new("git")
            .current_dir(workspace.root())
            .args(args)
            .output()
            .context("running git")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = !git(&["status", "--porcelain", "--", "crates", "Cargo.lock"])?.is_empty();
    Ok(if changed { format!("{hash}, with changes") } else { hash })
}

/// The machine that measured.
pub(crate) fn machine() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{}, {cores} cores", model.unwrap_or_default())
}
