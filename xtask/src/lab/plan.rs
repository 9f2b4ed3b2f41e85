//! How much load comes when, and what it is of.

/// What a request makes the server do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Four milliseconds of the processor's time.
    Cpu,
    /// Eighty milliseconds in a backend that does 32 at once.
    Io,
}

/// Places in the backend.
const POOL: u32 = 32;

impl Work {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Cpu, Self::Io];

    /// As in rows, and as `seawall-lab` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Io => "io",
        }
    }

    /// How long a request takes when it is alone, in microseconds.
    pub(crate) const fn micros(self) -> u32 {
        match self {
            Self::Cpu => 4_000,
            Self::Io => 80_000,
        }
    }

    /// How many at once keep the server busy and nobody waiting for long.
    pub(crate) const fn at_once(self) -> u32 {
        match self {
            Self::Cpu => 4,
            Self::Io => POOL,
        }
    }

    /// Where a cap that somebody sets by hand would be.
    pub(crate) const fn cap(self) -> u32 {
        match self {
            Self::Cpu => 16,
            Self::Io => 2 * POOL,
        }
    }

    /// Requests a second that one core, or the backend, should carry.
    pub(crate) fn expected(self) -> f64 {
        let places = match self {
            Self::Cpu => 1,
            Self::Io => POOL,
        };
        f64::from(places) * 1_000_000.0 / f64::from(self.micros())
    }
}

/// How long a caller waits for an answer.
pub(crate) const PATIENCE_MS: u32 = 300;

/// What is sent between overloads, in parts of what the server can do.
pub(crate) const CALM: f64 = 0.7;

/// Overloads, with the part of the peak that must still be served.
pub(crate) const OVERLOADS: [(f64, f64); 4] = [(1.2, 95.0), (2.0, 92.0), (5.0, 88.0), (10.0, 80.0)];

/// How long each part lasts, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Size {
    /// Alone, and as fast as it goes.
    pub(crate) measure: f64,
    /// Calm, at the beginning.
    pub(crate) warm_up: f64,
    /// An overload.
    pub(crate) overload: f64,
    /// Calm again.
    pub(crate) calm: f64,
}

impl Size {
    /// What targets are about.
    pub(crate) const FULL: Self = Self { measure: 8.0, warm_up: 10.0, overload: 15.0, calm: 6.0 };

    /// Enough to see that everything runs.
    pub(crate) const QUICK: Self = Self { measure: 1.0, warm_up: 1.0, overload: 1.0, calm: 1.0 };

    /// All steps, in parts of what the server can do, and seconds.
    pub(crate) fn steps(self) -> Vec<(f64, f64)> {
        let mut steps = vec![(CALM, self.warm_up)];
        for (times, _) in OVERLOADS {
            steps.extend([(times, self.overload), (CALM, self.calm)]);
        }
        steps
    }

    /// How long all of it takes on one server.
    pub(crate) fn seconds(self) -> f64 {
        self.steps().iter().map(|(_, seconds)| seconds).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_overload_stands_between_calms() {
        let steps = Size::FULL.steps();
        assert_eq!(steps.len(), 1 + 2 * OVERLOADS.len());
        for (number, (times, _)) in steps.iter().enumerate() {
            assert_eq!(*times < 1.0, number % 2 == 0, "{steps:?}");
        }
        assert_eq!(Size::FULL.seconds(), 94.0);
    }

    #[test]
    fn a_few_hundred_a_second_are_what_a_server_can_do() {
        for work in Work::ALL {
            assert!((200.0..=500.0).contains(&work.expected()), "{work:?}");
        }
    }
}
