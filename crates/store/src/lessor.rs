//! Decides when leases end. No clock and no storage: `now` is passed in, and what
//! it decides is carried out by the store that owns it.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use seawall_clock::Instant;

use crate::{Lease, LeaseId};

/// Most leases one [`LeaseEvent::Tick`] ends; the next tick ends the others.
const ENDS_PER_TICK: usize = 256;

/// The shortest time to live a lease can have.
const SHORTEST_TTL: Duration = Duration::from_secs(1);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaseEvent {
    /// A lease was granted, or found on disk after a restart: its time begins now.
    Granted(Lease),
    /// Its owner says it is still there.
    KeepAlive(LeaseId),
    /// It was ended and its keys are gone.
    Ended(LeaseId),
    /// Time has passed.
    Tick,
}

/// What the store has to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaseEffect {
    /// Tell the owner that the lease lives for its time to live from now.
    Renewed(Lease),
    /// Tell the owner that there is no such lease.
    NotFound(LeaseId),
    /// Delete the lease and its keys, then report [`LeaseEvent::Ended`]. Repeated
    /// by every tick until that report comes.
    End(LeaseId),
}

/// All living leases and their deadlines.
#[derive(Debug, Default)]
pub(crate) struct Lessor {
    leases: HashMap<LeaseId, Term>,
    by_deadline: BTreeSet<(Instant, LeaseId)>,
}

#[derive(Debug)]
struct Term {
    ttl: Duration,
    deadline: Instant,
}

impl Lessor {
    /// Takes in one event and says what follows from it.
    pub(crate) fn handle(&mut self, now: Instant, event: LeaseEvent) -> Vec<LeaseEffect> {
        match event {
            LeaseEvent::Granted(lease) => {
                self.remove(lease.id);
                self.insert(now, lease);
                Vec::new()
            }
            LeaseEvent::KeepAlive(id) => vec![self.keep_alive(now, id)],
            LeaseEvent::Ended(id) => {
                self.remove(id);
                Vec::new()
            }
            LeaseEvent::Tick => self.due(now),
        }
    }

    /// When the next lease ends if nobody keeps it alive.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    /// Whether the lease lives, or waits to be ended.
    pub(crate) fn knows(&self, id: LeaseId) -> bool {
        self.leases.contains_key(&id)
    }

    /// Every lease it knows.
    pub(crate) fn leases(&self) -> impl Iterator<Item = Lease> + '_ {
        self.leases.iter().map(|(id, term)| Lease { id: *id, ttl: term.ttl })
    }

    fn keep_alive(&mut self, now: Instant, id: LeaseId) -> LeaseEffect {
        // A lease past its deadline is not brought back: somebody may have seen it end.
        match self.leases.get(&id).filter(|term| now < term.deadline).map(|term| term.ttl) {
            Some(ttl) => {
                let lease = Lease { id, ttl };
                self.remove(id);
                self.insert(now, lease);
                LeaseEffect::Renewed(lease)
            }
            None => LeaseEffect::NotFound(id),
        }
    }

    fn due(&self, now: Instant) -> Vec<LeaseEffect> {
        self.by_deadline
            .iter()
            .take_while(|(deadline, _)| *deadline <= now)
            .take(ENDS_PER_TICK)
            .map(|(_, id)| LeaseEffect::End(*id))
            .collect()
    }

    fn insert(&mut self, now: Instant, lease: Lease) {
        let deadline = now + lease.ttl;
        self.leases.insert(lease.id, Term { ttl: lease.ttl, deadline });
        self.by_deadline.insert((deadline, lease.id));
    }

    fn remove(&mut self, id: LeaseId) {
        if let Some(term) = self.leases.remove(&id) {
            self.by_deadline.remove(&(term.deadline, id));
        }
    }
}

/// A time to live as the store grants it: whole milliseconds, rounded up, at least a second.
pub(crate) fn granted_ttl(asked: Duration) -> Duration {
    let whole = Duration::from_millis(u64::try_from(asked.as_millis()).unwrap_or(u64::MAX));
    let rounded = if whole < asked { whole + Duration::from_millis(1) } else { whole };
    rounded.max(SHORTEST_TTL)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Instant {
        Instant::from_start(Duration::from_secs(seconds))
    }

    fn lease(number: u64) -> Lease {
        Lease { id: LeaseId::new(number), ttl: TEN }
    }

    #[test]
    fn a_lease_ends_at_its_deadline_and_the_end_is_repeated_until_it_is_done() {
        let mut lessor = Lessor::default();
        lessor.handle(at(0), LeaseEvent::Granted(lease(1)));
        assert_eq!(lessor.handle(at(9), LeaseEvent::Tick), []);
        let end = LeaseEffect::End(LeaseId::new(1));
        assert_eq!(lessor.handle(at(10), LeaseEvent::Tick), [end]);
        assert_eq!(lessor.handle(at(11), LeaseEvent::Tick), [end]);
        lessor.handle(at(11), LeaseEvent::Ended(LeaseId::new(1)));
        assert_eq!(lessor.handle(at(12), LeaseEvent::Tick), []);
        assert_eq!(lessor.next_deadline(), None);
    }

    #[test]
    fn keeping_alive_starts_the_time_anew_but_never_brings_a_lease_back() {
        let mut lessor = Lessor::default();
        lessor.handle(at(0), LeaseEvent::Granted(lease(1)));
        let renewed = lessor.handle(at(9), LeaseEvent::KeepAlive(LeaseId::new(1)));
        assert_eq!(renewed, [LeaseEffect::Renewed(lease(1))]);
        assert_eq!(lessor.next_deadline(), Some(at(19)));
        let late = lessor.handle(at(19), LeaseEvent::KeepAlive(LeaseId::new(1)));
        assert_eq!(late, [LeaseEffect::NotFound(LeaseId::new(1))]);
    }

    #[test]
    fn one_tick_ends_a_bounded_number_of_leases() {
        let mut lessor = Lessor::default();
        for number in 0..1_000 {
            lessor.handle(at(0), LeaseEvent::Granted(lease(number)));
        }
        let mut ended = 0;
        loop {
            let effects = lessor.handle(at(20), LeaseEvent::Tick);
            assert!(effects.len() <= ENDS_PER_TICK);
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                let LeaseEffect::End(id) = effect else { panic!("only ends: {effect:?}") };
                lessor.handle(at(20), LeaseEvent::Ended(id));
                ended += 1;
            }
        }
        assert_eq!(ended, 1_000);
    }

    #[test]
    fn a_time_to_live_is_rounded_up_to_milliseconds_and_at_least_a_second() {
        assert_eq!(granted_ttl(Duration::ZERO), Duration::from_secs(1));
        assert_eq!(granted_ttl(Duration::from_micros(2_000_001)), Duration::from_millis(2_001));
        assert_eq!(granted_ttl(TEN), TEN);
    }
}
