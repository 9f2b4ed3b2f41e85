//! What one server was measured to do.

use serde::Deserialize;

use super::plan::OVERLOADS;

/// One step, as `seawall-lab load` prints it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Step {
    /// Requests a second that were served in time.
    pub(crate) goodput: f64,
    /// The 99th percentile of those that were admitted, once it had begun.
    pub(crate) p99_ms: f64,
    /// The same of its first two seconds.
    pub(crate) p99_at_first_ms: f64,
    /// From its beginning until nearly all were served again.
    pub(crate) recovered_ms: Option<f64>,
}

/// An overload and what came after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// In parts of what the server can do.
    pub(crate) times: f64,
    /// Of what it can do, in per cent.
    pub(crate) goodput: f64,
    /// See [`Step`].
    pub(crate) p99_ms: f64,
    /// See [`Step`].
    pub(crate) p99_at_first_ms: f64,
    /// See [`Step`]; infinite when that did not come.
    pub(crate) recovered_ms: f64,
}

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// Requests a second that it can do.
    pub(crate) peak: f64,
    /// The 99th percentile when it has hardly anything to do.
    pub(crate) unloaded_p99_ms: f64,
    /// In the order of [`OVERLOADS`].
    pub(crate) points: Vec<Point>,
}

impl Measured {
    /// Of all steps of the plan, the first of which is calm.
    pub(crate) fn of(peak: f64, unloaded_p99_ms: f64, steps: &[Step]) -> Self {
        let pairs = steps.get(1..).unwrap_or_default().chunks_exact(2);
        let points = OVERLOADS.iter().zip(pairs).filter_map(|((times, _), pair)| {
            let [overload, calm] = pair else { return None };
            Some(Point {
                times: *times,
                goodput: 100.0 * overload.goodput / peak,
                p99_ms: overload.p99_ms,
                p99_at_first_ms: overload.p99_at_first_ms,
                recovered_ms: calm.recovered_ms.unwrap_or(f64::INFINITY),
            })
        });
        Self { peak, unloaded_p99_ms, points: points.collect() }
    }

    /// The median of each number over rounds; nothing where there were none.
    pub(crate) fn median(rounds: &[Self]) -> Option<Self> {
        let first = rounds.first()?;
        let points = first.points.iter().enumerate().map(|(index, point)| {
            let of = |number: fn(&Point) -> f64| {
                median(rounds.iter().filter_map(|round| round.points.get(index)).map(number))
            };
            Point {
                times: point.times,
                goodput: of(|point| point.goodput),
                p99_ms: of(|point| point.p99_ms),
                p99_at_first_ms: of(|point| point.p99_at_first_ms),
                recovered_ms: of(|point| point.recovered_ms),
            }
        });
        Some(Self {
            peak: median(rounds.iter().map(|round| round.peak)),
            unloaded_p99_ms: median(rounds.iter().map(|round| round.unloaded_p99_ms)),
            points: points.collect(),
        })
    }
}

/// The middle one, of an even number the higher of the two.
pub(super) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(goodput: f64, recovered_ms: Option<f64>) -> Step {
        Step { goodput, p99_ms: goodput / 10.0, p99_at_first_ms: goodput, recovered_ms }
    }

    #[test]
    fn an_overload_is_judged_with_the_calm_after_it() {
        let calm = step(175.0, Some(250.0));
        let mut steps = vec![calm.clone()];
        for _ in OVERLOADS {
            steps.extend([step(200.0, None), calm.clone()]);
        }
        let measured = Measured::of(250.0, 5.0, &steps);
        assert_eq!(measured.points.len(), OVERLOADS.len());
        for point in &measured.points {
            assert_eq!((point.goodput, point.recovered_ms), (80.0, 250.0));
        }
    }

    #[test]
    fn a_recovery_that_never_came_is_the_longest() {
        let of = |recovered_ms| {
            let steps = [step(1.0, None), step(1.0, None), step(1.0, recovered_ms)];
            Measured::of(1.0, 1.0, &steps)
        };
        let rounds = [of(None), of(Some(0.0)), of(None)];
        let median = Measured::median(&rounds).unwrap();
        assert_eq!(median.points.first().unwrap().recovered_ms, f64::INFINITY);
        assert!(Measured::median(&[]).is_none());
    }
}
