//! Makes those wait who send wrong passwords.
//!
//! A leaky bucket for each key (the GCRA of ITU-T I.371, annex A), charged for
//! wrong passwords only: a thousand clients behind one address may all log in.
//! That a charge follows the answer, and a look comes before the question, is what
//! the common limiters do not offer.

use std::{hash::Hash, net::IpAddr, time::Duration};

use parking_lot::Mutex;
use quick_cache::{Equivalent, unsync::Cache};
use seawall_clock::Instant;

use crate::IdentitySettings;

/// Where wrong passwords come from: an IPv4 address, or the /64 that one IPv6
/// subscriber is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl Source {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                Self(IpAddr::V6(network.into()))
            }
            v4 => Self(v4),
        }
    }
}

/// Everything that makes senders of wrong passwords wait.
pub(crate) struct WrongPasswords {
    by_source: Throttle<Source>,
    by_user: Throttle<Box<str>>,
}

impl WrongPasswords {
    pub(crate) fn new(settings: &IdentitySettings) -> Self {
        let (source, user) =
            (settings.wrong_passwords_per_source_minute, settings.wrong_passwords_per_user_minute);
        Self {
            by_source: Throttle::new(source, settings.throttled_max),
            by_user: Throttle::new(user, settings.throttled_max),
        }
    }

    /// How long an attempt has to wait, if it has to.
    pub(crate) fn wait(&self, now: Instant, source: &Source, username: &str) -> Option<Duration> {
        self.by_source.wait(now, source).max(self.by_user.wait(now, username))
    }

    /// Takes note of a wrong password.
    pub(crate) fn charge(&self, now: Instant, source: Source, username: &str) {
        self.by_source.charge(now, source);
        self.by_user.charge(now, username.into());
    }

    /// Takes note of a user name that nobody can have.
    pub(crate) fn charge_source(&self, now: Instant, source: Source) {
        self.by_source.charge(now, source);
    }
}

/// Remembers who sent how many wrong passwords. Bounded: of too many keys the
/// least seen are forgotten, which an attacker with very many addresses can force;
/// what is left then is the bound on passwords checked at once.
struct Throttle<K> {
    /// What one wrong password costs.
    each: Duration,
    /// How far ahead of the time a key may be.
    tolerance: Duration,
    /// When each key will have paid for what it did.
    paid_at: Mutex<Cache<K, Instant>>,
}

impl<K: Hash + Eq> Throttle<K> {
    /// Lets `per_minute` pass, a third of them at once, and remembers `keys_max` keys.
    fn new(per_minute: u32, keys_max: usize) -> Self {
        let per_minute = per_minute.max(1);
        let each = Duration::from_secs(60) / per_minute;
        let at_once = (per_minute / 3).max(1);
        let paid_at = Mutex::new(Cache::new(keys_max.max(1)));
        Self { each, tolerance: each * (at_once - 1), paid_at }
    }

    /// How long `key` has to wait before its next attempt, if it has to.
    fn wait<Q>(&self, now: Instant, key: &Q) -> Option<Duration>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let ahead = self.paid_at.lock().get(key)?.since(now);
        (ahead > self.tolerance).then(|| ahead - self.tolerance)
    }

    /// Takes note of a wrong password.
    fn charge(&self, now: Instant, key: K) {
        let mut paid_at = self.paid_at.lock();
        let before = paid_at.get(&key).copied().unwrap_or(now).max(now);
        paid_at.insert(key, before + self.each);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_third_passes_at_once_then_one_at_a_time() {
        let throttle = Throttle::new(6, 10);
        for _ in 0..2 {
            assert_eq!(throttle.wait(at(0), &"a"), None);
            throttle.charge(at(0), "a");
        }
        assert_eq!(throttle.wait(at(0), &"a"), Some(Duration::from_secs(10)));
        assert_eq!(throttle.wait(at(9), &"a"), Some(Duration::from_secs(1)));
        assert_eq!(throttle.wait(at(10), &"a"), None);
        assert_eq!(throttle.wait(at(0), &"b"), None, "others are not concerned");
        throttle.charge(at(10), "a");
        assert_eq!(throttle.wait(at(10), &"a"), Some(Duration::from_secs(10)));
        assert_eq!(throttle.wait(at(1_000), &"a"), None);
    }

    #[test]
    fn an_ipv6_subscriber_is_one_source() {
        let source = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_eq!(source("::ffff:10.0.0.1"), source("10.0.0.1"));
        assert_ne!(source("10.0.0.2"), source("10.0.0.1"));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(6, 16);
        for key in 0..10_000 {
            throttle.charge(at(0), key);
        }
        assert!(throttle.paid_at.lock().len() <= 16);
    }

    proptest! {
        /// Over any span no more gets through than the burst and one for each interval.
        #[test]
        fn never_lets_more_through_than_promised(
            per_minute in 1u32..100,
            pauses in prop::collection::vec(0u64..5_000, 1..200),
        ) {
            let throttle = Throttle::new(per_minute, 4);
            let (mut now, mut passed) = (Instant::START, 0u64);
            for pause in pauses {
                now = now + Duration::from_millis(pause);
                if throttle.wait(now, &()).is_none() {
                    throttle.charge(now, ());
                    passed += 1;
                }
            }
            let seconds = now.since_start().as_secs_f64();
            let promised = f64::from((per_minute / 3).max(1)) + seconds * f64::from(per_minute) / 60.0;
            prop_assert!(passed as f64 <= promised + 1.0, "{passed} of {promised}");
        }
    }
}
