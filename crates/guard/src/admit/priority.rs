//! How much a request matters: 8 classes of 128 cohorts, as in DAGOR (Zhou et al.,
//! "Overload Control for Scaling WeChat Microservices", SoCC 2018) and Uber's Cinnamon.
//!
//! The class says what is asked for (a payment before a recommendation); the cohort, a
//! hash of the user, splits a class so finely that shedding can stop anywhere inside
//! it. Every hop uses the same cohort for a user, so those who are admitted at the first
//! hop are those who are admitted at the last.

use std::fmt;

/// A business class; 0 matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(u8);

impl Class {
    /// How many there are.
    pub const COUNT: u8 = 8;
    /// The one that is shed last: health, control, money.
    pub const CRITICAL: Self = Self(0);
    /// The one of requests that say nothing.
    pub const DEFAULT: Self = Self(4);
    /// The one that is shed first: prefetches, batches.
    pub const SHEDDABLE: Self = Self(Self::COUNT - 1);

    /// The class of this number, `None` from 8 on.
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    /// Its number, 0 to 7.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl Default for Class {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.0)
    }
}

/// A slice of the users; within a class, lower ones are shed later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cohort(u8);

impl Cohort {
    /// How many there are.
    pub const COUNT: u8 = 128;

    /// The cohort of this number, `None` from 128 on.
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    /// The cohort of a user while `salt` lasts. A salt is the number of the hour, the
    /// same on every node, so that nobody is unlucky for longer than that.
    pub const fn of(user: u64, salt: u64) -> Self {
        let mixed = crate::stat::mix(user ^ crate::stat::mix(salt));
        // The upper bits of a mixed number are as good as any.
        Self((mixed >> 57) as u8)
    }

    /// Its number, 0 to 127.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A class and a cohort. Smaller ones matter more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Priority {
    /// What is asked for.
    pub class: Class,
    /// On whose behalf.
    pub cohort: Cohort,
}

impl Priority {
    /// How many levels there are.
    pub const LEVELS: u16 = Class::COUNT as u16 * Cohort::COUNT as u16;

    /// A class and the first of its cohorts.
    pub const fn of_class(class: Class) -> Self {
        Self { class, cohort: Cohort(0) }
    }

    /// A class and the cohort of a user while `salt` lasts.
    pub const fn of_user(class: Class, user: u64, salt: u64) -> Self {
        Self { class, cohort: Cohort::of(user, salt) }
    }

    /// Its place among all levels, 0 (matters most) to 1023.
    pub const fn level(self) -> u16 {
        self.class.0 as u16 * Cohort::COUNT as u16 + self.cohort.0 as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_order_as_priorities_do() {
        let mut last = None;
        for class in 0..Class::COUNT {
            for cohort in 0..Cohort::COUNT {
                let priority = Priority {
                    class: Class::new(class).unwrap(),
                    cohort: Cohort::new(cohort).unwrap(),
                };
                assert!(Some(priority.level()) > last);
                last = Some(priority.level());
            }
        }
        assert_eq!(last, Some(Priority::LEVELS - 1));
        assert_eq!((Class::new(8), Cohort::new(128)), (None, None));
    }

    #[test]
    fn users_spread_over_cohorts_and_move_when_the_hour_does() {
        let mut counts = [0_u32; Cohort::COUNT as usize];
        let mut moved = 0;
        for user in 0..128_000 {
            let cohort = Cohort::of(user, 1);
            counts[usize::from(cohort.number())] += 1;
            moved += u32::from(cohort != Cohort::of(user, 2));
        }
        assert!(counts.iter().all(|&count| (850..1_150).contains(&count)), "{counts:?}");
        assert!(moved > 126_000, "{moved}");
    }
}
