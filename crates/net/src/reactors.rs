//! Threads that serve connections.

use std::{
    io,
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// Some threads, each with an event loop of its own. A connection stays on the thread it
/// is given to, with everything that is spawned while serving it.
///
/// Workers that steal tasks from each other wake each other for every few requests;
/// below full load that costs more than the requests themselves. What computes for long
/// must therefore not run here, for the thread's other connections wait meanwhile.
///
/// Dropping it ends the threads, with what they still serve.
#[derive(Debug)]
pub struct Reactors {
    loops: Box<[Handle]>,
    last: AtomicUsize,
    stop: CancellationToken,
}

impl Reactors {
    /// Starts `count` threads.
    ///
    /// # Errors
    /// The system gives no more threads or descriptors.
    pub fn start(count: NonZeroUsize) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let started: io::Result<Box<[Handle]>> =
            (0..count.get()).map(|number| start(number, stop.clone())).collect();
        if started.is_err() {
            stop.cancel();
        }
        Ok(Self { loops: started?, last: AtomicUsize::new(0), stop })
    }

    /// The thread for the next connection: each in turn.
    pub(crate) fn next(&self) -> Option<&Handle> {
        let last = self.last.fetch_add(1, Ordering::Relaxed);
        self.loops.get(last.checked_rem(self.loops.len())?)
    }
}

impl Drop for Reactors {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn start(number: usize, stop: CancellationToken) -> io::Result<Handle> {
    // What other threads hand over goes before what arrives: a push to thousands of
    // clients must not wait for the confirmations of those who have it already.
    let runtime = Builder::new_current_thread().enable_all().global_queue_interval(1).build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name(format!("connections-{number}"))
        .spawn(move || runtime.block_on(stop.cancelled()))?;
    Ok(handle)
}
