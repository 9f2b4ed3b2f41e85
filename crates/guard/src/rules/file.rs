//! Rules in a file that changes.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::PathBuf,
    time::SystemTime,
};

use super::{Applied, RuleBook, RulesError};

/// A file with rules, for a thread of the caller's own that looks at it now and then. It is
/// read when it is another one than it was: by its time, its length or, on Unix, its inode,
/// so it may be written in place, replaced, or be a link that is turned (as a mounted
/// `ConfigMap` of Kubernetes is).
///
/// While it is missing, cannot be read or is wrong, the rules in force stay, and that is
/// said once for each change of the file.
///
/// ```no_run
/// use std::{sync::Arc, thread, time::Duration};
/// use seawall_guard::{MonotonicClock, rules::{RuleBook, RulesFile}, signal::SystemSignal};
///
/// let clock = Arc::new(MonotonicClock::new());
/// let book = RuleBook::new(Default::default(), "node-1", clock, Arc::new(SystemSignal::new()))?;
/// let book = Arc::new(book);
/// let watched = book.clone();
/// thread::spawn(move || {
///     let mut file = RulesFile::new("/etc/shop/guard.json");
///     loop {
///         match file.poll(&watched) {
///             Some(Ok(applied)) => println!("{}", applied.plan),
///             Some(Err(error)) => eprintln!("{error}"),
///             None => {}
///         }
///         thread::sleep(Duration::from_secs(1));
///     }
/// });
/// # Ok::<(), seawall_guard::settings::InvalidSetting>(())
/// ```
#[derive(Debug)]
pub struct RulesFile {
    path: PathBuf,
    seen: Option<Seen>,
}

/// What the file was when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    There { modified: Option<SystemTime>, bytes: u64, inode: u64 },
    Missing(io::ErrorKind),
}

/// Why the rules of a file were not taken over. Those in force stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesFileError {
    /// It cannot be read: see that it is there and may be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        source: io::Error,
    },
    /// There is something wrong in it, or it is not newer.
    #[error("{path}: {source}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: RulesError,
    },
}

impl RulesFile {
    /// A file that was not looked at yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), seen: None }
    }

    /// Looks whether the file is another one, and if so has `book` take its rules over.
    ///
    /// # Errors
    ///
    /// `None` as long as nothing changed, then an error once.
    pub fn poll(&mut self, book: &RuleBook) -> Option<Result<Applied, RulesFileError>> {
        let seen = fs::metadata(&self.path).map_or_else(|error| Seen::Missing(error.kind()), seen);
        if self.seen.as_ref() == Some(&seen) {
            return None;
        }
        self.seen = Some(seen);
        let text = match self.read(book.settings().limits.text_bytes_max) {
            Ok(text) => text,
            Err(source) => {
                let path = self.path.clone();
                return Some(Err(RulesFileError::Unreadable { path, source }));
            }
        };
        let refused = |source| RulesFileError::Refused { path: self.path.clone(), source };
        Some(book.load(&text).map_err(refused))
    }

    /// No more than one byte beyond what is too long.
    fn read(&self, bytes_max: usize) -> io::Result<String> {
        let mut text = String::new();
        let bytes_max = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        File::open(&self.path)?.take(bytes_max.saturating_add(1)).read_to_string(&mut text)?;
        Ok(text)
    }
}

fn seen(of: Metadata) -> Seen {
    Seen::There { modified: of.modified().ok(), bytes: of.len(), inode: inode(&of) }
}

#[cfg(unix)]
fn inode(of: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(of)
}

#[cfg(not(unix))]
const fn inode(_of: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{ManualClock, rules::RuleBookSettings};

    fn book() -> RuleBook {
        let mut settings = RuleBookSettings::default();
        settings.limits.text_bytes_max = 1_000;
        RuleBook::new(settings, "node", Arc::new(ManualClock::default()), Arc::default()).unwrap()
    }

    fn replace(path: &std::path::Path, text: &str) {
        let next = path.with_extension("next");
        fs::write(&next, text).unwrap();
        fs::rename(next, path).unwrap();
    }

    #[test]
    fn the_last_good_rules_stay_and_each_error_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.json");
        let (book, mut file) = (book(), RulesFile::new(&path));
        let mut poll = || file.poll(&book).map(|polled| polled.map_err(|it| it.to_string()));
        assert!(poll().unwrap().unwrap_err().starts_with("cannot read"));
        assert_eq!(poll(), None);

        replace(&path, r#"{"version": 1, "default": {"timeout_ms": 5}}"#);
        assert_eq!(poll().unwrap().unwrap().plan.changes.len(), 1);
        assert_eq!((poll(), book.version().number()), (None, 1));

        for wrong in
            ["{", r#"{"version": 2, "default": {"timeout_ms": 0}}"#, "", &" ".repeat(1_001)]
        {
            replace(&path, wrong);
            assert!(poll().unwrap().is_err(), "{wrong}");
            assert_eq!((poll(), book.version().number()), (None, 1));
        }
        fs::write(&path, [0xFF, 0xFE]).unwrap();
        assert!(poll().unwrap().unwrap_err().starts_with("cannot read"));
        fs::remove_file(&path).unwrap();
        assert!(poll().unwrap().is_err());
        assert_eq!((poll(), book.version().number()), (None, 1));
        assert!(book.rules().default.timeout.is_some());

        replace(&path, r#"{"version": 1, "default": {"timeout_ms": 5}}"#);
        assert!(poll().unwrap().unwrap().plan.is_empty(), "what is in force may come again");
        replace(&path, r#"{"version": 1}"#);
        assert!(poll().unwrap().is_err(), "other rules by the same number may not");
        replace(&path, r#"{"version": 3}"#);
        assert!(poll().unwrap().is_ok());
        replace(&path, r#"{"version": 2}"#);
        assert!(poll().unwrap().unwrap_err().contains("not newer than 3"));
        assert_eq!(book.version().number(), 3);
    }
}
