//! What an import did.

use std::fmt;

use serde::Serialize;

use crate::api::import::ImportOutcome;

/// What was done, and what was left alone because it was here already.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    pub(super) generation: String,
    pub(super) dry_run: bool,
    pub(super) namespaces: Count,
    pub(super) configurations: Count,
    pub(super) history: usize,
    pub(super) gray_releases: Count,
    pub(super) services: Count,
    pub(super) instances: Count,
    /// What Seawall has no counterpart for, or the source does not tell.
    pub(super) left_behind: Vec<String>,
    pub(super) failures: Vec<String>,
}

/// What became of the things of one kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    found: usize,
    copied: usize,
    same: usize,
    kept: usize,
}

impl Count {
    pub(super) fn add(&mut self, outcome: ImportOutcome) {
        self.found += 1;
        match outcome {
            ImportOutcome::Copied => self.copied += 1,
            ImportOutcome::Same => self.same += 1,
            ImportOutcome::Kept => self.kept += 1,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, copied, same, kept } = self;
        write!(
            f,
            "{found} found, {copied} copied, {same} here already, {kept} kept as they are here"
        )
    }
}

impl Report {
    /// The report for people.
    pub(super) fn print(&self) {
        let dry = if self.dry_run { ", dry run: nothing was written" } else { "" };
        println!("source            API {}{dry}", self.generation);
        println!("namespaces        {}", self.namespaces);
        println!(
            "configurations    {} (with {} history entries)",
            self.configurations, self.history
        );
        println!("gray releases     {}", self.gray_releases);
        println!("services          {}", self.services);
        println!("persistent inst.  {}", self.instances);
        for thing in &self.left_behind {
            println!("left behind       {thing}");
        }
        for failure in &self.failures {
            println!("failed            {failure}");
        }
    }
}
