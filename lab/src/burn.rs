//! Work for a processor, so much of it.

use std::hint::black_box;
use std::time::Duration;

use tokio::time::Instant;

/// How often the speed is measured; the fastest counts, as everything else was disturbed.
const TRIES: u32 = 7;

const TRY: u64 = 2_000_000;

/// Turns of a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Burn(u64);

impl Burn {
    /// As many turns as this machine does in `time` when nobody disturbs it.
    pub(crate) fn of(time: Duration) -> Self {
        turn(TRY);
        let fastest = (0..TRIES)
            .map(|_| {
                let began = Instant::now();
                turn(TRY);
                began.elapsed()
            })
            .min()
            .unwrap_or_default();
        let turns = u128::from(TRY) * time.as_nanos() / fastest.as_nanos().max(1);
        Self(u64::try_from(turns).unwrap_or(u64::MAX).max(1))
    }

    /// Does it.
    pub(crate) fn run(self) {
        turn(self.0);
    }
}

fn turn(turns: u64) {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..turns {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_the_time_is_ten_times_the_turns() {
        let (short, long) =
            (Burn::of(Duration::from_micros(100)), Burn::of(Duration::from_millis(1)));
        let ratio = long.0 / short.0.max(1);
        assert!((3..=30).contains(&ratio), "{short:?} {long:?}");
    }
}
