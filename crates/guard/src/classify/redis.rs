//! Answers of Redis, Valkey and what speaks their protocol.

use serde::{Deserialize, Serialize};

use super::{Diagnose, Diagnosis, Overrides, own, redis_codes::REDIS, table};
use crate::admit::{Classify, Outcome};

/// How errors of Redis and Valkey count: by the word an error begins with
/// (`redis_codes.rs` holds the table and where it is from). An error is its line, with or
/// without the `-` before and the line's end behind it.
///
/// Only what would have met any other command as well is a failure: a script that keeps
/// the server busy is, a key of the wrong type is not. What no table knows is
/// [`Outcome::Ignore`], as scripts and modules make up words of their own.
///
/// ```
/// use seawall_guard::{Outcome, classify::{Diagnose, Impact, Redis}};
///
/// let redis = Redis::default().with("TRYAGAIN", Outcome::Ignore);
/// let full = redis.diagnose("OOM command not allowed when used memory > 'maxmemory'.");
/// assert_eq!((full.outcome, full.impact), (Outcome::Failure, Impact::Writes));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// How single words count, whatever the table says. Default none.
    pub codes: Overrides<String>,
    /// How a word counts that nothing is known of, `ERR` included. Default `ignore`.
    pub unknown: Outcome,
}

impl Default for Redis {
    fn default() -> Self {
        Self { codes: Overrides::default(), unknown: Outcome::Ignore }
    }
}

/// What Redis says after `ERR` when no more connections fit (`acceptCommonHandler` in
/// `src/networking.c`); the second is the same of a cluster's bus and clients together.
const TOO_MANY_CLIENTS: &[u8] = b"max number of clients ";

/// What Envoy says after `no` when it knows of no server for a command.
const NO_SERVER: &[u8] = b"upstream host";

/// What Redis says after `EXECABORT` and before the reason (`execCommandAbort` in
/// `src/multi.c`).
const ABORTED_BECAUSE: &[u8] = b"Transaction discarded because of: ";

impl Redis {
    /// With another outcome of one word.
    #[must_use]
    pub fn with(mut self, code: &str, outcome: Outcome) -> Self {
        self.codes.set(code.to_owned(), outcome);
        self
    }

    /// What an error says whose first word and the text behind it are known apart.
    #[cfg(feature = "io-redis")]
    pub(crate) fn diagnose_parts(&self, word: &[u8], text: &[u8]) -> Diagnosis {
        self.judge(Key::of(word).0, word, text)
    }

    /// `line` begins with the word of `key`; `text` is what stands behind that.
    fn judge<'l>(&self, mut key: Key, mut line: &'l [u8], mut text: &'l [u8]) -> Diagnosis {
        if key == Key::EXECABORT
            && let Some(reason) = text.strip_prefix(ABORTED_BECAUSE)
        {
            // What aborted it is what it says; one level is all Redis writes.
            line = reason;
            (key, text) = split(line);
        }
        let known = match own::diagnose(text) {
            Some(own) => Some(own),
            None if key == Key::ERR && text.starts_with(TOO_MANY_CLIENTS) => {
                Some(Diagnosis::OVERLOAD.unprocessed())
            }
            None if key == Key::NO && text.starts_with(NO_SERVER) => {
                Some(Diagnosis::FAILURE.unprocessed())
            }
            None => table::find(REDIS, key),
        };
        let diagnosis = known.unwrap_or(Diagnosis::of(self.unknown));
        if self.codes.is_empty() {
            return diagnosis;
        }
        let word = line.split(|byte| *byte < b'0').next().unwrap_or_default();
        std::str::from_utf8(word).map_or(diagnosis, |word| self.codes.apply(word, diagnosis))
    }
}

impl Diagnose<[u8]> for Redis {
    fn diagnose(&self, line: &[u8]) -> Diagnosis {
        let line = line.strip_prefix(b"-").unwrap_or(line);
        let (key, text) = split(line);
        self.judge(key, line, text)
    }
}
impl Diagnose<str> for Redis {
    fn diagnose(&self, line: &str) -> Diagnosis {
        self.diagnose(line.as_bytes())
    }
}

impl Classify<[u8]> for Redis {
    fn classify(&self, line: &[u8]) -> Outcome {
        self.diagnose(line).outcome
    }
}

impl Classify<str> for Redis {
    fn classify(&self, line: &str) -> Outcome {
        self.diagnose(line.as_bytes()).outcome
    }
}

/// The key of the word a line begins with, and the text behind that and a blank.
fn split(line: &[u8]) -> (Key, &[u8]) {
    let (key, len) = Key::of(line);
    (key, line.get(len + 1..).unwrap_or_default())
}

/// The word a line begins with, as a number: comparing those is one instruction or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    const ERR: Self = Self::known("ERR");
    const NO: Self = Self::known("no");
    const EXECABORT: Self = Self::known("EXECABORT");

    /// The key of the word `line` begins with, and how long that is. A word ends before a
    /// blank, a control character or a sign. Of a word of more than 16 letters, which no
    /// table has, the key is that of the first 16.
    const fn of(line: &[u8]) -> (Self, usize) {
        let letters = match line.first_chunk() {
            Some(letters) => u128::from_le_bytes(*letters),
            None => Self::padded(line),
        };
        // The upper bit of each byte that is below '0', exact up to the first such byte
        // (Warren, "Hacker's Delight", 6-1).
        let each = u128::MAX / 0xFF;
        let ends = letters.wrapping_sub(each * b'0' as u128) & !letters & (each << 7);
        let len = ends.trailing_zeros() / 8;
        let word = letters & !u128::MAX.unbounded_shl(8 * len);
        // The first letter to the upper end, so that keys rise as words do.
        (Self(word.swap_bytes()), len as usize)
    }

    const fn padded(line: &[u8]) -> u128 {
        let mut letters = 0;
        let mut rest = line;
        while let Some((letter, before)) = rest.split_last() {
            letters = letters << 8 | *letter as u128;
            rest = before;
        }
        letters
    }

    /// The key of a word of the table.
    pub(super) const fn known(word: &str) -> Self {
        Self::of(word.as_bytes()).0
    }
}
