//! The words errors of Redis and Valkey begin with.
//!
//! Read in the sources of redis/redis 4f8cdc2 (8.0 in the making) and valkey-io/valkey
//! 55bbbe0 (8.1 in the making): `createSharedObjects` and `processCommand` of
//! `src/server.c`, `clusterRedirectClient` of `src/cluster.c`, `src/replication.c`,
//! `src/blocked.c`, `src/script.c`, `src/multi.c`, `src/networking.c`; what to do about
//! them in the cluster specification (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec).
//! A proxy has words of its own: Envoy's are those in lower case (envoyproxy/envoy,
//! `source/extensions/filters/network/redis_proxy/command_splitter.h`).

use super::{Diagnosis, redis::Key, table::Table};

/// Sorted by word.
pub(super) const REDIS: &Table<Key> = &[
    // The slot is being moved; ask the node that gets it, once.
    (Key::known("ASK"), Diagnosis::TOPOLOGY.unprocessed()),
    // A script or a module has been running for longer than `busy-reply-threshold`.
    (Key::known("BUSY"), Diagnosis::FAILURE.unprocessed()),
    (Key::known("BUSYGROUP"), Diagnosis::IGNORE),
    (Key::known("BUSYKEY"), Diagnosis::IGNORE),
    // No majority, or nobody serves the slot.
    (Key::known("CLUSTERDOWN"), Diagnosis::FAILURE.unprocessed()),
    (Key::known("CROSSSLOT"), Diagnosis::IGNORE),
    // Protected mode: no password is set and the caller is not local.
    (Key::known("DENIED"), Diagnosis::IGNORE.alarm()),
    (Key::known("EXECABORT"), Diagnosis::IGNORE),
    (Key::known("INVALIDOBJ"), Diagnosis::IGNORE),
    // MIGRATE could not reach its target: another server's fault.
    (Key::known("IOERR"), Diagnosis::IGNORE),
    (Key::known("LOADING"), Diagnosis::FAILURE.unprocessed()),
    // A replica that lost its master and may not answer with old data; others may be well.
    (Key::known("MASTERDOWN"), Diagnosis::TOPOLOGY.unprocessed()),
    // A snapshot or the append-only file could not be written; writes are refused.
    (Key::known("MISCONF"), Diagnosis::FAILURE.writes().alarm().unprocessed()),
    (Key::known("MOVED"), Diagnosis::TOPOLOGY.unprocessed()),
    (Key::known("NOAUTH"), Diagnosis::IGNORE.alarm()),
    (Key::known("NOGROUP"), Diagnosis::IGNORE),
    (Key::known("NOPERM"), Diagnosis::IGNORE),
    (Key::known("NOPROTO"), Diagnosis::IGNORE),
    // Fewer good replicas than `min-replicas-to-write`; writes are refused.
    (Key::known("NOREPLICAS"), Diagnosis::FAILURE.writes().unprocessed()),
    (Key::known("NOSCRIPT"), Diagnosis::IGNORE),
    (Key::known("NOSUB"), Diagnosis::IGNORE),
    (Key::known("NOTBUSY"), Diagnosis::IGNORE),
    // More than `maxmemory` and nothing may be evicted; what takes no memory goes on.
    (Key::known("OOM"), Diagnosis::FAILURE.writes().unprocessed()),
    (Key::known("READONLY"), Diagnosis::TOPOLOGY.writes().unprocessed()),
    // Valkey: a replica or a former primary names the primary.
    (Key::known("REDIRECT"), Diagnosis::TOPOLOGY.unprocessed()),
    // Keys of one slot that is being moved are on two nodes.
    (Key::known("TRYAGAIN"), Diagnosis::TOPOLOGY.unprocessed()),
    // Blocked when its server became a replica.
    (Key::known("UNBLOCKED"), Diagnosis::TOPOLOGY),
    (Key::known("UNKILLABLE"), Diagnosis::IGNORE),
    (Key::known("WRONGPASS"), Diagnosis::IGNORE.alarm()),
    (Key::known("WRONGTYPE"), Diagnosis::IGNORE),
    // "upstream failure" and "upstream protocol error".
    (Key::known("upstream"), Diagnosis::FAILURE),
];
