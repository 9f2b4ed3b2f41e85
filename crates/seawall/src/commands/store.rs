//! `seawall store check | backup | restore`: work on the data of a node that is stopped.

use std::{path::Path, sync::Arc};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use seawall_clock::SystemClock;
use seawall_store::{BackupReport, CheckReport, OfflineError, OfflineProgress, StoreSettings};
use serde::Serialize;

use crate::{
    cli::{StoreBackupArgs, StoreCheckArgs, StoreRestoreArgs},
    exit::Failure,
    node::MASTER_KEY_FILE,
};

/// What is printed of a check.
#[derive(Debug, Serialize)]
struct Checked {
    revision: u64,
    history_from: u64,
    bytes: u64,
    damaged: usize,
    places: Vec<String>,
}

/// What is printed of a copy.
#[derive(Debug, Serialize)]
struct Copied {
    files: usize,
    bytes: u64,
}

pub(super) fn check(args: &StoreCheckArgs) -> Result<(), Failure> {
    let bar = progress("reading", args.json)?;
    let (settings, clock) = (StoreSettings::default(), Arc::new(SystemClock::new()));
    let checked = seawall_store::check(&args.data, settings, clock, &mut |at| show(&bar, at));
    bar.finish_and_clear();
    let CheckReport { revision, history_from, bytes, damaged, places } = checked?;
    let (revision, history_from) = (revision.get(), history_from.get());
    let report = Checked { revision, history_from, bytes, damaged, places };
    if args.json {
        print_json(&report)?;
    } else {
        let read = HumanBytes(report.bytes);
        println!("revision {}, history from {}, {read} read", report.revision, report.history_from);
        for place in &report.places {
            println!("damaged: {place}");
        }
    }
    match report.damaged {
        0 => Ok(()),
        damaged => {
            Err(Failure::Failed(format!("{damaged} damaged places in {}", shown(&args.data))))
        }
    }
}

pub(super) fn backup(args: &StoreBackupArgs) -> Result<(), Failure> {
    let bar = progress("copying", args.json)?;
    let without = [MASTER_KEY_FILE];
    let copied = seawall_store::backup(&args.data, &args.into, &without, &mut |at| show(&bar, at));
    bar.finish_and_clear();
    print_copied(copied?, args.json)?;
    if !args.json && args.data.join(MASTER_KEY_FILE).exists() {
        println!("{MASTER_KEY_FILE} is not in it: keep a copy apart, encrypted items need it");
    }
    Ok(())
}

pub(super) fn restore(args: &StoreRestoreArgs) -> Result<(), Failure> {
    let bar = progress("copying", args.json)?;
    let copied = seawall_store::restore(&args.from, &args.data, &mut |at| show(&bar, at));
    bar.finish_and_clear();
    print_copied(copied?, args.json)?;
    if !args.json {
        println!("put {MASTER_KEY_FILE} of the node into {} before it starts", shown(&args.data));
    }
    Ok(())
}

fn print_copied(BackupReport { files, bytes }: BackupReport, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(&Copied { files, bytes });
    }
    println!("{files} files, {}", HumanBytes(bytes));
    Ok(())
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(value).map_err(anyhow::Error::from)?);
    Ok(())
}

fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}

fn show(bar: &ProgressBar, at: OfflineProgress) {
    if let Some(total) = at.total_bytes {
        bar.set_length(total);
    }
    bar.set_position(at.done_bytes);
}

fn progress(what: &'static str, hidden: bool) -> Result<ProgressBar, Failure> {
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes} {bytes_per_sec}");
    let bar = ProgressBar::no_length().with_message(what);
    if hidden {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    Ok(bar.with_style(style.map_err(anyhow::Error::from)?))
}

impl From<OfflineError> for Failure {
    fn from(error: OfflineError) -> Self {
        let text = error.to_string();
        if error.is_refusal() { Self::Refused(text) } else { Self::Failed(text) }
    }
}
