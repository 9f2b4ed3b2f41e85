//! What came of a trial on one side.

use std::time::Duration;

use serde::Serialize;

use super::service::Called;
use super::trial::Times;
use crate::sample::{End, Sample};
use crate::step::{as_f64, quantile_ms, well_from};

/// What is neither waited for nor worth a time-out.
const FAST: Duration = Duration::from_millis(5);
const NEARLY_ALL: f64 = 0.99;

/// So long after a store broke, whoever calls it is to be told at once.
const NOTICED: Duration = Duration::from_millis(1_500);

const RECOVERED: f64 = 0.95;

/// What was counted while it ran.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// Calls that were on their way to the store at once, at most, since it broke.
    pub(crate) in_flight_max: u32,
    /// Calls that reached it from [`NOTICED`] after that until it was well.
    pub(crate) reached: u64,
    /// Connections that were made to it since it broke.
    pub(crate) connections: u64,
    /// From then until the breaker opened.
    pub(crate) opened: Option<Duration>,
    /// How often a breaker changed its state.
    pub(crate) changes: u64,
}

impl Counted {
    /// From when on calls are counted that reach the store.
    pub(crate) fn noticed(times: Times) -> Duration {
        times.before + NOTICED.min(times.during / 2)
    }
}

/// One side of a trial, as it is printed. What never came is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Measured {
    /// Of the right calls while it happened, in per cent: answered.
    served: f64,
    /// The same of the wrong calls: answered as the store answers them.
    told_wrong: f64,
    /// The 99th percentile of how long callers of the store waited, however it ended,
    /// from [`NOTICED`] on.
    p99_ms: f64,
    /// From when it broke until nobody waited any more.
    fast_after_ms: Option<f64>,
    in_flight_max: u32,
    reached_per_s: f64,
    connections: u64,
    /// From when all was well until nearly all were answered.
    recovered_ms: Option<f64>,
    /// The 99th percentile of work that has nothing to do with the store, before and
    /// while it happened.
    other_p99_before_ms: f64,
    other_p99_ms: f64,
    opened_ms: Option<f64>,
    changes: u64,
    /// From the first call that was told to ask elsewhere until a call was answered there.
    moved_ms: Option<f64>,
    /// From the failover until a write was answered again.
    writes_again_ms: Option<f64>,
}

impl Measured {
    /// Sums it up.
    pub(crate) fn of(
        times: Times,
        calls: &[Called],
        other_work: &[Sample],
        counted: Counted,
    ) -> Self {
        let (broke, mended) = (times.before, times.before + times.during);
        let noticed = Counted::noticed(times);
        let samples: Vec<Sample> = calls.iter().map(|called| called.sample).collect();
        let during = part(&samples, broke, mended);
        let after = part(&samples, mended, times.whole());
        let while_known = part(&samples, noticed, mended);
        let is_during = |called: &&Called| times.is_during(called.sample.at);
        let ended_as = |is_right: bool, end: End| {
            let asked =
                calls.iter().filter(is_during).filter(|called| called.call.is_right() == is_right);
            percent(asked, |called| called.sample.end == end)
        };
        let reached_for = (mended - noticed).as_secs_f64();
        Self {
            served: ended_as(true, End::Good),
            told_wrong: ended_as(false, End::Failed),
            p99_ms: p99_ms(&while_known),
            fast_after_ms: well_from(&during, times.during, NEARLY_ALL, |call| call.took <= FAST)
                .map(millis),
            in_flight_max: counted.in_flight_max,
            reached_per_s: f64::from(u32::try_from(counted.reached).unwrap_or(u32::MAX))
                / reached_for,
            connections: counted.connections,
            recovered_ms: well_from(&after, times.after, RECOVERED, |call| call.end == End::Good)
                .map(millis),
            other_p99_before_ms: p99_ms(&part(other_work, Duration::ZERO, broke)),
            other_p99_ms: p99_ms(&part(other_work, broke, mended)),
            opened_ms: counted.opened.map(millis),
            changes: counted.changes,
            moved_ms: moved(calls).map(millis),
            writes_again_ms: writes_again(calls, broke).map(millis),
        }
    }
}

/// From the end of the first call that was told to ask elsewhere to that of the first one
/// that was answered there.
fn moved(calls: &[Called]) -> Option<Duration> {
    let told = first_end(calls, |called| called.is_elsewhere)?;
    let there = first_end(calls, |called| called.has_moved && called.sample.end == End::Good)?;
    Some(there.saturating_sub(told))
}

/// From `broke` until the first write on the other server.
fn writes_again(calls: &[Called], broke: Duration) -> Option<Duration> {
    use super::client::Call::Write;
    let is_write = |called: &Called| called.call == Write && called.sample.end == End::Good;
    let there = first_end(calls, |called| called.has_moved && is_write(called))?;
    Some(there.saturating_sub(broke))
}

fn first_end(calls: &[Called], is_asked: impl Fn(&Called) -> bool) -> Option<Duration> {
    let ends = calls.iter().filter(|called| is_asked(called));
    ends.map(|called| called.sample.at + called.sample.took).min()
}

/// Those that were meant from `from` to `to`, with their times from there.
fn part(samples: &[Sample], from: Duration, to: Duration) -> Vec<Sample> {
    let within = samples.iter().filter(|sample| (from..to).contains(&sample.at));
    within.map(|sample| Sample { at: sample.at - from, ..*sample }).collect()
}

fn p99_ms(samples: &[Sample]) -> f64 {
    let mut took: Vec<Duration> = samples.iter().map(|sample| sample.took).collect();
    took.sort_unstable();
    quantile_ms(&took, NEARLY_ALL)
}

/// Of nothing, all.
fn percent<T>(all: impl Iterator<Item = T>, is_asked: impl Fn(&T) -> bool) -> f64 {
    let (asked, all) =
        all.fold((0, 0), |(asked, all), one| (asked + usize::from(is_asked(&one)), all + 1));
    if all == 0 { 100.0 } else { 100.0 * as_f64(asked) / as_f64(all) }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::super::client::Call;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TIMES: Times = Times { before: SECOND, during: Duration::from_secs(4), after: SECOND };

    /// A hundred calls a second; `ended` says of each how it ended, by its time.
    fn calls(ended: impl Fn(Duration) -> (u64, End)) -> Vec<Called> {
        let all = (0..600_u32).map(|number| {
            let at = Duration::from_millis(10) * number;
            let (took, end) = ended(at);
            let sample = Sample { at, took: Duration::from_millis(took), end };
            let call = Call::numbered(number, false);
            Called { sample, call, is_elsewhere: false, has_moved: false }
        });
        all.collect()
    }

    #[test]
    fn a_store_is_left_alone_when_nobody_waits_for_it_any_more() {
        let ended = |at: Duration| match at.as_millis() {
            1_000..2_000 => (1_000, End::Abandoned),
            2_000..5_000 => (0, End::Refused),
            5_000..5_250 => (0, End::Refused),
            _ => (2, End::Good),
        };
        let measured = Measured::of(TIMES, &calls(ended), &[], Counted::default());
        assert_eq!(measured.fast_after_ms, Some(1_000.0));
        assert_eq!((measured.p99_ms, measured.served), (0.0, 0.0));
        assert_eq!(measured.recovered_ms, Some(250.0));
    }

    #[test]
    fn whoever_goes_on_waiting_is_never_fast() {
        let ended = |at| if TIMES.is_during(at) { (1_000, End::Abandoned) } else { (2, End::Good) };
        let measured = Measured::of(TIMES, &calls(ended), &[], Counted::default());
        assert_eq!((measured.fast_after_ms, measured.p99_ms), (None, 1_000.0));
        assert_eq!(measured.recovered_ms, Some(0.0));
    }

    #[test]
    fn a_move_counts_from_the_call_that_was_told_of_it() {
        let mut calls = calls(|_| (2, End::Good));
        let told = calls.iter_mut().find(|called| called.sample.at == 2 * SECOND).unwrap();
        (told.is_elsewhere, told.sample.end) = (true, End::Failed);
        for called in calls.iter_mut().filter(|called| called.sample.at > 2 * SECOND) {
            called.has_moved = true;
        }
        let measured = Measured::of(TIMES, &calls, &[], Counted::default());
        assert_eq!(measured.moved_ms, Some(10.0));
        assert_eq!(measured.writes_again_ms, Some(1_012.0));
    }
}
