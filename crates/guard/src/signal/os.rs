//! The machine's own files.

use std::{collections::HashMap, fs::File, io, sync::Arc};

use parking_lot::Mutex;

use super::Files;

/// Longer files are cut: a `/proc/stat` of 512 processors has some 100 KiB.
const BYTES_MAX: usize = 1 << 20;
/// So many files are kept open; others are opened each time they are read.
const OPEN_MAX: usize = 64;

/// The files of the machine this process runs on. On systems without `/proc` and `/sys`
/// there are none of those asked for, and the sensors know nothing.
///
/// Files stay open, as opening one costs more than reading it: up to 64, and with usual
/// cgroups some 20. One that is replaced by another of its name, which the kernel's are
/// not as long as they can be read, is not noticed. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct OsFiles {
    open: Arc<Mutex<HashMap<String, File>>>,
}

impl Files for OsFiles {
    fn read(&self, path: &str) -> io::Result<String> {
        let mut open = self.open.lock();
        if let Some(file) = open.get(path) {
            match read_whole(file) {
                Ok(text) => return Ok(text),
                // A cgroup that was removed is gone for whoever has it open, and there
                // may be another of its name.
                Err(_) => open.remove(path),
            };
        }
        let file = File::open(path)?;
        let text = read_whole(&file)?;
        if open.len() < OPEN_MAX && cfg!(unix) {
            open.insert(path.to_owned(), file);
        }
        Ok(text)
    }
}

fn read_whole(file: &File) -> io::Result<String> {
    let mut bytes = vec![0; 1024];
    let mut length = 0;
    loop {
        let free = bytes.get_mut(length..).unwrap_or_default();
        let read = match read_at(file, free, length) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        length += read;
        if read == 0 || length >= BYTES_MAX {
            break;
        }
        if length == bytes.len() {
            bytes.resize(length * 4, 0);
        }
    }
    bytes.truncate(length);
    // A mount elsewhere whose name is no UTF-8 must not hide the others.
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The kernel writes the text anew whenever it is read from its start.
#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], offset: usize) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset as u64)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, into: &mut [u8], _offset: usize) -> io::Result<usize> {
    io::Read::read(&mut file, into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_length_are_read_whole_and_again() {
        let files = OsFiles::default();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/signal/judge.rs");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.len() > 10_000);
        assert_eq!(files.read(path).unwrap(), text);
        assert_eq!(files.clone().read(path).unwrap(), text);
        let missing = files.read(concat!(env!("CARGO_MANIFEST_DIR"), "/missing"));
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_the_kernel_writes_is_of_now_each_time_it_is_read() {
        let files = OsFiles::default();
        let stat = || files.read("/proc/self/stat").unwrap();
        let first = stat();
        assert_eq!(first.split(' ').next(), Some(&*std::process::id().to_string()));
        assert!((0..10_000_000).any(|_| stat() != first), "its CPU time has grown meanwhile");
    }
}
