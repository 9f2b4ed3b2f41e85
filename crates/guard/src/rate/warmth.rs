//! The rate of something that is being warmed up.

use std::time::Duration;

/// Sentinel's curve (`WarmUpController`), after Guava's `SmoothWarmingUp`. A store of tokens
/// fills while a resource rests; the more there are, the colder it is. Below `warning` it is
/// warm; from there to `cold` the time between two requests grows from that of the full rate
/// to `cold_factor` times as much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WarmUpCurve {
    /// The full rate.
    per_second: f64,
    cold_factor: f64,
    /// Tokens from which on it is not warm.
    warning: f64,
    /// Tokens at most.
    cold: f64,
    /// Seconds by which each token above `warning` sets two requests further apart.
    slope: f64,
}

impl WarmUpCurve {
    pub(super) fn new(per_second: f64, warm_up: Duration, cold_factor: f64) -> Self {
        let full = warm_up.as_secs_f64() * per_second;
        let warning = full / (cold_factor - 1.0);
        let cold = warning + 2.0 * full / (1.0 + cold_factor);
        let slope = (cold_factor - 1.0) / per_second / (cold - warning);
        Self { per_second, cold_factor, warning, cold, slope }
    }

    /// The tokens of something that has rested for long.
    pub(super) fn cold(&self) -> f64 {
        self.cold
    }

    /// Requests a second with so many tokens.
    pub(super) fn per_second(&self, tokens: f64) -> f64 {
        let above = tokens - self.warning;
        if above > 0.0 {
            1.0 / (above * self.slope + 1.0 / self.per_second)
        } else {
            self.per_second
        }
    }

    /// The tokens after some time in which so many requests passed, and some were refused or
    /// none.
    ///
    /// Sentinel has it cool down whenever fewer passed than a cold resource may get. But
    /// when those are all that may pass, a rate rounded down would keep it cold for ever; so
    /// here it does only when nobody was refused.
    pub(super) fn after(&self, tokens: f64, time: Duration, passed: u64, is_refusing: bool) -> f64 {
        let seconds = time.as_secs_f64();
        let passed = passed as f64;
        let rests = !is_refusing && passed < seconds * self.per_second / self.cold_factor;
        let filled = if tokens < self.warning || (tokens > self.warning && rests) {
            (tokens + seconds * self.per_second).min(self.cold)
        } else {
            tokens
        };
        (filled - passed).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// `new WarmUpController(10, 10, 3)`, as in Sentinel's own test: 50 and 100 tokens, a
    /// slope of 0.004, and a third of the rate when cold.
    #[test]
    fn sentinel_known_values_of_warm_up() {
        let curve = WarmUpCurve::new(10.0, 10 * SECOND, 3.0);
        assert_eq!((curve.warning, curve.cold), (50.0, 100.0));
        assert!((curve.slope - 0.004).abs() < 1e-12, "{}", curve.slope);
        assert!((curve.per_second(100.0) - 10.0 / 3.0).abs() < 1e-9);
        assert!((curve.per_second(75.0) - 5.0).abs() < 1e-9);
        assert_eq!(curve.per_second(50.0), 10.0);
        assert_eq!(curve.per_second(0.0), 10.0);

        // Sentinel's test: one request in the second before, and then 8 do not pass and 1
        // does; after ten seconds with 10 in each, 9 pass and 11 do not.
        let cold = curve.after(100.0, SECOND, 1, false);
        let rate = curve.per_second(cold);
        assert!((2.0..9.0).contains(&rate), "{rate}");
        let warm = (0..10).fold(cold, |tokens, _| curve.after(tokens, SECOND, 10, false));
        assert_eq!(curve.per_second(warm), 10.0);
    }

    #[test]
    fn with_all_that_may_pass_it_is_warm_after_the_warm_up_and_stays_so() {
        for (per_second, warm_up, cold_factor) in [(10.0, 10, 3.0), (5_000.0, 60, 5.0)] {
            let curve = WarmUpCurve::new(per_second, warm_up * SECOND, cold_factor);
            let step = Duration::from_millis(100);
            let mut tokens = curve.cold();
            let mut owed = 0.0;
            let mut warm_after = None;
            for tenth in 0..warm_up * 30 {
                owed += curve.per_second(tokens) / 10.0;
                let passed = owed.floor();
                owed -= passed;
                tokens = curve.after(tokens, step, passed as u64, true);
                if warm_after.is_none() && curve.per_second(tokens) >= per_second * 0.99 {
                    warm_after = Some(tenth);
                }
            }
            let warm_after = f64::from(warm_after.unwrap()) / 10.0 / f64::from(warm_up);
            assert!((0.9..1.1).contains(&warm_after), "{warm_after} of the warm-up");
            assert!(curve.per_second(tokens) >= per_second * 0.99);
        }
    }

    #[test]
    fn at_rest_it_cools_down_and_with_little_to_do_it_stays_cold() {
        let curve = WarmUpCurve::new(100.0, 10 * SECOND, 3.0);
        assert_eq!(curve.after(0.0, 60 * SECOND, 0, false), curve.cold());
        let little = (0..600).fold(curve.cold(), |tokens, _| curve.after(tokens, SECOND, 5, false));
        assert!(curve.per_second(little) < 40.0);
        let much = (0..600).fold(curve.cold(), |tokens, _| curve.after(tokens, SECOND, 60, false));
        assert_eq!(curve.per_second(much), 100.0, "60 are more than a cold one gets");
    }
}
