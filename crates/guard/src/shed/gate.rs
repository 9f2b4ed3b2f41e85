//! Who may use how much of a service's room.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    admit::Priority,
    settings::InvalidSetting,
    stat::{Ewma, Tally},
    sync::{AtomicU64, Mutex, Ordering},
    time::Instant,
};

const LEVELS: usize = Priority::LEVELS as usize;

/// Requests and answers are averaged over this time: long enough to count some, short
/// enough that a tenfold load is met before clients give up.
const TAU: Duration = Duration::from_millis(600);

/// So many times the average is a step of load and not chance.
const STEP: f64 = 1.5;

/// How a [`PriorityGate`] divides requests by what the service can answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateSettings {
    /// As much of what can be answered is [`Claim::First`]. Default 0.55, from 0 to
    /// `sure`. More saves more of those who matter most from a queue that others left,
    /// and lets that queue live longer.
    pub first: f64,
    /// As much, with the first, is [`Claim::Sure`]. Default 0.98, from 0 to 1. With less, a
    /// queue is shorter, and fewer of those who are admitted once are admitted again.
    pub sure: f64,
    /// As much, with all those, is [`Claim::Edge`]; the rest is [`Claim::Last`]. Default
    /// 1.08, from 1 to 10. With more, more room is found at the moment, and more of those
    /// who are admitted once are refused at their next call.
    pub edge: f64,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { first: 0.55, sure: 0.98, edge: 1.08 }
    }
}

impl GateSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(0.0..=1.0).contains(&self.sure) {
            return Err(InvalidSetting { field: "sure", allowed: "from 0 to 1" });
        }
        if !(0.0..=self.sure).contains(&self.first) {
            return Err(InvalidSetting { field: "first", allowed: "from 0 to sure" });
        }
        if !(1.0..=10.0).contains(&self.edge) {
            return Err(InvalidSetting { field: "edge", allowed: "from 1 to 10" });
        }
        Ok(())
    }
}

/// What a request may claim of a service's room, by how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// One of those who matter most, who are half of what can be answered: it may queue.
    First,
    /// Can be answered, with all who matter more.
    Sure,
    /// At the edge of what can be answered: has room when those who matter more leave it.
    Edge,
    /// Beyond what can be answered, as far as is known.
    Last,
}

/// Sorts requests by how much they matter, and says who belongs to what can be answered.
///
/// Its measure is what the service answers, not what it is asked: of the requests that
/// come, those who matter most and are as many as the answers are admitted. So a level is
/// found in one window, whatever the load, and found again when load or service change.
/// A histogram of the levels of all who come turns shares into levels; a request costs
/// one addition and up to three comparisons.
///
/// It follows DAGOR (Zhou et al., "Overload Control for Scaling WeChat Microservices",
/// SoCC 2018) in levels, histogram, and in telling callers the level. DAGOR admits 5 % less
/// after each window with a queue and 1 % more after each without, so from ten times the
/// capacity it needs 45 windows, in which requests are refused at random; and between the
/// two it either leaves a queue or room. Here the level is a band: whoever is surely
/// within it always enters, so what is admitted at the first hop is admitted at the next,
/// and who is at its edge fills what room there is at the moment.
#[derive(Debug)]
pub struct PriorityGate {
    bounds: AtomicU64,
    came: Tally<LEVELS>,
    learner: Mutex<Learner>,
}

/// The first levels that are not [`Claim::First`], not [`Claim::Sure`], and
/// [`Claim::Last`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    sure: u16,
    edge: u16,
    last: u16,
}

impl Bounds {
    const OPEN: Self =
        Self { sure: PriorityGate::OPEN, edge: PriorityGate::OPEN, last: PriorityGate::OPEN };

    const fn pack(self) -> u64 {
        self.sure as u64 | (self.edge as u64) << 16 | (self.last as u64) << 32
    }

    const fn unpack(packed: u64) -> Self {
        Self { sure: packed as u16, edge: (packed >> 16) as u16, last: (packed >> 32) as u16 }
    }

    fn claim(self, level: u16) -> Claim {
        if level < self.sure {
            Claim::First
        } else if level < self.edge {
            Claim::Sure
        } else if level < self.last {
            Claim::Edge
        } else {
            Claim::Last
        }
    }
}

#[derive(Debug)]
struct Learner {
    settings: GateSettings,
    /// Requests that came, by level; older ones count less.
    came: Box<[f64; LEVELS]>,
    /// Requests and answers a second.
    requests: Ewma,
    answers: Ewma,
    began: Instant,
}

impl PriorityGate {
    /// The level that nobody has: who is told it sends everything.
    pub const OPEN: u16 = Priority::LEVELS;

    /// An open one.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range.
    pub fn new(settings: &GateSettings, now: Instant) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let learner = Learner {
            settings: settings.clone(),
            came: Box::new([0.0; LEVELS]),
            requests: Ewma::new(TAU),
            answers: Ewma::new(TAU),
            began: now,
        };
        Ok(Self {
            bounds: AtomicU64::new(Bounds::OPEN.pack()),
            came: Tally::new(),
            learner: Mutex::new(learner),
        })
    }

    /// Counts a request, and says what it may claim.
    pub fn claim(&self, priority: Priority) -> Claim {
        let level = priority.level();
        self.came.add(level.into());
        self.bounds().claim(level)
    }

    /// The first level that is beyond what can be answered, [`PriorityGate::OPEN`] when
    /// none is. Answers carry it back, so that callers do not send what would be refused.
    pub fn level(&self) -> u16 {
        self.bounds().last
    }

    /// Whether it lets everybody be first, as nothing is known yet or nothing is wrong.
    pub fn is_open(&self) -> bool {
        self.bounds() == Bounds::OPEN
    }

    /// How many requests came since the last window ended.
    pub fn came(&self) -> u64 {
        self.came.total()
    }

    /// Ends a window and divides requests anew. `answers` are those a second, as far as
    /// they were measured since the last time.
    pub fn divide(&self, now: Instant, answers: Option<f64>) {
        let mut learner = self.learner.lock();
        learner.learn(now, &self.came.take(), answers);
        self.bounds.store(learner.bounds().pack(), Ordering::Relaxed);
    }

    /// Ends a window. In the next everybody is first.
    pub fn open(&self, now: Instant, answers: Option<f64>) {
        let mut learner = self.learner.lock();
        learner.learn(now, &self.came.take(), answers);
        self.bounds.store(Bounds::OPEN.pack(), Ordering::Relaxed);
    }

    /// Takes other settings over; they count from the next window on.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range; then nothing changes.
    pub fn reconfigure(&self, settings: &GateSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.learner.lock().settings = settings.clone();
        Ok(())
    }

    fn bounds(&self) -> Bounds {
        Bounds::unpack(self.bounds.load(Ordering::Relaxed))
    }
}

impl Learner {
    fn learn(&mut self, now: Instant, came: &[u64; LEVELS], answers: Option<f64>) {
        let took = (now - self.began).as_secs_f64().max(1e-6);
        self.began = now;
        // A histogram needs more requests than their number does.
        let kept = (-took / (3.0 * TAU.as_secs_f64())).exp();
        let mut requests = 0;
        for (sum, came) in self.came.iter_mut().zip(came) {
            *sum = *sum * kept + *came as f64;
            requests += came;
        }
        self.count(now, requests as f64 / took);
        if let Some(answers) = answers {
            self.answers.add(now, answers);
        }
    }

    /// Averages requests a second, but a step of load counts at once: until it does, all
    /// that comes would be taken for what can be answered.
    fn count(&mut self, now: Instant, requests: f64) {
        if self.requests.value().is_some_and(|average| requests > STEP * average) {
            self.requests = Ewma::new(TAU);
        }
        self.requests.add(now, requests);
    }

    fn bounds(&self) -> Bounds {
        let (Some(requests), Some(answers)) = (self.requests.value(), self.answers.value()) else {
            return Bounds::OPEN;
        };
        let answered = self.came.iter().sum::<f64>() * answers / requests.max(1e-6);
        let (first, sure, edge) = (
            answered * self.settings.first,
            answered * self.settings.sure,
            answered * self.settings.edge,
        );
        let mut bounds = Bounds { sure: 0, edge: 0, last: PriorityGate::OPEN };
        let mut sum = 0.0;
        for (level, came) in (0_u16..).zip(self.came.iter()) {
            // Whoever is the one to go beyond is at the edge, not last: of a level that
            // everybody has, some are admitted.
            if sum >= edge {
                bounds.last = level;
                break;
            }
            sum += came;
            if sum <= first {
                bounds.sure = level + 1;
            }
            if sum <= sure {
                bounds.edge = level + 1;
            }
        }
        bounds
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Class, Cohort};

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn gate() -> PriorityGate {
        PriorityGate::new(&GateSettings::default(), at(0)).unwrap()
    }

    fn of(level: u16) -> Priority {
        let class = Class::new((level / 128) as u8).unwrap();
        Priority { class, cohort: Cohort::new((level % 128) as u8).unwrap() }
    }

    /// Requests of 100 ms: `number` of each of these levels.
    fn come(gate: &PriorityGate, levels: impl Iterator<Item = u16>, number: u32) {
        for level in levels {
            (0..number).for_each(|_| {
                gate.claim(of(level));
            });
        }
    }

    #[test]
    fn an_open_gate_lets_everybody_be_first() {
        let gate = gate();
        assert!(gate.is_open());
        assert!((0..Priority::LEVELS).all(|level| gate.claim(of(level)) == Claim::First));
        assert_eq!(gate.level(), PriorityGate::OPEN);
    }

    #[test]
    fn ten_times_what_can_be_answered_is_divided_in_one_window() {
        // Given 128 requests of one class in 100 ms, one of each cohort, and 128 answers a
        // second: a tenth
        let gate = gate();
        come(&gate, 512..640, 1);
        assert_eq!(gate.came(), 128);
        gate.divide(at(100), Some(128.0));
        let claims = |claim| (512..640).filter(|level| gate.claim(of(*level)) == claim).count();
        // Then the first 0.55, 0.98 and 1.08 of 12.8 are admitted, to a whole level.
        assert_eq!(claims(Claim::First), 7);
        assert_eq!(claims(Claim::Sure), 12 - 7);
        assert_eq!(claims(Claim::Edge), 14 - 12);
        assert_eq!(gate.level(), 512 + 14);
    }

    #[test]
    fn a_class_that_matters_more_comes_first_however_many_of_the_others_there_are() {
        let gate = gate();
        come(&gate, 0..128, 1);
        come(&gate, 896..1_024, 20);
        gate.divide(at(100), Some(2_560.0));
        assert!((0..128).all(|level| gate.claim(of(level)) == Claim::First));
        assert_eq!(gate.claim(of(1_023)), Claim::Last);
    }

    #[test]
    fn of_a_level_that_everybody_has_some_are_admitted() {
        // Given requests that say nothing of themselves
        let gate = gate();
        come(&gate, 512..513, 100);
        gate.divide(at(100), Some(100.0));
        assert_eq!(gate.claim(of(512)), Claim::Edge);
        assert_eq!(gate.claim(of(513)), Claim::Last);
    }

    #[test]
    fn a_step_of_load_counts_at_once_and_chance_does_not() {
        let gate = gate();
        come(&gate, 0..1_000, 1);
        gate.divide(at(100), Some(10_000.0));
        assert_eq!(gate.level(), PriorityGate::OPEN, "all are answered");
        come(&gate, 0..1_000, 10);
        gate.divide(at(200), Some(10_000.0));
        assert!((90..150).contains(&gate.level()), "{}", gate.level());
    }

    #[test]
    fn what_is_answered_is_known_to_be_unknown_at_first() {
        let gate = gate();
        come(&gate, 0..1_000, 1);
        gate.divide(at(100), None);
        assert_eq!(gate.level(), PriorityGate::OPEN);
        gate.divide(at(200), Some(0.0));
        assert_eq!(gate.claim(of(0)), Claim::Last, "and nothing is nothing");
        gate.open(at(300), None);
        assert_eq!(gate.level(), PriorityGate::OPEN);
    }

    #[test]
    fn settings_out_of_their_ranges_are_named() {
        let of = |first, sure, edge| GateSettings { first, sure, edge }.validate();
        assert_eq!(of(0.0, 0.0, 1.0), Ok(()));
        assert_eq!(of(0.5, 1.1, 2.0).unwrap_err().field, "sure");
        assert_eq!(of(0.9, 0.8, 2.0).unwrap_err().field, "first");
        assert_eq!(of(0.5, 0.8, f64::NAN).unwrap_err().field, "edge");
        let gate = gate();
        let invalid = GateSettings { edge: 0.5, ..GateSettings::default() };
        assert!(gate.reconfigure(&invalid).is_err());
        assert!(gate.reconfigure(&GateSettings::default()).is_ok());
    }

    proptest! {
        #[test]
        fn who_matters_more_never_claims_less_and_no_more_is_sure_than_is_answered(
            levels in proptest::collection::vec(0..Priority::LEVELS, 1..400),
            answers in 0.0..10_000.0_f64,
        ) {
            let gate = gate();
            come(&gate, levels.iter().copied(), 1);
            gate.divide(at(100), Some(answers));
            let rank = |level| match gate.claim(of(level)) {
                Claim::First => 0,
                Claim::Sure => 1,
                Claim::Edge => 2,
                Claim::Last => 3,
            };
            let ranks: Vec<u8> = (0..Priority::LEVELS).map(rank).collect();
            prop_assert!(ranks.is_sorted());
            let sure = levels.iter().filter(|level| ranks[usize::from(**level)] < 2).count();
            prop_assert!(sure as f64 <= answers / 10.0 * GateSettings::default().sure + 1e-6);
            let beyond = levels.iter().filter(|level| ranks[usize::from(**level)] == 3).count();
            let admitted = levels.len() - beyond;
            // As many as the edge allows, and the level that goes beyond it.
            let enough = (answers / 10.0 * GateSettings::default().edge).min(levels.len() as f64) - 1e-6;
            prop_assert!(admitted as f64 >= enough, "{admitted} of {}", levels.len());
        }
    }
}
