//! Random times.

use std::{f64::consts::TAU, time::Duration};

use seawall_guard::stat::Rng;

/// How long something takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spread {
    /// Always the same.
    Fixed(Duration),
    /// Exponential, of this mean.
    Exponential(Duration),
    /// Lognormal, of this mean and this sigma of the logarithm: 1 is a long tail.
    Lognormal(Duration, f64),
    /// This share of them takes the first time, the others the second.
    Either(f64, Duration, Duration),
}

impl Spread {
    /// What it is on average.
    pub(crate) fn mean(self) -> Duration {
        match self {
            Self::Fixed(mean) | Self::Exponential(mean) | Self::Lognormal(mean, _) => mean,
            Self::Either(share, one, other) => one.mul_f64(share) + other.mul_f64(1.0 - share),
        }
    }

    /// One of them.
    pub(crate) fn draw(self, rng: &Rng) -> Duration {
        match self {
            Self::Fixed(time) => time,
            Self::Exponential(mean) => mean.mul_f64(exponential(rng)),
            Self::Lognormal(mean, sigma) => {
                mean.mul_f64((sigma * normal(rng) - sigma * sigma / 2.0).exp())
            }
            Self::Either(share, one, other) => {
                if rng.next_f64() < share {
                    one
                } else {
                    other
                }
            }
        }
    }
}

/// Of mean 1.
pub(crate) fn exponential(rng: &Rng) -> f64 {
    -(1.0 - rng.next_f64()).ln()
}

/// Of mean 0 and deviation 1 (Box and Muller).
fn normal(rng: &Rng) -> f64 {
    (2.0 * exponential(rng)).sqrt() * (TAU * rng.next_f64()).cos()
}

#[test]
fn spreads_have_their_means() {
    let rng = Rng::seeded(5);
    let mean = Duration::from_millis(10);
    let spreads = [
        Spread::Fixed(mean),
        Spread::Exponential(mean),
        Spread::Lognormal(mean, 0.8),
        Spread::Either(0.9, mean / 10, mean),
    ];
    for spread in spreads {
        let sum: Duration = (0..200_000).map(|_| spread.draw(&rng)).sum();
        let found = sum.as_secs_f64() / 200_000.0;
        assert!((found / spread.mean().as_secs_f64() - 1.0).abs() < 0.01, "{spread:?}: {found}");
    }
}
