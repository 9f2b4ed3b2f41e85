//! Lowering the limit for a moment to hear how deep the queue is.

use std::time::Duration;

use super::{
    Holds, WindowSample,
    baseline::{Base, Stretch},
};
use crate::time::Instant;

/// Each step goes down to this share of what is in flight without a queue, or of the
/// limit. Low enough that a queue or its absence shows in 40 answers, and that much of
/// the throughput for a few windows is all it costs.
const DEPTH: f64 = 0.6;
/// A throughput that stays above this share did not feel the lower limit.
const UNMOVED: f64 = 0.7;
/// The same where some were let in beyond the limit, and did their part of it.
const UNMOVED_EXCEEDED: f64 = 0.9;
/// Those from before may take this long to leave, or several times their latency.
const DRAINS_IN_MIN: Duration = Duration::from_secs(1);
/// Answers to listen to at a level.
const ANSWERS: f64 = 40.0;

/// As many may be in flight at a level where some are let in beyond it.
pub(super) fn most(level: f64) -> f64 {
    level + 3.0 * level.sqrt()
}

/// A moment in which the limit is low on purpose.
///
/// While load is held down by the limit, throughput at a lower one tells two things apart
/// that look the same in latency. If throughput stays, what went was a queue: go lower.
/// If it falls, the server works without one, and latency is its own. In neither case is
/// latency itself looked at: those in flight are known and answers are counted, and by
/// Little's law their quotient is the mean latency. So requests from before the sounding
/// cannot spoil it (Envoy measured them with the rest until envoyproxy/envoy#11579), and
/// it goes no lower than it must (Envoy goes to its minimum each time and rejects what
/// the server could have done, envoyproxy/envoy#46532).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sounding {
    began: Instant,
    /// How long those from before may take to leave, and by when they must have.
    drains_in: Duration,
    drains_by: Instant,
    level: f64,
    level_min: f64,
    /// Answers a second before it began.
    throughput: f64,
    heard: Stretch,
    /// Whether more were in flight meanwhile than the level.
    is_exceeded: bool,
}

/// What a window of a sounding has to say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heard {
    /// Nothing yet: this limit, and listen on.
    Nothing(Sounding),
    /// Nothing, and there will be nothing: load is below even the lower limit, or those
    /// from before do not leave, as a stream that is open for hours.
    Silence,
    /// What the server does without a queue, and how long it took to hear.
    Base(Base, Duration),
}

impl Sounding {
    /// Of a server with this latency and so many answers a second, from a limit that is
    /// reached.
    pub(super) fn new(
        (now, latency): (Instant, Duration),
        (limit, limit_min): (f64, u32),
        throughput: f64,
        base: Base,
    ) -> Self {
        let level_min = f64::from(limit_min);
        let level = (base.in_flight().min(limit) * DEPTH).max(level_min).floor();
        let drains_in = (latency * 5).max(DRAINS_IN_MIN);
        Self {
            began: now,
            drains_in,
            drains_by: now + drains_in,
            level,
            level_min,
            throughput,
            heard: Stretch::default(),
            is_exceeded: false,
        }
    }

    /// The limit while it lasts.
    pub(super) fn limit(&self) -> f64 {
        self.level
    }

    /// Listens to a window.
    pub(super) fn hear(mut self, window: &WindowSample, latency: f64) -> Heard {
        let in_flight_max = f64::from(window.in_flight_max);
        let most = match window.holds {
            Holds::Everybody => self.level,
            Holds::Most | Holds::Nobody => most(self.level),
        };
        if in_flight_max > most {
            // Those from before are still leaving.
            let is_late = window.ended > self.drains_by;
            return if is_late { Heard::Silence } else { Heard::Nothing(self) };
        }
        if in_flight_max < 0.8 * self.level && window.rejected == 0 {
            return Heard::Silence;
        }
        self.heard.add(window, latency);
        self.is_exceeded |= in_flight_max > self.level;
        if self.heard.answered() < ANSWERS {
            return Heard::Nothing(self);
        }
        let throughput = self.heard.throughput();
        let unmoved = if self.is_exceeded { UNMOVED_EXCEEDED } else { UNMOVED };
        if throughput >= unmoved * self.throughput && self.level > self.level_min {
            self.level = (self.level * DEPTH).max(self.level_min).floor();
            (self.heard, self.is_exceeded) = (Stretch::default(), false);
            self.drains_by = window.ended + self.drains_in;
            return Heard::Nothing(self);
        }
        let mut latency = self.level / throughput;
        if self.is_exceeded {
            latency = (latency * self.heard.latency()).sqrt();
        }
        let base = Base { latency, throughput: self.throughput };
        Heard::Base(base, window.ended - self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Base = Base { latency: 0.1, throughput: 400.0 };

    /// Listens to a server of which `in_flight` can work at once, 100 ms each.
    fn sound(mut sounding: Sounding, in_flight: f64) -> (Base, Vec<f64>) {
        let mut levels = vec![sounding.limit()];
        for _ in 0..200 {
            let level = sounding.limit();
            let latency = 0.1 * (level / in_flight).max(1.0);
            let answered = (level / latency / 10.0).round() as u64;
            let window = WindowSample::of(0, level as u32, answered, Duration::ZERO);
            match sounding.hear(&window, latency) {
                Heard::Nothing(next) => sounding = next,
                Heard::Base(base, _) => return (base, levels),
                Heard::Silence => panic!("{sounding:?}"),
            }
            if sounding.limit() != level {
                levels.push(sounding.limit());
            }
        }
        panic!("{sounding:?}")
    }

    fn began(limit: f64, throughput: f64, base: Base) -> Sounding {
        Sounding::new((Instant::START, Duration::ZERO), (limit, 4), throughput, base)
    }

    #[test]
    fn a_base_that_is_right_is_found_again_in_one_step() {
        let (base, levels) = sound(began(80.0, 400.0, BASE), 40.0);
        assert_eq!(levels, [24.0]);
        assert!((base.latency - 0.1).abs() < 1e-9 && base.throughput == 400.0, "{base:?}");
    }

    #[test]
    fn a_queue_that_was_taken_for_the_base_is_left_step_by_step() {
        // Given what a start in an overload teaches: ten times the latency
        let learnt = Base { latency: 1.0, ..BASE };
        let (base, levels) = sound(began(400.0, 400.0, learnt), 40.0);
        assert_eq!(levels, [240.0, 144.0, 86.0, 51.0, 30.0, 18.0]);
        assert!((base.latency - 0.1).abs() < 1e-9, "{base:?}");
    }

    #[test]
    fn a_server_that_became_slower_is_told_from_a_queue() {
        // Given a limit of 8 that was right at 10 ms, and requests of 100 ms
        let learnt = Base { latency: 0.01, ..BASE };
        let (base, levels) = sound(began(8.0, 80.0, learnt), 40.0);
        assert_eq!(levels, [4.0]);
        assert!((base.latency - 0.1).abs() < 1e-9, "{base:?}");
    }

    #[test]
    fn it_goes_no_lower_than_the_lowest_limit_and_ends_there() {
        let (base, levels) = sound(began(12.0, 10.0, Base { latency: 1.0, throughput: 10.0 }), 1.0);
        assert_eq!(levels, [6.0, 4.0]);
        assert!((base.latency - 0.4).abs() < 1e-9, "{base:?}");
    }

    /// Envoy counted what was in flight before the measurement into it.
    #[test]
    fn envoy_11579_nothing_is_heard_until_those_from_before_have_left() {
        let sounding = began(80.0, 400.0, BASE);
        let slow = WindowSample::of(0, 80, 1_000, Duration::from_secs(9));
        let Heard::Nothing(same) = sounding.hear(&slow, 9.0) else { panic!() };
        let (base, _) = sound(same, 40.0);
        assert!((base.latency - 0.1).abs() < 1e-9, "{base:?}");
    }

    #[test]
    fn a_few_who_are_let_in_beyond_the_limit_are_not_those_from_before() {
        // Given a level of 24, 30 in flight, and all of them worked on: 300 a second
        let window = |holds| WindowSample {
            holds,
            ..WindowSample::of(0, 30, 100, Duration::from_millis(100))
        };
        let hear = |holds| began(80.0, 1_000.0, BASE).hear(&window(holds), 0.1);
        assert!(matches!(hear(Holds::Everybody), Heard::Nothing(_)), "30 are still leaving");
        let heard = began(80.0, 1_500.0, BASE).hear(&window(Holds::Most), 0.1);
        let Heard::Base(base, _) = heard else { panic!("{heard:?}") };
        // Between 24 and 30 of what is answered in a millisecond.
        assert!((0.024..0.1).contains(&base.latency), "{base:?}");
    }

    #[test]
    fn requests_that_never_end_do_not_keep_the_limit_low() {
        let in_flight = |seconds| WindowSample {
            ended: Instant::START + Duration::from_secs(seconds),
            ..WindowSample::of(0, 30, 10, Duration::from_millis(100))
        };
        let sounding = began(80.0, 400.0, BASE);
        let Heard::Nothing(sounding) = sounding.hear(&in_flight(1), 0.1) else { panic!() };
        assert!(matches!(sounding.hear(&in_flight(2), 0.1), Heard::Silence));
    }

    #[test]
    fn it_ends_when_load_goes_below_even_the_lower_limit() {
        let window = WindowSample::of(0, 12, 10, Duration::from_millis(100));
        let heard = began(80.0, 400.0, BASE).hear(&window, 0.1);
        assert!(matches!(heard, Heard::Silence), "{heard:?}");
    }
}
