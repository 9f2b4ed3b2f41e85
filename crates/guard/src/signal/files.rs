//! Where texts of files come from.

use std::{collections::BTreeMap, io, sync::Arc};

use parking_lot::Mutex;

/// Reads files. The sensors read nothing any other way, so a test can be a machine of
/// any shape.
pub trait Files {
    /// The whole text of the file at an absolute path.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is no such file; any other error when it is
    /// there and cannot be read.
    fn read(&self, path: &str) -> io::Result<String>;
}

impl<F: Files + ?Sized> Files for Arc<F> {
    fn read(&self, path: &str) -> io::Result<String> {
        (**self).read(path)
    }
}

/// Files that a test writes: a machine on paper. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct FixtureFiles {
    texts: Arc<Mutex<BTreeMap<String, String>>>,
}

impl FixtureFiles {
    /// Writes a file, in place of what was in it.
    pub fn write(&self, path: &str, text: impl Into<String>) {
        self.texts.lock().insert(path.to_owned(), text.into());
    }

    /// Takes a file, and everything below it if it is a folder, away.
    pub fn remove(&self, path: &str) {
        let below = format!("{}/", path.trim_end_matches('/'));
        self.texts.lock().retain(|file, _| file != path && !file.starts_with(&below));
    }

    /// Which files there are, in order.
    pub fn paths(&self) -> Vec<String> {
        self.texts.lock().keys().cloned().collect()
    }
}

impl Files for FixtureFiles {
    fn read(&self, path: &str) -> io::Result<String> {
        self.texts.lock().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The lines of a text that are whole. The kernel ends each with a line feed, so one
/// without was cut, and half a number is a wrong number.
pub(super) fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

/// The only line of a text, when it is whole.
pub(super) fn whole_line(text: &str) -> Option<&str> {
    text.strip_suffix('\n').filter(|line| !line.contains('\n'))
}

/// What became of a file whose absence has a meaning of its own.
#[derive(Debug)]
pub(super) enum Text {
    /// It was read.
    Read(String),
    /// There is no such file.
    Missing,
    /// It is there and could not be read.
    Failed,
}

impl Text {
    pub(super) fn of(files: &dyn Files, path: &str) -> Self {
        match files.read(path) {
            Ok(text) => Self::Read(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(_) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_everything_in_it_and_its_neighbours_stay() {
        let files = FixtureFiles::default();
        for path in ["/a/b/c", "/a/b/d/e", "/a/bc"] {
            files.write(path, path);
        }
        files.clone().remove("/a/b");
        assert_eq!(files.read("/a/b/c").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(files.read("/a/b/d/e").is_err());
        assert_eq!(files.paths(), ["/a/bc"]);
    }
}
