//! Numbers of MongoDB.
//!
//! Checked against `src/mongo/base/error_codes.yml` of mongodb/mongo 007ba93, categories
//! included, and against what drivers have to do about them (mongodb/specifications
//! 92b3c0b: `server-discovery-and-monitoring.md`, "not writable primary" and "node is
//! recovering"; `retryable-reads.md`; `client-backpressure.md`).

use super::{Diagnosis, table::Table};

/// Sorted by number. Those of commands that were wrong are here as far as they are
/// common, so that no label and no setting decides on them.
pub(super) const MONGO: &Table<i32> = &[
    // BadValue.
    (2, Diagnosis::IGNORE),
    // HostUnreachable, HostNotFound: a router's or a primary's word of a member behind it.
    (6, Diagnosis::FAILURE),
    (7, Diagnosis::FAILURE),
    // FailedToParse, Unauthorized.
    (9, Diagnosis::IGNORE),
    (13, Diagnosis::IGNORE),
    // AuthenticationFailed.
    (18, Diagnosis::IGNORE.alarm()),
    // LockTimeout, NamespaceNotFound, CursorNotFound.
    (24, Diagnosis::IGNORE),
    (26, Diagnosis::IGNORE),
    (43, Diagnosis::IGNORE),
    // MaxTimeMSExpired.
    (50, Diagnosis::TIMEOUT),
    // WriteConcernTimeout: too few members confirmed in time.
    (64, Diagnosis::TIMEOUT.writes()),
    // NetworkTimeout.
    (89, Diagnosis::TIMEOUT),
    // ShutdownInProgress.
    (91, Diagnosis::FAILURE),
    // NotYetInitialized: a member that is not in its set yet.
    (94, Diagnosis::TOPOLOGY),
    // UnsatisfiableWriteConcern: the set has not as many members.
    (100, Diagnosis::IGNORE),
    // WriteConflict, DocumentValidationFailure.
    (112, Diagnosis::IGNORE),
    (121, Diagnosis::IGNORE),
    // FailedToSatisfyReadPreference: no such member, most often no primary.
    (133, Diagnosis::FAILURE),
    // ReadConcernMajorityNotAvailableYet.
    (134, Diagnosis::FAILURE),
    // ExceededMemoryLimit: of one query.
    (146, Diagnosis::IGNORE),
    // NoConfigPrimary: of a sharded cluster's configuration.
    (149, Diagnosis::FAILURE),
    // StaleEpoch: asked the shard that had the chunk.
    (150, Diagnosis::TOPOLOGY),
    // PrimarySteppedDown.
    (189, Diagnosis::TOPOLOGY),
    // NetworkInterfaceExceededTimeLimit.
    (202, Diagnosis::TIMEOUT),
    // NoSuchSession.
    (206, Diagnosis::IGNORE),
    // TransactionTooOld.
    (225, Diagnosis::IGNORE),
    // CursorKilled.
    (237, Diagnosis::CANCELLED),
    // SnapshotTooOld, SnapshotUnavailable.
    (239, Diagnosis::IGNORE),
    (246, Diagnosis::IGNORE),
    // StaleDbVersion: asked the shard that had the database.
    (249, Diagnosis::TOPOLOGY),
    // NoSuchTransaction, TransactionTooLarge.
    (251, Diagnosis::IGNORE),
    (257, Diagnosis::IGNORE),
    // TooManyLogicalSessions: more than `maxSessions`.
    (261, Diagnosis::OVERLOAD),
    // ExceededTimeLimit.
    (262, Diagnosis::TIMEOUT),
    // TooManyFilesOpen.
    (264, Diagnosis::FAILURE),
    // ClientDisconnect.
    (279, Diagnosis::CANCELLED),
    // TransactionExceededLifetimeLimitSeconds: it was open for too long.
    (290, Diagnosis::IGNORE),
    // QueryExceededMemoryLimitNoDiskUseAllowed.
    (292, Diagnosis::IGNORE),
    // DataCorruptionDetected.
    (301, Diagnosis::IGNORE.alarm()),
    // SplitHorizonChange.
    (303, Diagnosis::TOPOLOGY),
    // TemporarilyUnavailable: the storage engine's cache is under pressure.
    (365, Diagnosis::OVERLOAD),
    // UserWritesBlocked: by somebody, as for a migration.
    (371, Diagnosis::TOPOLOGY.writes()),
    // TransactionTooLargeForCache.
    (388, Diagnosis::IGNORE),
    // ResourceExhausted.
    (402, Diagnosis::OVERLOAD),
    // PooledConnectionAcquisitionExceededTimeLimit: all of a router's connections are busy.
    (407, Diagnosis::OVERLOAD),
    // AdmissionQueueOverflow, RateLimitExceeded, PooledConnectionAcquisitionRejected,
    // IngressRequestRateLimitExceeded: the category SystemOverloadedError.
    (433, Diagnosis::OVERLOAD),
    (449, Diagnosis::OVERLOAD),
    (450, Diagnosis::OVERLOAD),
    (462, Diagnosis::OVERLOAD),
    // SocketException.
    (9001, Diagnosis::FAILURE),
    // LegacyNotPrimary, NotWritablePrimary.
    (10_058, Diagnosis::TOPOLOGY),
    (10_107, Diagnosis::TOPOLOGY.writes()),
    // BSONObjectTooLarge, DuplicateKey.
    (10_334, Diagnosis::IGNORE),
    (11_000, Diagnosis::IGNORE),
    // InterruptedAtShutdown.
    (11_600, Diagnosis::FAILURE),
    // Interrupted: killOp.
    (11_601, Diagnosis::CANCELLED),
    // InterruptedDueToReplStateChange.
    (11_602, Diagnosis::TOPOLOGY),
    // StaleConfig.
    (13_388, Diagnosis::TOPOLOGY),
    // NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
    (13_435, Diagnosis::TOPOLOGY),
    (13_436, Diagnosis::TOPOLOGY),
    // OutOfDiskSpace.
    (14_031, Diagnosis::FAILURE.writes().alarm()),
    // ClientMarkedKilled.
    (46_841, Diagnosis::CANCELLED),
    // ConfigServerUnreachable.
    (56_846, Diagnosis::FAILURE),
    // RetriableRemoteCommandFailure.
    (91_331, Diagnosis::FAILURE),
];
