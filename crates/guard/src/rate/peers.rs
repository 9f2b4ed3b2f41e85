//! What other limiters let pass that this one does not. Theirs are written down here by
//! their rules, as far as the situation needs.

use std::time::Duration;

use super::{RateLimit, RateLimitSettings};
use crate::time::Instant;

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

/// go-zero `core/limit/periodscript.lua`: a counter that lives for a period.
struct PeriodLimit {
    quota: u32,
    period: Duration,
    count: u32,
    expires: Instant,
}

impl PeriodLimit {
    fn take(&mut self, now: Instant) -> bool {
        if now >= self.expires {
            self.count = 0;
            self.expires = now + self.period;
        }
        self.count += 1;
        self.count <= self.quota
    }
}

#[test]
fn gozero_period_limit_twice_the_quota_around_an_edge_does_not_pass() {
    let period = Duration::from_secs(1);
    let mut theirs = PeriodLimit { quota: 1_000, period, count: 0, expires: at(0) };
    let settings = RateLimitSettings { permits: 1_000, period, burst: 100 };
    let ours = RateLimit::new(&settings).unwrap();
    theirs.take(at(0));
    ours.try_acquire(at(0)).unwrap();
    let moments = [990; 1_000].into_iter().chain([1_000; 1_000]);
    let (mut they, mut we) = (0, 0);
    for millis in moments {
        they += u32::from(theirs.take(at(millis)));
        we += u32::from(ours.try_acquire(at(millis)).is_ok());
    }
    assert_eq!(they, 1_999, "in 10 ms, of 1,000 a second");
    assert_eq!(we, 110, "a burst and what 10 ms earn");
}

/// go-zero `core/limit/tokenscript.lua`: a bucket that counts whole seconds of the clock of
/// whoever asks, and keeps the last one as it comes.
struct TokenLimiter {
    rate: i64,
    burst: i64,
    tokens: i64,
    refreshed: i64,
}

impl TokenLimiter {
    fn allow(&mut self, unix_seconds: i64) -> bool {
        let filled =
            (self.tokens + (unix_seconds - self.refreshed).max(0) * self.rate).min(self.burst);
        self.refreshed = unix_seconds;
        self.tokens = filled - i64::from(filled >= 1);
        filled >= 1
    }
}

#[test]
fn gozero_token_limiter_whole_second_client_clocks_do_not_fill_it() {
    // Two callers, one of them three seconds behind, ask in turn for ten seconds.
    let mut theirs = TokenLimiter { rate: 100, burst: 100, tokens: 100, refreshed: 0 };
    let settings = RateLimitSettings { permits: 100, burst: 100, ..Default::default() };
    let ours = RateLimit::new(&settings).unwrap();
    let (mut they, mut we) = (0, 0);
    for milli in 3_000..13_000 {
        let behind = if milli % 2 == 0 { 0 } else { 3_000 };
        they += u32::from(theirs.allow((milli as i64 - behind as i64) / 1_000));
        we += u32::from(ours.try_acquire(at(milli - behind)).is_ok());
    }
    assert_eq!(they, 10_000, "each turn fills it for three seconds");
    assert!(we <= 100 + 13 * 100, "{we}");

    // And with one clock: nothing for a second, and then all at once.
    let mut theirs = TokenLimiter { rate: 100, burst: 100, tokens: 0, refreshed: 0 };
    let ours = RateLimit::new(&RateLimitSettings { burst: 1, ..settings }).unwrap();
    let (mut they, mut we) = ([0; 4], [0; 4]);
    for milli in 0..2_000_u64 {
        let half = (milli / 500) as usize;
        they[half] += u32::from(theirs.allow((milli / 1_000) as i64));
        we[half] += u32::from(ours.try_acquire(at(milli)).is_ok());
    }
    assert_eq!(they, [0, 0, 100, 0]);
    assert_eq!(we, [50; 4]);
}
