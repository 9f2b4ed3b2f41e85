//! Who may wait for a place, how long, and who is next. A plain state machine.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{settings::InvalidSetting, time::Instant};

/// How requests wait in front of a limit.
///
/// Times are those of Facebook's services (Maurer, "Fail at Scale", ACM Queue 13(8),
/// 2015), a simpler form of CoDel (RFC 8289): a queue that has just formed absorbs a
/// burst and may be waited in for `interval`; one that has stood for that long is no
/// burst, and from then on whoever has waited longer than `target` is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// How many may wait, as a share of the limit; 0, the default, means that nobody
    /// waits, up to 8. A half is a good start where bursts are common.
    pub share: f64,
    /// How long one may wait in a standing queue. Milliseconds, default 5.
    #[serde(rename = "target_ms", with = "crate::time::millis")]
    pub target: Duration,
    /// How long a queue stands before it is a standing one, and how long one may wait
    /// until then. Milliseconds, default 100.
    #[serde(rename = "interval_ms", with = "crate::time::millis")]
    pub interval: Duration,
    /// Whether the last to come is the first to be admitted while the queue stands:
    /// whoever has waited longest is the likeliest to have given up. Default true.
    pub newest_first: bool,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            share: 0.0,
            target: Duration::from_millis(5),
            interval: Duration::from_millis(100),
            newest_first: true,
        }
    }
}

impl QueueSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(0.0..=8.0).contains(&self.share) {
            return Err(InvalidSetting { field: "queue.share", allowed: "from 0 to 8" });
        }
        if self.target > self.interval {
            return Err(InvalidSetting {
                field: "queue.target_ms",
                allowed: "at most queue.interval_ms",
            });
        }
        Ok(())
    }

    /// How many may wait in front of `limit`.
    pub fn capacity(&self, limit: u32) -> usize {
        // A share that is no number at all is none: the cast makes it 0.
        (self.share.min(8.0) * f64::from(limit)) as usize
    }
}

/// Somebody in the queue. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

/// What happens to a [`Queue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueEvent {
    /// Somebody comes, to a queue of at most this many.
    Join {
        /// How many may wait.
        capacity: usize,
    },
    /// Somebody who waited no longer does.
    Gone(Ticket),
    /// There is a place for one.
    Room,
    /// Time has passed, and that is all.
    Pass,
}

/// What is to be done about it, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueEffect {
    /// Who came waits, and has this ticket.
    Wait(Ticket),
    /// Who came does not wait: nobody may.
    Full,
    /// The place is theirs.
    Admit(Ticket),
    /// They wait no longer and are not admitted.
    Refuse(Ticket),
}

/// Those who wait. It takes the time and says what to do; a shell does it.
#[derive(Debug)]
pub struct Queue {
    settings: QueueSettings,
    /// When each of them came.
    waiting: BTreeMap<Ticket, Instant>,
    next: u64,
    /// When the queue was last empty.
    empty: Instant,
}

impl Queue {
    /// With nobody in it.
    pub fn new(settings: QueueSettings) -> Self {
        Self { settings, waiting: BTreeMap::new(), next: 0, empty: Instant::START }
    }

    /// What to do about `event` at `now`.
    pub fn handle(&mut self, now: Instant, event: QueueEvent, effects: &mut Vec<QueueEffect>) {
        if self.waiting.is_empty() {
            self.empty = self.empty.max(now);
        }
        if let QueueEvent::Gone(ticket) = event {
            self.waiting.remove(&ticket);
        }
        self.refuse_late(now, effects);
        match event {
            QueueEvent::Join { capacity } => self.join(now, capacity, effects),
            QueueEvent::Room => {
                let next = if self.admits_newest(now) {
                    self.waiting.pop_last()
                } else {
                    self.waiting.pop_first()
                };
                effects.extend(next.map(|(ticket, _)| QueueEffect::Admit(ticket)));
            }
            QueueEvent::Gone(_) | QueueEvent::Pass => {}
        }
    }

    fn join(&mut self, now: Instant, capacity: usize, effects: &mut Vec<QueueEffect>) {
        // In a standing queue the oldest is next to be refused anyway.
        let makes_room = capacity > 0 && self.admits_newest(now);
        while self.waiting.len() >= capacity {
            let oldest = if makes_room { self.waiting.pop_first() } else { None };
            let Some((oldest, _)) = oldest else { return effects.push(QueueEffect::Full) };
            effects.push(QueueEffect::Refuse(oldest));
        }
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.insert(ticket, now);
        effects.push(QueueEffect::Wait(ticket));
    }

    /// Refuses those who have waited too long.
    fn refuse_late(&mut self, now: Instant, effects: &mut Vec<QueueEffect>) {
        let patience = self.patience(now);
        while let Some(oldest) = self.waiting.first_entry() {
            if now - *oldest.get() <= patience {
                break;
            }
            effects.push(QueueEffect::Refuse(oldest.remove_entry().0));
        }
    }

    /// How long one may wait.
    fn patience(&self, now: Instant) -> Duration {
        if self.is_standing(now) { self.settings.target } else { self.settings.interval }
    }

    fn admits_newest(&self, now: Instant) -> bool {
        self.settings.newest_first && self.is_standing(now)
    }

    /// Whether the queue has not been empty for an interval.
    pub fn is_standing(&self, now: Instant) -> bool {
        !self.waiting.is_empty() && now - self.empty >= self.settings.interval
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes other settings over.
    pub fn reconfigure(&mut self, settings: QueueSettings) {
        self.settings = settings;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn queue() -> Queue {
        Queue::new(QueueSettings { share: 1.0, ..QueueSettings::default() })
    }

    fn effects(queue: &mut Queue, millis: u64, event: QueueEvent) -> Vec<QueueEffect> {
        let mut effects = Vec::new();
        queue.handle(at(millis), event, &mut effects);
        effects
    }

    const JOIN: QueueEvent = QueueEvent::Join { capacity: 3 };

    fn join(queue: &mut Queue, millis: u64) -> Ticket {
        match effects(queue, millis, JOIN)[..] {
            [QueueEffect::Wait(ticket)] => ticket,
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn in_a_young_queue_the_first_to_come_is_the_first_to_go() {
        let mut queue = queue();
        let (first, second) = (join(&mut queue, 0), join(&mut queue, 1));
        assert_eq!(effects(&mut queue, 50, QueueEvent::Room), [QueueEffect::Admit(first)]);
        assert_eq!(effects(&mut queue, 60, QueueEvent::Room), [QueueEffect::Admit(second)]);
        assert_eq!(effects(&mut queue, 60, QueueEvent::Room), []);
    }

    #[test]
    fn a_full_queue_takes_nobody_and_one_of_no_places_neither() {
        let mut queue = queue();
        assert!((0..3).map(|_| join(&mut queue, 0)).is_sorted());
        assert_eq!(effects(&mut queue, 1, JOIN), [QueueEffect::Full]);
        let closed = QueueEvent::Join { capacity: 0 };
        assert_eq!(effects(&mut super::tests::queue(), 1, closed), [QueueEffect::Full]);
    }

    #[test]
    fn a_burst_may_wait_an_interval_and_no_longer() {
        let mut queue = queue();
        let ticket = join(&mut queue, 0);
        assert_eq!(effects(&mut queue, 99, QueueEvent::Pass), []);
        assert_eq!(effects(&mut queue, 106, QueueEvent::Pass), [QueueEffect::Refuse(ticket)]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_standing_queue_admits_the_newest_and_refuses_who_waited_longer_than_the_target() {
        // Given a queue that has not been empty for an interval
        let mut queue = queue();
        let first = join(&mut queue, 0);
        let second = join(&mut queue, 50);
        assert_eq!(effects(&mut queue, 60, QueueEvent::Room), [QueueEffect::Admit(first)]);
        let third = join(&mut queue, 98);
        let fourth = join(&mut queue, 99);
        // When there is room, Then the second has waited too long and the fourth is next.
        assert!(queue.is_standing(at(100)));
        assert_eq!(
            effects(&mut queue, 100, QueueEvent::Room),
            [QueueEffect::Refuse(second), QueueEffect::Admit(fourth)]
        );
        // When it has been empty, Then it is young again.
        assert_eq!(effects(&mut queue, 101, QueueEvent::Gone(third)), []);
        assert_eq!(queue.len(), 0);
        join(&mut queue, 150);
        assert!(!queue.is_standing(at(249)));
        assert!(queue.is_standing(at(250)));
    }

    #[test]
    fn a_full_standing_queue_makes_room_for_the_newest() {
        let mut queue = queue();
        let kept_alive = join(&mut queue, 0);
        let waiting: Vec<_> = [96, 97].map(|millis| join(&mut queue, millis)).into();
        assert_eq!(effects(&mut queue, 98, QueueEvent::Room), [QueueEffect::Admit(kept_alive)]);
        let newest = join(&mut queue, 99);
        let taken_in = effects(&mut queue, 100, JOIN);
        assert!(matches!(
            taken_in[..],
            [QueueEffect::Refuse(oldest), QueueEffect::Wait(_)] if oldest == waiting[0]
        ));
        assert_eq!((queue.len(), newest > waiting[1]), (3, true));
    }

    proptest! {
        /// Everybody who waits leaves once: admitted, refused or gone; and nobody who was
        /// refused or admitted had waited longer than an interval.
        #[test]
        fn everybody_leaves_the_queue_once(
            steps in prop::collection::vec((0_u32..8, 0_u64..40, 0_usize..6), 1..300),
        ) {
            let mut queue = queue();
            let mut waiting: BTreeMap<Ticket, u64> = BTreeMap::new();
            let mut now = 0;
            for (what, millis, capacity) in steps {
                now += millis;
                let event = match what {
                    0..=3 => QueueEvent::Join { capacity },
                    4 | 5 => QueueEvent::Room,
                    6 => QueueEvent::Pass,
                    _ => {
                        let gone = waiting.pop_first();
                        gone.map_or(QueueEvent::Pass, |(ticket, _)| QueueEvent::Gone(ticket))
                    }
                };
                for effect in effects(&mut queue, now, event) {
                    match effect {
                        QueueEffect::Wait(ticket) => {
                            prop_assert_eq!(waiting.insert(ticket, now), None);
                            prop_assert!(waiting.len() <= capacity);
                        }
                        QueueEffect::Full => {}
                        QueueEffect::Admit(ticket) => {
                            let came = waiting.remove(&ticket).unwrap();
                            prop_assert!(now - came <= 100);
                        }
                        QueueEffect::Refuse(ticket) => {
                            prop_assert!(waiting.remove(&ticket).is_some());
                        }
                    }
                }
                prop_assert_eq!(queue.len(), waiting.len());
            }
        }
    }
}
