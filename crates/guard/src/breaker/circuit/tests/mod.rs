mod classic;
mod consecutive;
mod settings;
mod sre;

use proptest::prelude::*;

use super::*;
use crate::breaker::{ClassicSettings, ConsecutiveSettings, Span, SreSettings};

const MS: Duration = Duration::from_millis(1);

/// A breaker, the time, and calls that end at once or after a while.
struct World {
    breaker: Arc<Breaker>,
    now: Instant,
}

impl World {
    fn new(policy: Policy) -> Self {
        let now = Instant::START;
        let settings = BreakerSettings::new(policy);
        let breaker = Arc::new(Breaker::new(settings, Scope::Resource, 1, now).unwrap());
        Self { breaker, now }
    }

    /// By the default policy, with what is usual known: 100 calls a second for `seconds`
    /// were answered in 10 ms.
    fn warm(seconds: u64) -> Self {
        let mut world = Self::new(Policy::default());
        world.calls(seconds * 100, MS * 10, Outcome::Success);
        assert_eq!(world.state(), State::Closed);
        world
    }

    fn consecutive(failures: u32) -> Self {
        Self::new(Policy::Consecutive(ConsecutiveSettings {
            failures,
            open_jitter: 0.0,
            ..ConsecutiveSettings::default()
        }))
    }

    fn state(&self) -> State {
        self.breaker.state()
    }

    fn reason(&self) -> Option<Reason> {
        self.breaker.status().last.map(|last| last.reason)
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    fn ask(&self) -> Result<Permit<Arc<Breaker>>, Rejection> {
        self.breaker.try_acquire_owned(self.now)
    }

    /// A call of this latency; false when it was refused.
    fn call(&mut self, latency: Duration, outcome: Outcome) -> bool {
        let permit = self.ask();
        self.wait(latency);
        permit.is_ok_and(|permit| {
            permit.finish(self.now, outcome);
            true
        })
    }

    /// Calls one after the other; says how many passed.
    fn calls(&mut self, calls: u64, latency: Duration, outcome: Outcome) -> u64 {
        (0..calls).filter(|_| self.call(latency, outcome)).count() as u64
    }

    /// Calls at once, then waits until something passes and ends as `outcome`.
    fn probe(&mut self, latency: Duration, outcome: Outcome) {
        for _ in 0..2 {
            match self.ask() {
                Ok(permit) => {
                    self.wait(latency);
                    return permit.finish(self.now, outcome);
                }
                Err(rejection) => self.wait(rejection.retry_after),
            }
        }
        panic!("told to wait in vain");
    }
}

#[test]
fn a_permit_is_small_and_a_breaker_does_not_take_much() {
    assert!(size_of::<Permit<&Breaker>>() <= 32);
    assert!(size_of::<Breaker>() <= 1_024, "{}", size_of::<Breaker>());
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::default()),
        Just(Policy::Classic(ClassicSettings {
            failure_ratio: Some(0.5),
            slow_ratio: Some(0.5),
            slow_call: MS * 100,
            ..ClassicSettings::sentinel(MS * 2_000)
        })),
        Just(Policy::Consecutive(ConsecutiveSettings {
            open_max: MS * 2_000,
            ..ConsecutiveSettings::default()
        })),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Ignore),
        Just(Outcome::Failure),
        Just(Outcome::Timeout),
        Just(Outcome::Slow),
        Just(Outcome::Overload),
        Just(Outcome::Topology),
        Just(Outcome::Cancelled),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happened before, and whatever is still under way or was lost: who is
    /// refused learns of it without effect, and once the server answers, callers that come
    /// ten times a second all pass within five seconds.
    #[test]
    fn it_always_comes_back(
        policy in policy(),
        steps in prop::collection::vec((outcome(), 0_u64..300, 0_usize..4), 0..300),
    ) {
        let mut world = World::new(policy);
        let mut under_way = Vec::new();
        for (outcome, millis, keep) in steps {
            let before = world.breaker.status();
            match world.ask() {
                Ok(permit) => under_way.push(permit),
                Err(rejection) => {
                    prop_assert_eq!(rejection.reason, Rejected::BreakerOpen);
                    prop_assert!(before.state != State::Closed || world.state() != State::Closed);
                }
            }
            world.wait(MS * millis as u32);
            while under_way.len() > keep * 8 {
                under_way.swap_remove(keep).finish(world.now, outcome);
            }
        }
        let healthy = world.now;
        while world.now - healthy < Duration::from_secs(5) {
            world.call(MS * 10, Outcome::Success);
            world.wait(MS * 90);
        }
        prop_assert_eq!(world.calls(50, MS * 10, Outcome::Success), 50);
        prop_assert_eq!(world.state(), State::Closed);
    }
}

#[test]
fn many_threads_at_once_lose_no_probe_and_no_failure() {
    let now = Instant::START;
    let once = ConsecutiveSettings { failures: 1, ..ConsecutiveSettings::default() };
    let settings = BreakerSettings::new(Policy::Consecutive(once));
    let breaker = Breaker::new(settings, Scope::Endpoint, 1, now).unwrap();
    for round in 0..200_u32 {
        let now = now + Duration::from_secs(120) * round;
        breaker.try_acquire(now).unwrap().finish(now, Outcome::Failure);
        assert_eq!(breaker.state(), State::Open);
        let now = now + Duration::from_secs(60);
        let probes: usize = std::thread::scope(|scope| {
            let ask = || breaker.try_acquire(now).map(|permit| (permit.is_probe(), drop(permit)));
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(move || ask().is_ok())).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert!(probes >= 1);
        breaker.try_acquire(now).unwrap().finish(now, Outcome::Success);
        assert_eq!(breaker.state(), State::Closed);
    }
}
