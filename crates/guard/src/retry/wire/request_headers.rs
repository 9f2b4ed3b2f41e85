//! What a request carries from hop to hop.

use std::time::Duration;

use super::{
    text::{HeaderText, parse_number},
    timeout::{
        ENVOY_TIMEOUT_MS, GRPC_TIMEOUT, TIMEOUT_MS, grpc_timeout, parse_grpc_timeout,
        parse_timeout_ms, timeout_ms,
    },
};
use crate::{
    admit::{Class, Cohort, Ctx, Priority},
    retry::{Attempt, DeadlineSettings},
    time::Instant,
};

/// Seawall's header of the class, 0 (matters most) to 7.
pub const PRIORITY: &str = "x-seawall-priority";
/// Seawall's header of the cohort, 0 to 127.
pub const COHORT: &str = "x-seawall-cohort";
/// Seawall's header of the attempt, counted from 1 as Envoy does.
pub const ATTEMPT: &str = "x-seawall-attempt";
/// Envoy's header of the attempt, counted from 1, only read.
pub const ENVOY_ATTEMPT: &str = "x-envoy-attempt-count";
/// gRPC's header of the attempts before this one; absent on the first (A6, section
/// Exposed Retry Metadata).
pub const GRPC_PREVIOUS_ATTEMPTS: &str = "grpc-previous-rpc-attempts";

/// Which headers say how long a request may take and how often it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Seawall's own.
    Http,
    /// gRPC's.
    Grpc,
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// Somebody of ours: what it says of a request is so.
    Trusted,
    /// Anybody: nothing it says is believed. Not even its timeout: those who wait for a
    /// few milliseconds only make a server look as if it did not answer, and open the
    /// breaker that others share (go-zero#4070). That it went away is seen anyway.
    Untrusted,
}

/// What a request says of itself in its headers. Times are relative.
///
/// ```
/// use std::time::Duration;
/// use seawall_guard::retry::wire::{RequestHeaders, Sender, Wire};
///
/// let sent = RequestHeaders { timeout: Some(Duration::from_millis(250)), ..Default::default() };
/// let mut headers = std::collections::HashMap::new();
/// sent.write(Wire::Http, |name, value| {
///     headers.insert(name, value.to_string());
/// });
/// assert_eq!(headers["x-seawall-timeout-ms"], "250");
///
/// let find = |name: &'static str| headers.get(name).map(|value| value.as_bytes());
/// assert_eq!(RequestHeaders::read(Sender::Trusted, find), sent);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestHeaders {
    /// How long its sender waits for the answer; the shortest of all that is said.
    pub timeout: Option<Duration>,
    /// How much it matters; `None` if nothing is said.
    pub priority: Option<Priority>,
    /// How many attempts of it were made before this one; the most of all that is said.
    pub previous_attempts: u8,
}

impl RequestHeaders {
    /// The headers to take away from a request of an untrusted sender before it is passed
    /// on, so that nobody behind believes them.
    pub const UNTRUSTED: [&'static str; 8] = [
        TIMEOUT_MS,
        GRPC_TIMEOUT,
        ENVOY_TIMEOUT_MS,
        PRIORITY,
        COHORT,
        ATTEMPT,
        ENVOY_ATTEMPT,
        GRPC_PREVIOUS_ATTEMPTS,
    ];

    /// Reads the headers of a request. `header` finds the value of a name in lower case.
    /// A value that makes no sense counts as absent.
    pub fn read<'h>(sender: Sender, header: impl Fn(&'static str) -> Option<&'h [u8]>) -> Self {
        if sender == Sender::Untrusted {
            return Self::default();
        }
        let envoy = header(ENVOY_TIMEOUT_MS).and_then(parse_timeout_ms);
        let timeouts = [
            header(TIMEOUT_MS).and_then(parse_timeout_ms),
            header(GRPC_TIMEOUT).and_then(parse_grpc_timeout),
            envoy.filter(|timeout| !timeout.is_zero()),
        ];
        Self {
            timeout: timeouts.into_iter().flatten().min(),
            priority: read_priority(&header),
            previous_attempts: read_previous(&header),
        }
    }

    /// The headers of an attempt to ask the next hop for the sake of `ctx`.
    pub fn of_attempt(ctx: &Ctx<'_>, attempt: &Attempt, now: Instant) -> Self {
        Self {
            timeout: Some(attempt.deadline - now),
            priority: Some(ctx.priority),
            previous_attempts: attempt.previous,
        }
    }

    /// The request that came with these headers at `now`.
    pub fn ctx(&self, now: Instant, deadlines: &DeadlineSettings) -> Ctx<'static> {
        Ctx::default()
            .deadline(deadlines.of_request(now, self.timeout))
            .priority(self.priority.unwrap_or_default())
            .previous_attempts(self.previous_attempts)
    }

    /// Writes the headers of a request; `put` replaces a header of that name.
    pub fn write(&self, wire: Wire, mut put: impl FnMut(&'static str, HeaderText)) {
        let previous = u64::from(self.previous_attempts);
        match wire {
            Wire::Http => {
                if let Some(left) = self.timeout {
                    put(TIMEOUT_MS, timeout_ms(left));
                }
                put(ATTEMPT, HeaderText::number(previous + 1, None));
            }
            Wire::Grpc => {
                if let Some(left) = self.timeout {
                    put(GRPC_TIMEOUT, grpc_timeout(left));
                }
                if previous > 0 {
                    put(GRPC_PREVIOUS_ATTEMPTS, HeaderText::number(previous, None));
                }
            }
        }
        if let Some(priority) = self.priority {
            put(PRIORITY, HeaderText::number(priority.class.number().into(), None));
            put(COHORT, HeaderText::number(priority.cohort.number().into(), None));
        }
    }
}

/// Without a class there is no priority; without a cohort it is the first one.
fn read_priority<'h>(header: impl Fn(&'static str) -> Option<&'h [u8]>) -> Option<Priority> {
    let small = |name| u8::try_from(parse_number(header(name)?)?).ok();
    let class = small(PRIORITY).and_then(Class::new)?;
    let cohort = small(COHORT).and_then(Cohort::new).unwrap_or_default();
    Some(Priority { class, cohort })
}

fn read_previous<'h>(header: impl Fn(&'static str) -> Option<&'h [u8]>) -> u8 {
    let number = |name| header(name).and_then(parse_number).unwrap_or(0);
    let from_one = number(ATTEMPT).max(number(ENVOY_ATTEMPT)).saturating_sub(1);
    let previous = from_one.max(number(GRPC_PREVIOUS_ATTEMPTS));
    u8::try_from(previous).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Headers<'a> = Vec<(&'static str, &'a str)>;

    fn read(sender: Sender, headers: &Headers<'_>) -> RequestHeaders {
        RequestHeaders::read(sender, |name| {
            let found = headers.iter().find(|header| header.0 == name);
            found.map(|header| header.1.as_bytes())
        })
    }

    const fn millis(millis: u64) -> Option<Duration> {
        Some(Duration::from_millis(millis))
    }

    #[test]
    fn the_shortest_timeout_and_the_highest_attempt_count() {
        let headers = vec![
            (TIMEOUT_MS, "300"),
            (ENVOY_TIMEOUT_MS, "200"),
            (GRPC_TIMEOUT, "1S"),
            (ATTEMPT, "1"),
            (ENVOY_ATTEMPT, "2"),
            (GRPC_PREVIOUS_ATTEMPTS, "0"),
        ];
        let found = read(Sender::Trusted, &headers);
        assert_eq!((found.timeout, found.previous_attempts), (millis(200), 1));
        let retried = read(Sender::Trusted, &vec![(GRPC_PREVIOUS_ATTEMPTS, "2")]);
        assert_eq!(retried.previous_attempts, 2);
    }

    #[test]
    fn zero_from_envoy_is_no_timeout_and_zero_from_us_is_none_left() {
        assert_eq!(read(Sender::Trusted, &vec![(ENVOY_TIMEOUT_MS, "0")]).timeout, None);
        assert_eq!(read(Sender::Trusted, &vec![(TIMEOUT_MS, "0")]).timeout, millis(0));
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let headers: Headers<'_> = RequestHeaders::UNTRUSTED.map(|name| (name, "3")).to_vec();
        assert_eq!(read(Sender::Untrusted, &headers), RequestHeaders::default());
        let trusted = read(Sender::Trusted, &headers);
        assert_eq!((trusted.timeout, trusted.previous_attempts), (millis(3), 3));
        assert_eq!(trusted.priority.map(|priority| priority.level()), Some(3 * 128 + 3));
    }

    /// A caller's tiny timeout trips the breaker that others share.
    #[test]
    fn gozero_4070_a_stranger_cannot_make_attempts_too_short_to_be_answered() {
        let headers = vec![(TIMEOUT_MS, "11"), (GRPC_TIMEOUT, "11m"), (ENVOY_TIMEOUT_MS, "11")];
        let deadlines = DeadlineSettings::default();
        let of = |sender| read(sender, &headers).ctx(Instant::START, &deadlines).deadline;
        let attempt = |sender| deadlines.of_attempt(Instant::START, of(sender));
        assert_eq!(attempt(Sender::Trusted), Some(Instant::START + Duration::from_millis(1)));
        assert_eq!(attempt(Sender::Untrusted), Some(Instant::START + Duration::from_secs(1)));
    }

    #[test]
    fn what_makes_no_sense_is_absent() {
        let headers = vec![
            (TIMEOUT_MS, "soon"),
            (GRPC_TIMEOUT, "-1S"),
            (PRIORITY, "8"),
            (COHORT, "5"),
            (ATTEMPT, "many"),
        ];
        assert_eq!(read(Sender::Trusted, &headers), RequestHeaders::default());
        let cohort = vec![(PRIORITY, "7"), (COHORT, "128"), (ATTEMPT, "999999")];
        let found = read(Sender::Trusted, &cohort);
        assert_eq!(found.priority, Some(Priority::of_class(Class::SHEDDABLE)));
        assert_eq!(found.previous_attempts, u8::MAX);
    }

    #[test]
    fn the_next_hop_has_what_is_left_and_knows_of_every_attempt() {
        let at = |millis| Instant::START + Duration::from_millis(millis);
        let priority = Some(Priority::of_user(Class::CRITICAL, 7, 0));
        let came = RequestHeaders { timeout: millis(300), priority, previous_attempts: 1 };
        let ctx = came.ctx(at(100), &DeadlineSettings::default());
        assert_eq!((ctx.deadline, ctx.previous_attempts), (Some(at(400)), 1));
        let attempt = Attempt { previous: 2, deadline: at(390) };
        let sent = RequestHeaders::of_attempt(&ctx, &attempt, at(150));
        let expected = RequestHeaders { timeout: millis(240), priority, previous_attempts: 2 };
        assert_eq!(sent, expected);
        let late = RequestHeaders::of_attempt(&ctx, &attempt, at(999));
        assert_eq!(late.timeout, millis(0));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            millis: Option<u32>,
            level in proptest::option::of((0..Class::COUNT, 0..Cohort::COUNT)),
            previous_attempts: u8,
            grpc: bool,
        ) {
            let priority = level.map(|(class, cohort)| Priority {
                class: Class::new(class).unwrap(),
                cohort: Cohort::new(cohort).unwrap(),
            });
            let timeout = millis.map(|millis| Duration::from_millis(millis.into()));
            let sent = RequestHeaders { timeout, priority, previous_attempts };
            let wire = if grpc { Wire::Grpc } else { Wire::Http };
            let mut written = Vec::new();
            sent.write(wire, |name, text| written.push((name, text)));
            let headers: Headers<'_> = written.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let found = read(Sender::Trusted, &headers);
            prop_assert_eq!((found.priority, found.previous_attempts), (priority, previous_attempts));
            let lost = timeout.unwrap_or_default() - found.timeout.unwrap_or_default();
            prop_assert!(lost <= timeout.unwrap_or_default() / 99_000);
        }
    }
}
