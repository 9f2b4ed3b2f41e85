//! Numbers only TiDB has.
//!
//! Checked against its page "Error Codes and Troubleshooting" (pingcap/docs 019ecee,
//! `error-codes.md`) and the names in `pkg/errno/errcode.go` of pingcap/tidb 00aaecb, which
//! lacks 8180 of later versions. What both leave out is about one statement or one job.

use super::{Diagnosis, table::Table};

/// Numbers from 8000 on, sorted.
pub(super) const TIDB: &Table<u16> = &[
    // ErrMemExceedThreshold: of one statement. ErrForUpdateCantRetry.
    (8001, Diagnosis::IGNORE),
    (8002, Diagnosis::IGNORE),
    // ErrAdminCheckTable: row and index differ.
    (8003, Diagnosis::IGNORE.alarm()),
    // ErrTxnTooLarge, ErrWriteConflictInTiDB, ErrTableLocked, ErrTxnRetryable.
    (8004, Diagnosis::IGNORE),
    (8005, Diagnosis::IGNORE),
    (8020, Diagnosis::IGNORE),
    (8022, Diagnosis::IGNORE),
    // ErrInfoSchemaExpired: cut off from the placement driver, so all statements meet it.
    (8027, Diagnosis::FAILURE),
    // ErrInfoSchemaChanged: run the transaction again. ErrSnapshotTooOld.
    (8028, Diagnosis::IGNORE),
    (8055, Diagnosis::IGNORE),
    // ErrGetStartTS: the placement driver gives no timestamps.
    (8120, Diagnosis::FAILURE),
    // ErrDataInconsistentMismatchCount and ...Index, ErrInconsistentRowValue,
    // ErrInconsistentHandle, ErrInconsistentIndexedValue, ErrAssertionFailed.
    (8133, Diagnosis::IGNORE.alarm()),
    (8134, Diagnosis::IGNORE.alarm()),
    (8138, Diagnosis::IGNORE.alarm()),
    (8139, Diagnosis::IGNORE.alarm()),
    (8140, Diagnosis::IGNORE.alarm()),
    (8141, Diagnosis::IGNORE.alarm()),
    // ErrLazyUniquenessCheckFailure.
    (8147, Diagnosis::IGNORE),
    // ErrMemoryExceedForQuery is one query's; ErrMemoryExceedForInstance and
    // ErrQueryExecStopped are the instance's.
    (8175, Diagnosis::IGNORE),
    (8176, Diagnosis::OVERLOAD),
    (8180, Diagnosis::OVERLOAD),
    // ErrDataInconsistent, ErrLockExpire.
    (8223, Diagnosis::IGNORE.alarm()),
    (8229, Diagnosis::IGNORE),
    // ErrResourceGroupConfigUnavailable, ErrResourceGroupThrottled.
    (8251, Diagnosis::FAILURE),
    (8252, Diagnosis::OVERLOAD),
    // ErrResourceGroupQueryRunawayInterrupted and ...Quarantine: this query is the problem.
    (8253, Diagnosis::IGNORE),
    (8254, Diagnosis::IGNORE),
    // ErrPDServerTimeout, ErrTiKVServerTimeout.
    (9001, Diagnosis::TIMEOUT),
    (9002, Diagnosis::TIMEOUT),
    // ErrTiKVServerBusy.
    (9003, Diagnosis::OVERLOAD),
    // ErrResolveLockTimeout: many transactions want the same keys.
    (9004, Diagnosis::IGNORE),
    // ErrRegionUnavailable.
    (9005, Diagnosis::FAILURE),
    // ErrGCTooEarly: the transaction ran for longer than old versions are kept.
    (9006, Diagnosis::IGNORE),
    // ErrWriteConflict.
    (9007, Diagnosis::IGNORE),
    // ErrTiKVStoreLimit.
    (9008, Diagnosis::OVERLOAD),
    // ErrTiKVStaleCommand, ErrTiKVMaxTimestampNotSynced.
    (9010, Diagnosis::FAILURE),
    (9011, Diagnosis::FAILURE),
    // ErrTiFlashServerTimeout, ErrTiFlashServerBusy.
    (9012, Diagnosis::TIMEOUT),
    (9013, Diagnosis::OVERLOAD),
    // The number TiDB had for too large a transaction before 8004.
    (9500, Diagnosis::IGNORE),
];
