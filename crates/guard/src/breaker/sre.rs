//! Judges a server as the adaptive policy does.

use std::time::Duration;

use super::{
    settings::SreSettings,
    state::Reason,
    window::{Counts, Window},
};
use crate::time::Instant;

/// After a fifth of the window with good answers and without a failure, the failures
/// before it are forgotten.
const RECOVERED: usize = 5;
/// It judges this many times in each part of the window.
pub(super) const TICKS_PER_BUCKET: u32 = 5;
/// In this many ticks a server that answers again gets back to all calls: four parts of
/// the window, a second.
const RAMP: u64 = 20;

/// The share refused while a server answers again for `ticks`: a quarter of the calls pass
/// at first, so that it is not brought down again at once.
pub(super) fn ramp(ticks: u64) -> f64 {
    0.75 * RAMP.saturating_sub(ticks) as f64 / RAMP as f64
}

/// What an adaptive breaker knows of a server. What the breaker itself refused is in none
/// of the numbers.
///
/// A call counts when it ends, in the part of the window it ended in, so no slow call is
/// lost between the window it was sent in and the one it ended in. Only when nothing is
/// answered any more do calls count from when they were sent, as soon as an answer would
/// be late: those to a black hole count while they hang, and those that are merely under
/// way never do (both zeromicro/go-zero#5011).
#[derive(Debug)]
pub(super) struct Sre {
    window: Window,
    silence: Silence,
    /// How many ticks it has been back for, while it still comes back.
    back: Option<u64>,
}

/// What happened since an answer came last.
#[derive(Debug, Default)]
struct Silence {
    /// When the first call was sent or failed.
    began: Option<Instant>,
    /// When the latest failure came.
    failed_at: Instant,
    sent: u64,
    failed: u64,
    neutral: u64,
}

/// What is asked of the judge.
pub(super) struct Bench<'a> {
    pub(super) settings: &'a SreSettings,
    pub(super) now: Instant,
    /// The time of a tick.
    pub(super) tick: Duration,
    /// How many have passed since it was asked last.
    pub(super) ticks: u64,
    /// How long an answer may take.
    pub(super) slow: Option<Duration>,
    /// How long 99 in 100 take.
    pub(super) longest: Option<Duration>,
}

/// What the judge says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sentence {
    /// Refuse this share of the calls.
    Refuse(f64),
    /// Open.
    Open(Reason),
}

impl Sre {
    pub(super) fn new(settings: &SreSettings) -> Self {
        let window = Window::new(settings.buckets as usize, TICKS_PER_BUCKET);
        Self { window, silence: Silence::default(), back: None }
    }

    /// Starts anew. `back` says that the server has just begun to answer again.
    pub(super) fn restart(&mut self, back: bool) {
        self.window.clear();
        self.silence = Silence::default();
        self.back = back.then_some(0);
    }

    /// Judges by what happened since it was asked last.
    pub(super) fn judge(&mut self, bench: &Bench<'_>, news: Counts) -> Sentence {
        self.window.add(news);
        self.window.turn(bench.ticks);
        if let Some(longest) = bench.longest {
            self.window.reach(longest * 2, bench.tick);
        }
        self.silence.add(bench, news);
        let hung = self.hung(bench);
        if self.silence.is_outage(bench, hung) {
            return Sentence::Open(Reason::Outage);
        }
        if self.is_slow(bench) {
            return Sentence::Open(Reason::SlowRatio);
        }
        let tally = self.tally();
        let share = share(bench.settings, &tally);
        let Some(back) = self.back else { return Sentence::Refuse(share) };
        if tally.bad + hung > tally.good.max(1) {
            return Sentence::Open(Reason::FailureRatio);
        }
        let back = back.saturating_add(bench.ticks);
        self.back = (back < RAMP).then_some(back);
        Sentence::Refuse(share.max(ramp(back)))
    }

    /// How many calls that were sent since an answer came last are late with theirs.
    fn hung(&self, bench: &Bench<'_>) -> u64 {
        let SreSettings { patience, slow_ratio, .. } = *bench.settings;
        let late = match bench.slow {
            Some(slow) if slow_ratio.is_some() => slow,
            slow => patience.max(slow.unwrap_or_default()),
        };
        let young = self.window.sent_within(ticks(late, bench.tick));
        let Silence { sent, failed, neutral, .. } = self.silence;
        // Those that ended may have been sent before: rather too few than too many.
        sent.saturating_sub(young).saturating_sub(failed + neutral)
    }

    /// Whether the answers of the last second, and of as long before it as it takes to
    /// have enough of them, were too slow too often.
    fn is_slow(&self, bench: &Bench<'_>) -> bool {
        let Some(limit) = bench.settings.slow_ratio else { return false };
        let least = u64::from(bench.settings.slow_calls);
        let second = ticks(Duration::from_secs(1), bench.tick);
        let mut sum = Counts::default();
        for (began, &counts) in self.window.ages() {
            sum += counts;
            if began >= second && sum.calls() >= least {
                return sum.slow as f64 >= limit * sum.calls() as f64;
            }
        }
        false
    }

    /// Sums the window up. Parts in which nothing ended count for neither run and end
    /// neither.
    fn tally(&self) -> Tally {
        let buckets = self.window.buckets();
        let enough = (buckets / RECOVERED).max(1);
        let busy = || self.window.newest_first().filter(|counts| counts.calls() > 0);
        let (mut good, mut bad, mut run) = (0, 0, 0);
        for counts in busy() {
            good += counts.good;
            if run < enough {
                bad += counts.bad;
                run = if counts.bad == 0 { run + 1 } else { 0 };
            }
        }
        let failing = busy().take_while(|counts| counts.good == 0).count().min(buckets);
        let working = busy().take_while(|counts| counts.bad == 0).count().min(enough);
        Tally {
            good,
            bad,
            failing: failing as f64 / buckets as f64,
            recovered: working as f64 / enough as f64,
        }
    }
}

impl Silence {
    fn add(&mut self, bench: &Bench<'_>, news: Counts) {
        if news.good > 0 {
            *self = Self::default();
            return;
        }
        // What is new happened in the first of the ticks that passed.
        let ago = |ticks: u64| {
            let nanos = (bench.tick.as_nanos() as u64).saturating_mul(ticks);
            Instant::from_nanos(bench.now.as_nanos().saturating_sub(nanos))
        };
        if news.sent > 0 || news.bad > 0 {
            self.began.get_or_insert(ago(bench.ticks));
        }
        if news.bad > 0 {
            self.failed_at = ago(bench.ticks.saturating_sub(1));
        }
        self.sent += news.sent;
        self.failed += news.bad;
        self.neutral += news.neutral;
    }

    /// Whether it lasts for long enough, and enough calls failed in it or hang.
    fn is_outage(&self, bench: &Bench<'_>, hung: u64) -> bool {
        let Some(began) = self.began else { return false };
        let until = if hung > 0 { bench.now } else { self.failed_at };
        let enough = u64::from(bench.settings.outage_calls);
        until - began >= bench.settings.outage && self.failed + hung >= enough
    }
}

/// A window in four numbers.
struct Tally {
    good: u64,
    /// Those that are not forgotten.
    bad: u64,
    /// The share of the window's parts that saw only failures lately, 0 to 1.
    failing: f64,
    /// How much of what it takes to forget the failures has been seen lately, 0 to 1.
    recovered: f64,
}

/// The share to refuse: Google's formula with go-zero's two corrections. K falls with the
/// parts of the window in which everything failed lately, and the share with those in
/// which nothing did, here five times as fast.
fn share(settings: &SreSettings, tally: &Tally) -> f64 {
    let (good, bad) = (tally.good as f64, tally.bad as f64);
    let k = settings.k - (settings.k - settings.k_min) * tally.failing;
    let total = good + bad;
    let excess = (total - f64::from(settings.protection) - k * good) / (total + 1.0);
    excess.max(0.0) * (1.0 - tally.recovered)
}

/// A time in ticks, rounded up.
fn ticks(time: Duration, tick: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(tick.as_nanos().max(1))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(50);

    /// A judge that is asked once a tick.
    struct Court {
        sre: Sre,
        settings: SreSettings,
        now: Instant,
    }

    impl Court {
        fn new() -> Self {
            let settings = SreSettings::default();
            Self { sre: Sre::new(&settings), settings, now: Instant::START }
        }

        fn hear(&mut self, news: Counts, ticks: u64) -> Sentence {
            self.now = self.now + TICK * ticks as u32;
            let (settings, slow) = (&self.settings, Some(TICK));
            let bench = Bench { settings, now: self.now, tick: TICK, ticks, slow, longest: None };
            self.sre.judge(&bench, news)
        }

        fn hear_for(&mut self, ticks: u64, good: u64, bad: u64) -> Sentence {
            (0..ticks).fold(Sentence::Refuse(0.0), |_, _| self.hear(ended(good, bad), 1))
        }
    }

    fn ended(good: u64, bad: u64) -> Counts {
        Counts { sent: good + bad, good, bad, ..Counts::default() }
    }

    fn close(sentence: Sentence, share: f64) {
        let Sentence::Refuse(refused) = sentence else { panic!("{sentence:?}") };
        assert!((refused - share).abs() < 1e-9, "{refused} and not {share}");
    }

    #[test]
    fn the_share_is_that_of_equation_21_1_but_for_the_protected_calls() {
        let settings = SreSettings { k: 2.0, protection: 0, ..SreSettings::default() };
        let of = |good, bad| share(&settings, &Tally { good, bad, failing: 0.0, recovered: 0.0 });
        assert_eq!(of(100, 0), 0.0);
        assert_eq!(of(50, 50), 0.0, "K times the accepts");
        assert_eq!(of(20, 80), (100.0 - 2.0 * 20.0) / 101.0);
        assert_eq!(of(0, 100), 100.0 / 101.0);
    }

    #[test]
    fn k_falls_with_what_failed_lately_and_the_share_with_what_did_not() {
        let settings = SreSettings::default();
        let of = |failing, recovered| {
            share(&settings, &Tally { good: 100, bad: 100, failing, recovered })
        };
        assert_eq!(of(0.0, 0.0), (200.0 - 5.0 - 150.0) / 201.0);
        assert!((of(0.5, 0.0) - (200.0 - 5.0 - 130.0) / 201.0).abs() < 1e-12);
        assert!((of(1.0, 0.0) - (200.0 - 5.0 - 110.0) / 201.0).abs() < 1e-12);
        assert!((of(0.0, 0.25) - 0.75 * 45.0 / 201.0).abs() < 1e-12);
    }

    #[test]
    fn failures_are_forgotten_after_two_seconds_without_one() {
        let mut court = Court::new();
        let most = court.hear_for(40, 10, 30);
        assert!(matches!(most, Sentence::Refuse(share) if share > 0.6), "{most:?}");
        let Sentence::Refuse(less) = court.hear_for(20, 10, 0) else { panic!("opens") };
        assert!(less > 0.1 && less < 0.3, "half way: {less}");
        close(court.hear_for(20, 10, 0), 0.0);
        // One more failure does not bring them back.
        close(court.hear_for(1, 10, 1), 0.0);
    }

    #[test]
    fn failures_long_ago_are_in_the_window_they_happened_in() {
        // Twenty at once, and then nobody calls for eleven seconds.
        let mut court = Court::new();
        close(court.hear(ended(0, 20), 220), 0.0);
    }

    #[test]
    fn a_burst_of_failures_is_no_outage_and_half_a_second_of_them_is() {
        let mut court = Court::new();
        court.hear_for(100, 10, 0);
        assert!(matches!(court.hear_for(9, 0, 50), Sentence::Refuse(_)));
        assert_eq!(court.hear_for(1, 0, 50), Sentence::Open(Reason::Outage));
        // Some of them answered: no outage.
        let mut court = Court::new();
        court.hear_for(100, 10, 0);
        assert!(matches!(court.hear_for(20, 1, 50), Sentence::Refuse(_)));
    }

    #[test]
    fn calls_that_hang_are_an_outage_unless_they_were_cancelled_or_are_few() {
        let hang = |sent, neutral| {
            let mut court = Court::new();
            court.hear_for(100, 10, 0);
            (0..20).fold(Sentence::Refuse(0.0), |_, _| {
                court.hear(Counts { sent, neutral, ..Counts::default() }, 1)
            })
        };
        assert_eq!(hang(10, 0), Sentence::Open(Reason::Outage));
        assert!(matches!(hang(10, 10), Sentence::Refuse(_)));
        assert!(matches!(hang(1, 0), Sentence::Refuse(_)));
    }

    #[test]
    fn half_of_the_last_second_slow_opens_it_and_nineteen_slow_answers_do_not() {
        let slow = |good, slow| Counts { slow, ..ended(good, 0) };
        let mut court = Court::new();
        court.hear_for(200, 10, 0);
        let opens =
            (0..20).find(|_| court.hear(slow(10, 5), 1) == Sentence::Open(Reason::SlowRatio));
        assert!(opens.is_some_and(|tick| tick >= 15), "{opens:?}");
        let mut court = Court::new();
        assert!(matches!(court.hear(slow(19, 19), 20), Sentence::Refuse(_)));
        assert_eq!(court.hear(slow(1, 1), 20), Sentence::Open(Reason::SlowRatio));
    }

    #[test]
    fn a_server_that_comes_back_gets_more_from_tick_to_tick_and_all_after_a_second() {
        let mut court = Court::new();
        court.sre.restart(true);
        assert_eq!(ramp(0), 0.75);
        close(court.hear_for(1, 1, 0), 0.75 * 19.0 / 20.0);
        close(court.hear_for(9, 1, 0), 0.75 * 10.0 / 20.0);
        close(court.hear_for(10, 1, 0), 0.0);
        court.sre.restart(true);
        assert_eq!(court.hear_for(1, 1, 2), Sentence::Open(Reason::FailureRatio));
    }
}
