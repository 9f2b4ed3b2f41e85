//! The CPU time of this process.

use std::time::Duration;

use crate::{
    signal::{Files, counter::Counter},
    time::Instant,
};

/// The unit of `/proc/self/stat`, `USER_HZ`: part of the kernel's ABI, 100 a second on
/// every architecture Rust's standard library runs Linux on.
const TICKS_A_SECOND: f64 = 100.0;

/// How much CPU time this process uses.
#[derive(Debug)]
pub(super) struct Process {
    ticks: Counter,
}

impl Process {
    pub(super) const fn new(stale_after: Duration) -> Self {
        Self { ticks: Counter::new(stale_after) }
    }

    /// Processors' worth of time since it was last read.
    pub(super) fn cores(&mut self, now: Instant, files: &dyn Files) -> Option<f64> {
        let ticks = parse(&files.read("/proc/self/stat").ok()?)?;
        Some(self.ticks.rate_when_moved(now, ticks)? / TICKS_A_SECOND)
    }
}

/// `utime` and `stime`, fields 14 and 15 of `/proc/PID/stat` (proc.rst, table 1-4). The
/// second field is the program's name in parentheses, and may itself have any character.
fn parse(text: &str) -> Option<u64> {
    let (_, after_name) = text.rsplit_once(')')?;
    // One more than those, or the last may be cut.
    let fields: Vec<_> = after_name.split_ascii_whitespace().skip(11).take(3).collect();
    match *fields.as_slice() {
        [utime, stime, _] => utime.parse::<u64>().ok()?.checked_add(stime.parse().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        for name in ["cat", "a b", "x) R 1 (y", ")", ""] {
            let text = format!("7 ({name}) R 1 2 3 4 5 6 7 8 9 10 111 222 13 14\n");
            assert_eq!(parse(&text), Some(333), "{name}");
        }
        assert_eq!(parse("7 (cat) R 1 2 3 4 5 6 7 8 9 10 111 222"), None, "cut");
        assert_eq!(parse("7 (cat) R 1 2 3 4 5 6 7 8 9 10 -1 2 3"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in ".*|[0-9()R ]*") {
            let _ = parse(&text);
        }
    }
}
