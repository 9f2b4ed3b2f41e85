//! Whether one endpoint is well.

use std::time::Duration;

use super::{
    endpoint::Counts,
    probe::Probe,
    settings::{BalanceSettings, EjectionSettings},
    standing::{Reason, Standing},
    warm_up::WarmUp,
    window::{Tally, Window},
};
use crate::{
    stat::{Ewma, Rng},
    time::Instant,
};

/// The time out doubles at most so often.
const MOST_STRIKES: u32 = 16;
/// Success in the window must be so many standard deviations below the limit: of twenty
/// requests five fail now and then where one in ten does.
const WINDOW_SIGMAS: f64 = 2.0;
/// The same for the latest part of the window, which is looked at more often.
const LATEST_SIGMAS: f64 = 3.0;
/// So many successes between two reviews, and nothing else.
const CLEARLY_WELL: u64 = 3;
/// An endpoint that answers nothing but overloads keeps this much of its weight.
const LEAST_ROOM: f64 = 0.1;

/// What is seen of an endpoint at a review.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    pub(super) counts: Counts,
    /// Failures in a row.
    pub(super) streak: u32,
    /// Whether it has requests and answers none.
    pub(super) stalled: bool,
    pub(super) probe: Probe,
    pub(super) left_out: bool,
    /// Whether nobody of its zone is well.
    pub(super) zone_down: bool,
}

/// The health of one endpoint: what it did, where it stands, and how it comes back.
#[derive(Debug)]
pub(super) struct Health {
    window: Window,
    standing: Standing,
    /// How often it was unwell lately.
    strikes: u32,
    calm_since: Instant,
    warming: Option<WarmUp>,
    /// Whether it was left out since it was last well.
    was_out: bool,
    overload: Ewma,
}

impl Health {
    /// Of an endpoint that is new, or that was there before this balancer (`warm`).
    pub(super) fn new(now: Instant, settings: &BalanceSettings, warm: bool) -> Self {
        Self {
            window: Window::new(now, settings.ejection.window),
            standing: Standing::Well,
            strikes: 0,
            calm_since: now,
            warming: (!warm).then(|| WarmUp::of_new(now)),
            was_out: false,
            overload: Ewma::new(settings.decay),
        }
    }

    /// Looks at what happened since the last review. True when it came back.
    pub(super) fn review(
        &mut self,
        now: Instant,
        settings: &BalanceSettings,
        rng: &Rng,
        sight: Sight,
    ) -> bool {
        let ejection = &settings.ejection;
        self.window.add(now, sight.counts);
        self.note_overloads(now, sight.counts);
        self.was_out |= sight.left_out;
        if self.warmth(now, settings) >= 1.0 {
            self.warming = None;
        }
        match self.standing {
            Standing::Well => {
                self.review_well(now, ejection, rng, sight);
                false
            }
            Standing::Unwell { reason, until, .. } => {
                self.review_unwell(now, ejection, rng, sight, (reason, until))
            }
        }
    }

    fn note_overloads(&mut self, now: Instant, counts: Counts) {
        let all = counts.total() + counts.overloads;
        let share = if all == 0 { 0.0 } else { counts.overloads as f64 / all as f64 };
        self.overload.add(now, share);
    }

    fn review_well(&mut self, now: Instant, ejection: &EjectionSettings, rng: &Rng, sight: Sight) {
        if let Some(reason) = self.fault(ejection, sight.streak) {
            self.strike(now, ejection, rng, reason);
        } else if sight.stalled {
            let until = now + jittered(ejection.time_min, rng);
            self.standing = Standing::Unwell { reason: Reason::Stalled, since: now, until };
        } else if self.strikes > 0 && now - self.calm_since >= ejection.window {
            self.strikes -= 1;
            self.calm_since = now;
        }
    }

    fn review_unwell(
        &mut self,
        now: Instant,
        ejection: &EjectionSettings,
        rng: &Rng,
        sight: Sight,
        (reason, until): (Reason, Instant),
    ) -> bool {
        match sight.probe {
            Probe::Passed => {
                self.come_back(now);
                return true;
            }
            // Its zone is still down, which says nothing about itself.
            Probe::Failed if reason == Reason::Zone && sight.zone_down => {}
            Probe::Failed if sight.left_out => {
                let own = if reason == Reason::Zone { Reason::Streak } else { reason };
                self.strike(now, ejection, rng, own);
            }
            Probe::Failed | Probe::Busy => self.wait(now + jittered(ejection.time_min, rng)),
            Probe::Idle | Probe::Wanted | Probe::Under => {}
        }
        if reason == Reason::Stalled {
            self.review_stalled(now, ejection, rng, sight);
            false
        } else {
            !sight.left_out && self.review_kept(now, ejection, rng, sight, until)
        }
    }

    fn review_stalled(
        &mut self,
        now: Instant,
        ejection: &EjectionSettings,
        rng: &Rng,
        sight: Sight,
    ) {
        if let Some(reason) = self.fault(ejection, sight.streak) {
            self.strike(now, ejection, rng, reason);
        } else if !sight.stalled {
            self.standing = Standing::Well;
        }
    }

    /// It gets requests although it is unwell, because too many are.
    fn review_kept(
        &mut self,
        now: Instant,
        ejection: &EjectionSettings,
        rng: &Rng,
        sight: Sight,
        until: Instant,
    ) -> bool {
        let Counts { successes, failures, .. } = sight.counts;
        let clearly_well = failures == 0 && successes >= CLEARLY_WELL;
        if sight.streak == 0 && (clearly_well || (now >= until && successes > 0)) {
            self.come_back(now);
            return true;
        }
        if now >= until && sight.streak > 0 {
            self.wait(now + jittered(ejection.time_min, rng));
        }
        false
    }

    fn fault(&self, ejection: &EjectionSettings, streak: u32) -> Option<Reason> {
        let limit = ejection.consecutive_failures;
        if limit > 0 && streak >= limit {
            return Some(Reason::Streak);
        }
        let below = |tally: Tally, sigmas: f64| {
            let success = tally.success(ejection.min_requests)?;
            let limit = ejection.success_below;
            let deviation = (limit * (1.0 - limit) / tally.requests as f64).sqrt();
            Some(success < limit - sigmas * deviation)
        };
        let failing = below(self.window.tally(), WINDOW_SIGMAS) == Some(true)
            || below(self.window.latest(), LATEST_SIGMAS) == Some(true);
        failing.then_some(Reason::Failing)
    }

    /// Takes it for unwell, for longer each time.
    pub(super) fn strike(
        &mut self,
        now: Instant,
        ejection: &EjectionSettings,
        rng: &Rng,
        reason: Reason,
    ) {
        let time = ejection.time_min.saturating_mul(1 << self.strikes).min(ejection.time_max);
        self.strikes = (self.strikes + 1).min(MOST_STRIKES);
        self.become_unwell(now, reason, now + jittered(time, rng));
    }

    /// Takes over what a health check found. One that passes it and failed requests is not
    /// well for that, but may be tried at once.
    pub(super) fn check(
        &mut self,
        now: Instant,
        ejection: &EjectionSettings,
        rng: &Rng,
        passed: bool,
    ) {
        match (passed, self.standing) {
            (true, Standing::Well) => {}
            (
                true,
                Standing::Unwell {
                    reason: Reason::Streak | Reason::Failing | Reason::Outlier, ..
                },
            ) => self.wait(now),
            (true, Standing::Unwell { .. }) => self.come_back(now),
            (false, Standing::Well) => self.strike(now, ejection, rng, Reason::Check),
            (false, Standing::Unwell { .. }) => self.wait(now + jittered(ejection.time_min, rng)),
        }
    }

    /// Takes it for unwell because its zone is: no fault of its own.
    pub(super) fn fall_with_zone(&mut self, now: Instant) {
        self.become_unwell(now, Reason::Zone, now);
    }

    fn become_unwell(&mut self, now: Instant, reason: Reason, until: Instant) {
        let since = self.standing.unwell_since().unwrap_or(now);
        self.standing = Standing::Unwell { reason, since, until };
        self.window.clear();
    }

    fn wait(&mut self, until: Instant) {
        if let Standing::Unwell { until: end, .. } = &mut self.standing {
            *end = until;
        }
    }

    /// Takes it for well, with a share that grows if it was left out.
    pub(super) fn come_back(&mut self, now: Instant) {
        self.standing = Standing::Well;
        self.window.clear();
        self.calm_since = now;
        if std::mem::take(&mut self.was_out) {
            self.warming = Some(WarmUp::of_returned(now));
        }
    }

    pub(super) const fn standing(&self) -> Standing {
        self.standing
    }

    pub(super) fn is_well(&self) -> bool {
        self.standing == Standing::Well
    }

    /// Its success in the window, when there were so many requests.
    pub(super) fn success(&self, least: u32) -> Option<f64> {
        self.window.tally().success(least)
    }

    /// The share of its weight that it may carry now: less while it warms up, and less by
    /// the requests that it answers with an overload.
    pub(super) fn room(&self, now: Instant, settings: &BalanceSettings) -> f64 {
        let overload = self.overload.value().unwrap_or(0.0);
        self.warmth(now, settings) * (1.0 - overload).max(LEAST_ROOM)
    }

    /// The share of its weight that is expected of it now.
    pub(super) fn expected(&self, now: Instant, settings: &BalanceSettings) -> f64 {
        self.warming.map_or(1.0, |warming| warming.expected(now, settings))
    }

    fn warmth(&self, now: Instant, settings: &BalanceSettings) -> f64 {
        self.warming.map_or(1.0, |warming| warming.share(now, settings))
    }
}

/// Between a half and all of `time`: Finagle's equal jitter.
pub(super) fn jittered(time: Duration, rng: &Rng) -> Duration {
    time.mul_f64(0.5 + rng.next_f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// An endpoint that is looked at ten times a second.
    struct Patient {
        health: Health,
        settings: BalanceSettings,
        rng: Rng,
        now: Instant,
    }

    impl Patient {
        fn new() -> Self {
            let settings = BalanceSettings::default();
            let health = Health::new(Instant::START, &settings, true);
            Self { health, settings, rng: Rng::seeded(1), now: Instant::START }
        }

        fn see(&mut self, sight: Sight) -> bool {
            self.now = self.now + SECOND / 10;
            self.health.review(self.now, &self.settings, &self.rng, sight)
        }

        fn until(&self) -> Duration {
            match self.health.standing() {
                Standing::Well => panic!("it is well"),
                Standing::Unwell { until, .. } => until - self.now,
            }
        }
    }

    const NOTHING: Sight = Sight {
        counts: Counts { successes: 0, failures: 0, overloads: 0 },
        streak: 0,
        stalled: false,
        probe: Probe::Idle,
        left_out: false,
        zone_down: false,
    };

    const FIVE_FAILURES: Sight =
        Sight { counts: Counts { failures: 5, ..NOTHING.counts }, streak: 5, ..NOTHING };

    #[test]
    fn five_failures_in_a_row_are_enough_and_four_are_not() {
        let mut patient = Patient::new();
        patient.see(Sight { streak: 4, ..FIVE_FAILURES });
        assert!(patient.health.is_well());
        patient.see(FIVE_FAILURES);
        assert!(matches!(
            patient.health.standing(),
            Standing::Unwell { reason: Reason::Streak, .. }
        ));
    }

    #[test]
    fn each_failed_probe_doubles_the_time_up_to_the_longest() {
        let mut patient = Patient::new();
        patient.see(FIVE_FAILURES);
        let mut longest = 5.0;
        for _ in 0..12 {
            let time = patient.until().as_secs_f64();
            assert!((longest / 2.0..=longest).contains(&time), "{time} of {longest}");
            patient.see(Sight { probe: Probe::Failed, left_out: true, ..NOTHING });
            longest = (longest * 2.0_f64).min(300.0);
        }
    }

    #[test]
    fn the_time_halves_again_with_each_window_without_a_reason() {
        let mut patient = Patient::new();
        patient.see(FIVE_FAILURES);
        for _ in 0..3 {
            patient.see(Sight { probe: Probe::Failed, left_out: true, ..NOTHING });
        }
        assert!(patient.see(Sight { probe: Probe::Passed, left_out: true, ..NOTHING }));
        // Two windows of ten seconds take two of four strikes away.
        for _ in 0..210 {
            patient.see(NOTHING);
        }
        patient.see(FIVE_FAILURES);
        let time = patient.until().as_secs_f64();
        assert!((10.0..=20.0).contains(&time), "{time}");
    }

    #[test]
    fn chance_is_no_reason() {
        let mut patient = Patient::new();
        // Fifteen of twenty is less than 80 %, and happens where nine in ten are served.
        let counts = Counts { successes: 15, failures: 5, ..NOTHING.counts };
        patient.see(Sight { counts, ..NOTHING });
        assert!(patient.health.is_well());
        let counts = Counts { successes: 60, failures: 40, ..NOTHING.counts };
        patient.see(Sight { counts, ..NOTHING });
        assert!(matches!(
            patient.health.standing(),
            Standing::Unwell { reason: Reason::Failing, .. }
        ));
    }

    #[test]
    fn overloads_take_room_and_are_no_reason() {
        let mut patient = Patient::new();
        for _ in 0..300 {
            let counts = Counts { successes: 5, overloads: 5, ..NOTHING.counts };
            patient.see(Sight { counts, ..NOTHING });
        }
        assert!(patient.health.is_well());
        let room = patient.health.room(patient.now, &patient.settings);
        assert!((0.45..0.6).contains(&room), "{room}");
    }

    #[test]
    fn a_stall_ends_with_the_first_answer() {
        let mut patient = Patient::new();
        patient.see(Sight { stalled: true, ..NOTHING });
        assert!(!patient.health.is_well());
        assert_eq!(patient.health.standing().ejectable_since(), None, "it may only be slow");
        patient.see(NOTHING);
        assert!(patient.health.is_well());
        assert_eq!(patient.health.room(patient.now, &patient.settings), 1.0);
    }

    #[test]
    fn who_was_left_out_comes_back_with_little() {
        let mut patient = Patient::new();
        patient.see(FIVE_FAILURES);
        patient.see(Sight { probe: Probe::Passed, left_out: true, ..NOTHING });
        assert_eq!(patient.health.room(patient.now, &patient.settings), 0.1);
        patient.now = patient.now + SECOND * 30;
        assert_eq!(patient.health.room(patient.now, &patient.settings), 1.0);
    }

    #[test]
    fn who_got_requests_all_the_time_comes_back_with_all() {
        let mut patient = Patient::new();
        patient.see(FIVE_FAILURES);
        let counts = Counts { successes: 3, ..NOTHING.counts };
        assert!(patient.see(Sight { counts, ..NOTHING }));
        assert_eq!(patient.health.room(patient.now, &patient.settings), 1.0);
    }

    #[test]
    fn who_falls_with_its_zone_has_no_strike_of_its_own() {
        let mut patient = Patient::new();
        patient.health.fall_with_zone(patient.now);
        for _ in 0..5 {
            patient.see(Sight { probe: Probe::Failed, left_out: true, zone_down: true, ..NOTHING });
        }
        assert!(patient.health.standing().is_of_zone());
        // Its zone is back and it is not.
        patient.see(Sight { probe: Probe::Failed, left_out: true, ..NOTHING });
        assert!(!patient.health.standing().is_of_zone());
        assert!(patient.until() <= SECOND * 5);
    }
}
