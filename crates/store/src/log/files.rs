//! The files under the log: counts syncs, and writes over zeros.
//!
//! A write into space that was only reserved makes every sync update the file
//! system's own records as well. Zeros written ahead make the later syncs cheaper.

use std::{
    io::{self, Seek, SeekFrom, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use raft_engine::env::{DefaultFileSystem, FileSystem, Handle, Permission, WriteExt};

/// Zeros written at once.
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

type InnerHandle = <DefaultFileSystem as FileSystem>::Handle;
type InnerWriter = <DefaultFileSystem as FileSystem>::Writer;

/// The file system as the log uses it.
pub(super) struct LogFiles {
    inner: DefaultFileSystem,
    pub(super) syncs: Arc<AtomicU64>,
    #[cfg(test)]
    pub(super) faults: Arc<Faults>,
}

/// Faults to be met with, set by tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Every write fails for lack of space.
    pub(crate) no_space: std::sync::atomic::AtomicBool,
    /// Every sync fails.
    pub(crate) no_sync: std::sync::atomic::AtomicBool,
    /// Every sync waits while this is set.
    pub(crate) paused: std::sync::atomic::AtomicBool,
    /// Syncs begun.
    pub(crate) syncing: std::sync::atomic::AtomicUsize,
}

impl LogFiles {
    pub(super) fn new() -> Self {
        Self {
            inner: DefaultFileSystem,
            syncs: Arc::default(),
            #[cfg(test)]
            faults: Arc::default(),
        }
    }

    fn handle(&self, inner: InnerHandle) -> LogHandle {
        LogHandle {
            inner: Arc::new(inner),
            syncs: self.syncs.clone(),
            #[cfg(test)]
            faults: self.faults.clone(),
        }
    }
}

pub(super) struct LogHandle {
    inner: Arc<InnerHandle>,
    syncs: Arc<AtomicU64>,
    #[cfg(test)]
    faults: Arc<Faults>,
}

pub(super) struct LogWriter {
    inner: InnerWriter,
    #[cfg(test)]
    faults: Arc<Faults>,
}

impl FileSystem for LogFiles {
    type Handle = LogHandle;
    type Reader = <DefaultFileSystem as FileSystem>::Reader;
    type Writer = LogWriter;

    fn create<P: AsRef<Path>>(&self, path: P) -> io::Result<LogHandle> {
        Ok(self.handle(self.inner.create(path)?))
    }

    fn open<P: AsRef<Path>>(&self, path: P, permission: Permission) -> io::Result<LogHandle> {
        Ok(self.handle(self.inner.open(path, permission)?))
    }

    fn delete<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.inner.delete(path)
    }

    fn rename<P: AsRef<Path>>(&self, from: P, to: P) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn new_reader(&self, handle: Arc<LogHandle>) -> io::Result<Self::Reader> {
        self.inner.new_reader(handle.inner.clone())
    }

    fn new_writer(&self, handle: Arc<LogHandle>) -> io::Result<LogWriter> {
        Ok(LogWriter {
            inner: self.inner.new_writer(handle.inner.clone())?,
            #[cfg(test)]
            faults: self.faults.clone(),
        })
    }
}

impl Handle for LogHandle {
    fn truncate(&self, offset: usize) -> io::Result<()> {
        Handle::truncate(self.inner.as_ref(), offset)
    }

    fn file_size(&self) -> io::Result<usize> {
        self.inner.file_size()
    }

    fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        self.faults.sync()?;
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.inner.sync()
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(test)]
        self.faults.write()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Seek for LogWriter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl WriteExt for LogWriter {
    fn truncate(&mut self, offset: usize) -> io::Result<()> {
        self.inner.truncate(offset)
    }

    fn allocate(&mut self, offset: usize, size: usize) -> io::Result<()> {
        let back = self.inner.stream_position()?;
        self.inner.seek(SeekFrom::Start(offset as u64))?;
        let filled = self.fill(size);
        self.inner.seek(SeekFrom::Start(back))?;
        filled
    }
}

impl LogWriter {
    fn fill(&mut self, size: usize) -> io::Result<()> {
        let mut left = size;
        while left > 0 {
            let zeros = ZEROS.get(..left).unwrap_or(&ZEROS);
            self.inner.write_all(zeros)?;
            left -= zeros.len();
        }
        Ok(())
    }
}

#[cfg(test)]
impl Faults {
    fn write(&self) -> io::Result<()> {
        // The log recognises a lack of space by this word.
        if self.no_space.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "nospace"));
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.syncing.fetch_add(1, Ordering::SeqCst);
        while self.paused.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        if self.no_sync.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk does not answer"));
        }
        Ok(())
    }
}
