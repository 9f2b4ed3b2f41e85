//! A thread that does something now and then until it is dropped.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Does `work` again and again, each time after the pause it asked for the time before,
/// the first time at once. Dropping this ends it, and waits until it has ended.
#[derive(Debug)]
pub(super) struct Background {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub(super) fn start(
        name: &str,
        mut work: impl FnMut() -> Duration + Send + 'static,
    ) -> io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let is_over_there = Arc::clone(&is_over);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while !is_over_there.load(Ordering::Acquire) {
                let pause = work();
                thread::park_timeout(pause);
            }
        })?;
        Ok(Self { is_over, thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // That it panicked has been printed, and there is nobody here to tell.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn it_works_until_it_is_dropped_and_the_pause_does_not_hold_the_drop_up() {
        let (worked, works) = mpsc::channel();
        let mut number = 0;
        let background = Background::start("guard-test", move || {
            number += 1;
            let _ = worked.send(number);
            if number < 3 { Duration::ZERO } else { Duration::from_secs(3_600) }
        })
        .unwrap();
        assert_eq!(works.iter().take(3).collect::<Vec<_>>(), [1, 2, 3]);
        drop(background);
        assert_eq!(works.iter().count(), 0, "its end of the channel is gone");
    }
}
