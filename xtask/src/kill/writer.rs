//! One writer: one thread, one connection, things of its own.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::door::{Door, Unacknowledged};
use super::ledger::Ledger;
use super::thing::{Kind, Thing, Version};

/// A writer and all it knows. It lives through all rounds.
#[derive(Debug)]
pub(crate) struct Writer {
    number: u32,
    random: StdRng,
    versions: u64,
    /// What it wrote.
    pub(crate) ledger: Ledger,
    /// Writes that a living server refused; there should be none.
    pub(crate) refused: Vec<String>,
}

impl Writer {
    /// Writer `number` of a run with this seed.
    pub(crate) fn new(number: u32, seed: u64) -> Self {
        Self {
            number,
            random: StdRng::seed_from_u64(seed.wrapping_add(u64::from(number) + 1)),
            versions: 0,
            ledger: Ledger::default(),
            refused: Vec::new(),
        }
    }

    /// Writes until `stop`, or until the server does not answer any more.
    pub(crate) fn write(&mut self, door: &Door, stop: &AtomicBool) {
        while !stop.load(Ordering::Acquire) {
            let thing = self.choose();
            let exists = self.ledger.is_there(thing);
            let value = self.value(exists);
            self.ledger.starts(thing, value);
            match door.write(thing, value, exists) {
                Ok(()) => self.ledger.acknowledged(thing),
                Err(Unacknowledged::Unknown) => return,
                Err(Unacknowledged::Refused(why)) => {
                    self.ledger.refused(thing);
                    self.refused.push(why);
                }
            }
            self.look(door, thing);
        }
    }

    /// Now and then reads what it wrote, so that its times are known before the end.
    fn look(&mut self, door: &Door, thing: Thing) {
        if thing.kind == Kind::Configuration
            && self.random.random_ratio(1, 4)
            && let Ok(seen) = door.read(thing, &[])
        {
            self.ledger.stamped(thing, &seen);
        }
    }

    fn choose(&mut self) -> Thing {
        let kind = match self.random.random_range(0..100) {
            0..50 => Kind::Configuration,
            50..80 => Kind::Instance,
            80..97 => Kind::Rule,
            _ => Kind::User,
        };
        let number = self.random.random_range(0..kind.things_per_writer());
        Thing { kind, writer: self.number, number }
    }

    /// A new value, or nothing now and then to remove what exists.
    fn value(&mut self, exists: bool) -> Option<Version> {
        if exists && self.random.random_ratio(1, 6) {
            return None;
        }
        self.versions += 1;
        Some(Version(self.versions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_chooses_the_same_things() {
        let choices = |seed| {
            let mut writer = Writer::new(1, seed);
            (0..50).map(|_| writer.choose()).collect::<Vec<_>>()
        };
        assert_eq!(choices(7), choices(7));
        assert_ne!(choices(7), choices(8));
    }

    #[test]
    fn every_kind_is_chosen_and_only_what_exists_is_removed() {
        let mut writer = Writer::new(0, 1);
        let chosen: Vec<Kind> = (0..1_000).map(|_| writer.choose().kind).collect();
        assert!(Kind::ALL.iter().all(|kind| chosen.contains(kind)));
        assert!((0..1_000).all(|_| writer.value(false).is_some()));
        assert!((0..1_000).any(|_| writer.value(true).is_none()));
    }
}
