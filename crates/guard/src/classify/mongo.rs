//! Answers of MongoDB and what speaks its protocol.

use serde::{Deserialize, Serialize};

use super::{Diagnose, Diagnosis, Overrides, mongo_codes::MONGO, own, table};
use crate::admit::{Classify, Outcome};

/// How errors of MongoDB count: by the label of an overloaded server, then by number
/// (`mongo_codes.rs` holds the table and where it is from), then by the other labels.
///
/// Only what would have met any other command as well is a failure; a duplicate key, a
/// write conflict and a document that a validator refuses are the command's own affair.
/// What neither number nor label is known of is [`Outcome::Ignore`].
///
/// ```
/// use seawall_guard::{Classify, Outcome, classify::{Mongo, MongoError}};
///
/// let mongo = Mongo::default();
/// assert_eq!(mongo.classify(&MongoError::of(11_000)), Outcome::Ignore);
/// assert_eq!(mongo.classify(&MongoError::of(10_107)), Outcome::Topology);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mongo {
    /// How single numbers count, whatever labels and table say. Default none.
    pub codes: Overrides<i32>,
    /// How a number counts that nothing is known of. Default `ignore`.
    pub unknown: Outcome,
}

impl Default for Mongo {
    fn default() -> Self {
        Self { codes: Overrides::default(), unknown: Outcome::Ignore }
    }
}

/// The labels of an error that say how it counts, which servers put on errors since 4.4
/// and drivers on those of the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MongoLabels {
    /// `SystemOverloadedError` (mongodb/specifications, `client-backpressure.md`).
    pub overloaded: bool,
    /// `RetryableError` (the same): it may be sent again whatever it was.
    pub retryable: bool,
    /// `RetryableWriteError` (`retryable-writes.md`): the network or the server failed.
    pub retryable_write: bool,
    /// `TransientTransactionError` (`transactions.md`): run the transaction again.
    pub transient_transaction: bool,
    /// `NoWritesPerformed` (`retryable-writes.md`): nothing was written.
    pub nothing_written: bool,
}

impl MongoLabels {
    /// Those of `labels` that say something.
    pub fn of<'l>(labels: impl IntoIterator<Item = &'l str>) -> Self {
        let mut known = Self::default();
        for label in labels {
            match label {
                "SystemOverloadedError" => known.overloaded = true,
                "RetryableError" => known.retryable = true,
                "RetryableWriteError" => known.retryable_write = true,
                "TransientTransactionError" => known.transient_transaction = true,
                "NoWritesPerformed" => known.nothing_written = true,
                _ => {}
            }
        }
        known
    }
}

/// An error as the server sends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MongoError<'a> {
    /// Its number, 0 if it has none.
    pub code: i32,
    /// Its labels.
    pub labels: MongoLabels,
    /// Its text; empty if unknown.
    pub message: &'a [u8],
}

impl MongoError<'_> {
    /// An error of which nothing but the number is known.
    pub fn of(code: i32) -> Self {
        Self { code, ..Self::default() }
    }
}

impl Mongo {
    /// With another outcome of one number.
    #[must_use]
    pub fn with(mut self, code: i32, outcome: Outcome) -> Self {
        self.codes.set(code, outcome);
        self
    }
}

impl Diagnose<MongoError<'_>> for Mongo {
    fn diagnose(&self, error: &MongoError<'_>) -> Diagnosis {
        let labels = error.labels;
        let known = own::diagnose(error.message)
            .or_else(|| labels.overloaded.then_some(Diagnosis::OVERLOAD))
            .or_else(|| table::find(MONGO, error.code))
            // A transaction's error may have both labels, and then the server failed it.
            .or_else(|| labels.retryable_write.then_some(Diagnosis::FAILURE))
            .or_else(|| labels.transient_transaction.then_some(Diagnosis::IGNORE));
        let mut diagnosis = known.unwrap_or(Diagnosis::of(self.unknown));
        diagnosis.unprocessed |= labels.retryable || labels.nothing_written;
        self.codes.apply(&error.code, diagnosis)
    }
}

impl Classify<MongoError<'_>> for Mongo {
    fn classify(&self, error: &MongoError<'_>) -> Outcome {
        self.diagnose(error).outcome
    }
}
