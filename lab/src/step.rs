//! What came of one pace that was kept for a while.

use std::time::Duration;

use serde::Serialize;

use crate::sample::{End, Sample};

/// At the beginning of a step whatever protects the server still learns.
const LEARNING: Duration = Duration::from_secs(2);

/// The least part of a step that counts, where it is short.
const COUNTED: f64 = 0.5;

/// Recovery is looked for at every multiple of this, over so many of them.
const RECOVERY_STEP: Duration = Duration::from_millis(250);
const RECOVERY_WINDOW: u32 = 4;
const RECOVERED: f64 = 0.99;

/// One step, as the generator prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Step {
    /// Requests a second that were meant to be sent.
    pub(crate) rate: f64,
    /// Requests, and how they ended.
    pub(crate) sent: usize,
    pub(crate) good: usize,
    pub(crate) refused: usize,
    pub(crate) abandoned: usize,
    pub(crate) failed: usize,
    pub(crate) unsent: usize,
    /// Requests a second that were served in time, once it had begun.
    pub(crate) goodput: f64,
    /// The same of the two seconds before.
    pub(crate) goodput_at_first: f64,
    /// Of those that were not refused: served, or abandoned after their patience; once it
    /// had begun, and in the two seconds before.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p99_at_first_ms: f64,
    /// Of those that were.
    pub(crate) refusal_p99_ms: f64,
    /// From the beginning of the step until 99 % were served again; nothing when that did
    /// not come.
    pub(crate) recovered_ms: Option<f64>,
}

impl Step {
    /// Sums up a step that lasted so long.
    pub(crate) fn of(rate: f64, lasted: Duration, samples: &[Sample]) -> Self {
        let count = |end| samples.iter().filter(|sample| sample.end == end).count();
        let begun = LEARNING.min(lasted.mul_f64(1.0 - COUNTED));
        let (first, rest): (Vec<_>, Vec<_>) =
            samples.iter().copied().partition(|sample| sample.at < begun);
        let goodput = |samples: &[Sample], lasted: Duration| {
            let good = samples.iter().filter(|sample| sample.end == End::Good);
            as_f64(good.count()) / lasted.as_secs_f64()
        };
        let is_admitted = |end| matches!(end, End::Good | End::Abandoned);
        let admitted = sorted(&rest, is_admitted);
        let refused = sorted(samples, |end| end == End::Refused);
        Self {
            rate,
            sent: samples.len(),
            good: count(End::Good),
            refused: count(End::Refused),
            abandoned: count(End::Abandoned),
            failed: count(End::Failed),
            unsent: count(End::Unsent),
            goodput: goodput(&rest, lasted - begun),
            goodput_at_first: goodput(&first, begun),
            p50_ms: quantile_ms(&admitted, 0.5),
            p99_ms: quantile_ms(&admitted, 0.99),
            p99_at_first_ms: quantile_ms(&sorted(&first, is_admitted), 0.99),
            refusal_p99_ms: quantile_ms(&refused, 0.99),
            recovered_ms: well_from(samples, lasted, RECOVERED, |sample| sample.end == End::Good)
                .map(|after| after.as_secs_f64() * 1_000.0),
        }
    }
}

/// The first moment from which on this share was good, in the next second and to the end.
pub(crate) fn well_from(
    samples: &[Sample],
    lasted: Duration,
    share: f64,
    is_good: impl Fn(&Sample) -> bool,
) -> Option<Duration> {
    let is_well = |from: Duration, to: Duration| {
        let within = samples.iter().filter(|sample| (from..to).contains(&sample.at));
        let (good, all) = within
            .fold((0, 0), |(good, all), sample| (good + usize::from(is_good(sample)), all + 1));
        all > 0 && as_f64(good) >= share * as_f64(all)
    };
    let window = RECOVERY_STEP * RECOVERY_WINDOW;
    (0..)
        .map(|number| RECOVERY_STEP * number)
        .take_while(|from| *from + RECOVERY_STEP <= lasted)
        .find(|from| is_well(*from, lasted) && is_well(*from, *from + window))
}

fn sorted(samples: &[Sample], is_asked: impl Fn(End) -> bool) -> Vec<Duration> {
    let mut took: Vec<Duration> =
        samples.iter().filter(|sample| is_asked(sample.end)).map(|sample| sample.took).collect();
    took.sort_unstable();
    took
}

/// The least value that so many are not above; zero where there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list of some thousands"
)]
pub(crate) fn quantile_ms(sorted: &[Duration], quantile: f64) -> f64 {
    let place = (as_f64(sorted.len()) * quantile).ceil() as usize;
    let took = sorted.get(place.saturating_sub(1)).copied().unwrap_or_default();
    took.as_secs_f64() * 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "requests of some seconds")]
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LASTED: Duration = Duration::from_secs(10);

    /// A hundred requests a second; `end` says how one ends, by its number.
    fn samples(end: impl Fn(u32) -> End) -> Vec<Sample> {
        (0..1_000)
            .map(|number| Sample {
                at: Duration::from_millis(10) * number,
                took: Duration::from_millis(1) * (number % 100 + 1),
                end: end(number),
            })
            .collect()
    }

    #[test]
    fn goodput_is_of_those_served_once_the_step_had_begun() {
        let half = |number| match number {
            0..=199 => End::Refused,
            number if number % 2 == 0 => End::Good,
            _ => End::Refused,
        };
        let step = Step::of(100.0, LASTED, &samples(half));
        assert_eq!((step.goodput, step.goodput_at_first), (50.0, 0.0));
        assert_eq!((step.good, step.refused, step.sent), (400, 600, 1_000));
    }

    #[test]
    fn whoever_was_abandoned_counts_in_the_latency_of_those_admitted() {
        let two_in_a_hundred = |number| if number % 100 >= 98 { End::Abandoned } else { End::Good };
        assert_eq!(Step::of(100.0, LASTED, &samples(two_in_a_hundred)).p99_ms, 99.0);
        assert_eq!(Step::of(100.0, LASTED, &[]).p99_ms, 0.0);
    }

    #[test]
    fn recovery_is_when_it_stays_well() {
        let well_after = |from| move |number| if number < from { End::Refused } else { End::Good };
        let after = |from| Step::of(100.0, LASTED, &samples(well_after(from))).recovered_ms;
        assert_eq!(after(0), Some(0.0));
        assert_eq!(after(150), Some(1_500.0));
        assert_eq!(after(1_000), None);
        let relapse = |number| if number / 100 == 5 { End::Refused } else { End::Good };
        assert_eq!(Step::of(100.0, LASTED, &samples(relapse)).recovered_ms, Some(6_000.0));
    }
}
