//! How long to wait before another attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{settings::InvalidSetting, stat::Rng, time::instant::nanos_of};

/// How waits grow and how they are spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackoffSettings {
    /// The longest wait before the first retry, in milliseconds. Default 25, range 1 to
    /// 60000.
    #[serde(rename = "base_ms", with = "crate::time::millis")]
    pub base: Duration,
    /// The longest wait of all, in milliseconds. Default 1000, range `base_ms` to
    /// 3600000.
    #[serde(rename = "max_ms", with = "crate::time::millis")]
    pub max: Duration,
    /// How waits are spread. Default `full`.
    pub jitter: Jitter,
}

/// How waits are spread, so that those who failed together do not come back together
/// (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Anything from nothing to a bound that starts at the base and doubles: the fewest
    /// calls in that comparison, and what gRPC does.
    #[default]
    Full,
    /// From the base to three times the wait before.
    Decorrelated,
}

impl Default for BackoffSettings {
    fn default() -> Self {
        Self { base: Duration::from_millis(25), max: Duration::from_secs(1), jitter: Jitter::Full }
    }
}

impl BackoffSettings {
    /// Whether every value is in its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(Duration::from_millis(1)..=Duration::from_secs(60)).contains(&self.base) {
            return Err(InvalidSetting { field: "base_ms", allowed: "from 1 to 60000" });
        }
        if !(self.base..=Duration::from_secs(3_600)).contains(&self.max) {
            return Err(InvalidSetting { field: "max_ms", allowed: "from base_ms to 3600000" });
        }
        Ok(())
    }
}

/// The waits between the attempts of one request, or of one connection.
///
/// ```
/// use std::time::Duration;
/// use seawall_guard::{retry::{Backoff, BackoffSettings}, stat::Rng};
///
/// let (mut backoff, rng) = (Backoff::default(), Rng::seeded(1));
/// let settings = BackoffSettings::default();
/// assert!(backoff.next(&settings, &rng) <= Duration::from_millis(25));
/// assert!(backoff.next(&settings, &rng) <= Duration::from_millis(50));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the last wait ([`Jitter::Full`]) or the wait itself
    /// ([`Jitter::Decorrelated`]); 0 before the first.
    last_nanos: u64,
}

impl Backoff {
    /// The next wait, at most [`BackoffSettings::max`].
    pub fn next(&mut self, settings: &BackoffSettings, rng: &Rng) -> Duration {
        let (base, max) = (nanos_of(settings.base), nanos_of(settings.max));
        let nanos = match settings.jitter {
            Jitter::Full => {
                let bound =
                    if self.last_nanos == 0 { base } else { self.last_nanos.saturating_mul(2) };
                self.last_nanos = bound.min(max);
                rng.below(self.last_nanos.saturating_add(1))
            }
            Jitter::Decorrelated => {
                let top = self.last_nanos.max(base).saturating_mul(3).max(base);
                let wait = base.saturating_add(rng.below((top - base).saturating_add(1)));
                self.last_nanos = wait.min(max);
                self.last_nanos
            }
        };
        Duration::from_nanos(nanos)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, proptest};

    use super::*;

    fn decorrelated() -> BackoffSettings {
        BackoffSettings { jitter: Jitter::Decorrelated, ..BackoffSettings::default() }
    }

    #[test]
    fn full_jitter_is_spread_from_nothing_to_a_bound_that_doubles() {
        let (settings, rng) = (BackoffSettings::default(), Rng::seeded(1));
        for (retry, bound_ms) in
            [25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1_000.0, 1_000.0].into_iter().enumerate()
        {
            let waits: Vec<_> = (0..10_000)
                .map(|_| {
                    let mut backoff = Backoff::default();
                    for _ in 0..retry {
                        backoff.next(&settings, &rng);
                    }
                    backoff.next(&settings, &rng).as_secs_f64() * 1e3
                })
                .collect();
            let mean = waits.iter().sum::<f64>() / 10_000.0;
            assert!((mean / (bound_ms / 2.0) - 1.0).abs() < 0.05, "retry {retry}: {mean} ms");
            assert!(waits.iter().all(|wait| *wait <= bound_ms), "retry {retry}");
            assert!(waits.iter().any(|wait| *wait < bound_ms / 100.0), "retry {retry}");
        }
    }

    #[test]
    fn decorrelated_jitter_never_waits_less_than_the_base() {
        let (settings, rng) = (decorrelated(), Rng::seeded(1));
        let mut backoff = Backoff::default();
        let mut last = settings.base;
        for _ in 0..10_000 {
            let wait = backoff.next(&settings, &rng);
            assert!(wait >= settings.base && wait <= (last * 3).min(settings.max));
            last = wait;
        }
    }

    /// Its retries wait a fixed interval without jitter (`core/fx/retry.go`), so callers
    /// that failed in the same millisecond come back in the same millisecond.
    #[test]
    fn gozero_fx_retry_sends_everybody_back_at_once_and_this_does_not() {
        let rng = Rng::seeded(7);
        let mut in_millisecond = [0_u32; 26];
        for _ in 0..1_000 {
            let wait = Backoff::default().next(&BackoffSettings::default(), &rng);
            in_millisecond[wait.as_millis() as usize] += 1;
        }
        let busiest = in_millisecond.into_iter().max();
        assert!(busiest < Some(80), "{busiest:?} of 1000 in one millisecond");
    }

    proptest! {
        #[test]
        fn no_settings_make_a_wait_too_long(base: u64, max: u64, decorrelated: bool, seed: u64) {
            let jitter = if decorrelated { Jitter::Decorrelated } else { Jitter::Full };
            let settings = BackoffSettings {
                base: Duration::from_nanos(base),
                max: Duration::from_nanos(max),
                jitter,
            };
            let (mut backoff, rng) = (Backoff::default(), Rng::seeded(seed));
            for _ in 0..70 {
                prop_assert!(backoff.next(&settings, &rng) <= settings.max);
            }
        }
    }

    #[test]
    fn settings_are_read_and_checked() {
        let read: BackoffSettings =
            serde_json::from_str(r#"{"base_ms": 50, "jitter": "decorrelated"}"#).unwrap();
        assert_eq!(read, BackoffSettings { base: Duration::from_millis(50), ..decorrelated() });
        assert!(serde_json::from_str::<BackoffSettings>(r#"{"base": 50}"#).is_err());
        let refused = |settings: BackoffSettings| settings.validate().unwrap_err().field;
        assert_eq!(BackoffSettings::default().validate(), Ok(()));
        assert_eq!(refused(BackoffSettings { base: Duration::ZERO, ..decorrelated() }), "base_ms");
        assert_eq!(refused(BackoffSettings { max: Duration::ZERO, ..decorrelated() }), "max_ms");
    }
}
