//! Numbers and SQLSTATEs of MySQL and MariaDB.
//!
//! Checked against the error references of MySQL 8.0, 8.4 and 9
//! (dev.mysql.com/doc/mysql-errors, chapters Server, Client and Global Error Messages),
//! the lists generated from them in mysql/mysql-connector-j cf2917e
//! (`MysqlErrorNumbers.java`, also the SQLSTATEs), and MariaDB's
//! (mariadb.com/docs/server/reference/error-codes; `include/mysqld_error.h` and
//! `include/errmsg.h` of mariadb-corporation/mariadb-connector-c 53243b8). Where the two
//! give a number different meanings, both of them count the same here or their texts tell
//! them apart (`mysql.rs`).

use super::{Diagnosis, table::Table};

/// Numbers below 8000: global (1 to 999), server's, client libraries' (2000 to 2999).
/// Those of statements that were wrong are here as far as they are common, so that
/// neither SQLSTATE nor settings decide on them.
pub(super) const MYSQL: &Table<u16> = &[
    // EE_WRITE, EE_OUTOFMEMORY, EE_DISK_FULL.
    (3, Diagnosis::FAILURE.writes().alarm()),
    (5, Diagnosis::OVERLOAD),
    (20, Diagnosis::FAILURE.writes().alarm()),
    // ER_DISK_FULL, ER_DUP_KEY, ER_ERROR_ON_WRITE.
    (1021, Diagnosis::FAILURE.writes().alarm()),
    (1022, Diagnosis::IGNORE),
    (1026, Diagnosis::FAILURE.writes().alarm()),
    // ER_GET_ERRNO: of one table, as far as anybody can tell.
    (1030, Diagnosis::IGNORE),
    // ER_OUTOFMEMORY, then ER_OUT_OF_SORTMEMORY, which is a setting too small for one query.
    (1037, Diagnosis::OVERLOAD),
    (1038, Diagnosis::IGNORE),
    // ER_CON_COUNT_ERROR, ER_OUT_OF_RESOURCES.
    (1040, Diagnosis::OVERLOAD.unprocessed()),
    (1041, Diagnosis::OVERLOAD),
    // ER_BAD_HOST_ERROR, ER_HANDSHAKE_ERROR.
    (1042, Diagnosis::FAILURE.unprocessed()),
    (1043, Diagnosis::FAILURE.unprocessed()),
    // ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR: whoever has an old password must
    // not shut out those with a new one.
    (1044, Diagnosis::IGNORE),
    (1045, Diagnosis::IGNORE.alarm().unprocessed()),
    // ER_UNKNOWN_COM_ERROR as Galera means it.
    (1047, Diagnosis::TOPOLOGY),
    // ER_BAD_NULL_ERROR, ER_BAD_DB_ERROR.
    (1048, Diagnosis::IGNORE),
    (1049, Diagnosis::IGNORE),
    // ER_SERVER_SHUTDOWN.
    (1053, Diagnosis::FAILURE),
    // ER_BAD_FIELD_ERROR, ER_DUP_ENTRY, ER_PARSE_ERROR.
    (1054, Diagnosis::IGNORE),
    (1062, Diagnosis::IGNORE),
    (1064, Diagnosis::IGNORE),
    // ER_FORCING_CLOSE.
    (1080, Diagnosis::FAILURE),
    // ER_UNKNOWN_ERROR: TiDB and Vitess say most things with it.
    (1105, Diagnosis::IGNORE),
    // ER_RECORD_FILE_FULL: one table is.
    (1114, Diagnosis::IGNORE.alarm()),
    // ER_HOST_IS_BLOCKED: until FLUSH HOSTS, ER_HOST_NOT_PRIVILEGED.
    (1129, Diagnosis::FAILURE.alarm().unprocessed()),
    (1130, Diagnosis::IGNORE.alarm().unprocessed()),
    // ER_CANT_CREATE_THREAD.
    (1135, Diagnosis::OVERLOAD),
    // ER_TABLEACCESS_DENIED_ERROR, ER_NO_SUCH_TABLE.
    (1142, Diagnosis::IGNORE),
    (1146, Diagnosis::IGNORE),
    // ER_ABORTING_CONNECTION, ER_NET_PACKET_TOO_LARGE.
    (1152, Diagnosis::FAILURE),
    (1153, Diagnosis::IGNORE),
    // ER_NET_READ_ERROR_FROM_PIPE, ER_NET_FCNTL_ERROR, ER_NET_PACKETS_OUT_OF_ORDER,
    // ER_NET_UNCOMPRESS_ERROR, ER_NET_READ_ERROR, ER_NET_READ_INTERRUPTED,
    // ER_NET_ERROR_ON_WRITE, ER_NET_WRITE_INTERRUPTED, ER_NEW_ABORTING_CONNECTION.
    (1154, Diagnosis::FAILURE),
    (1155, Diagnosis::FAILURE),
    (1156, Diagnosis::FAILURE),
    (1157, Diagnosis::FAILURE),
    (1158, Diagnosis::FAILURE),
    (1159, Diagnosis::FAILURE),
    (1160, Diagnosis::FAILURE),
    (1161, Diagnosis::FAILURE),
    (1184, Diagnosis::FAILURE),
    // ER_CRASHED_ON_USAGE, ER_CRASHED_ON_REPAIR: one table.
    (1194, Diagnosis::IGNORE.alarm()),
    (1195, Diagnosis::IGNORE.alarm()),
    // ER_TOO_MANY_USER_CONNECTIONS.
    (1203, Diagnosis::OVERLOAD.unprocessed()),
    // ER_LOCK_WAIT_TIMEOUT: the duration is that of another transaction.
    (1205, Diagnosis::IGNORE),
    // ER_LOCK_TABLE_FULL.
    (1206, Diagnosis::OVERLOAD),
    // ER_LOCK_DEADLOCK.
    (1213, Diagnosis::IGNORE),
    // ER_USER_LIMIT_REACHED.
    (1226, Diagnosis::OVERLOAD),
    // ER_NOT_SUPPORTED_AUTH_MODE.
    (1251, Diagnosis::IGNORE.alarm()),
    // ER_OPTION_PREVENTS_STATEMENT as `--read-only` means it.
    (1290, Diagnosis::TOPOLOGY.writes()),
    // ER_QUERY_INTERRUPTED: KILL QUERY, most often the caller's own.
    (1317, Diagnosis::CANCELLED),
    // ER_DATA_TOO_LONG, ER_ROW_IS_REFERENCED_2, ER_NO_REFERENCED_ROW_2.
    (1406, Diagnosis::IGNORE),
    (1451, Diagnosis::IGNORE),
    (1452, Diagnosis::IGNORE),
    // ER_MAX_PREPARED_STMT_COUNT_REACHED: of the whole server.
    (1461, Diagnosis::OVERLOAD),
    // ER_XA_RBTIMEOUT, ER_XA_RBDEADLOCK.
    (1613, Diagnosis::IGNORE),
    (1614, Diagnosis::IGNORE),
    // ER_TOO_MANY_CONCURRENT_TRXS.
    (1637, Diagnosis::OVERLOAD),
    // ER_LOCK_ABORTED.
    (1689, Diagnosis::IGNORE),
    // ER_ACCESS_DENIED_NO_PASSWORD_ERROR.
    (1698, Diagnosis::IGNORE.alarm().unprocessed()),
    // ER_INDEX_CORRUPT.
    (1712, Diagnosis::IGNORE.alarm()),
    // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION.
    (1792, Diagnosis::TOPOLOGY.writes()),
    // ER_INNODB_INDEX_CORRUPT, ER_MUST_CHANGE_PASSWORD, ER_READ_ONLY_MODE,
    // ER_MUST_CHANGE_PASSWORD_LOGIN, ER_INNODB_READ_ONLY, ER_TABLE_CORRUPT.
    (1817, Diagnosis::IGNORE.alarm()),
    (1820, Diagnosis::IGNORE.alarm()),
    (1836, Diagnosis::TOPOLOGY.writes()),
    (1862, Diagnosis::IGNORE.alarm()),
    (1874, Diagnosis::TOPOLOGY.writes()),
    (1877, Diagnosis::IGNORE.alarm()),
    // MariaDB's ER_CONNECTION_KILLED: by KILL; a shutdown says 1053.
    (1927, Diagnosis::CANCELLED),
    // MariaDB's ER_QUERY_EXCEEDED_ROWS_EXAMINED_LIMIT, ER_STATEMENT_TIMEOUT.
    (1931, Diagnosis::IGNORE),
    (1969, Diagnosis::TIMEOUT),
    // CR_SOCKET_CREATE_ERROR, CR_IPSOCK_ERROR: the caller has no socket left. Between them
    // CR_CONNECTION_ERROR and CR_CONN_HOST_ERROR, after them CR_UNKNOWN_HOST.
    (2001, Diagnosis::CANCELLED.alarm().unprocessed()),
    (2002, Diagnosis::FAILURE.unprocessed()),
    (2003, Diagnosis::FAILURE.unprocessed()),
    (2004, Diagnosis::CANCELLED.alarm().unprocessed()),
    (2005, Diagnosis::FAILURE.unprocessed()),
    // CR_SERVER_GONE_ERROR.
    (2006, Diagnosis::FAILURE),
    // CR_OUT_OF_MEMORY: the caller's.
    (2008, Diagnosis::CANCELLED),
    // CR_SERVER_HANDSHAKE_ERR, CR_SERVER_LOST.
    (2012, Diagnosis::FAILURE.unprocessed()),
    (2013, Diagnosis::FAILURE),
    // CR_COMMANDS_OUT_OF_SYNC, CR_NET_PACKET_TOO_LARGE.
    (2014, Diagnosis::IGNORE),
    (2020, Diagnosis::IGNORE),
    // CR_SSL_CONNECTION_ERROR, CR_MALFORMED_PACKET, CR_SERVER_LOST_EXTENDED.
    (2026, Diagnosis::FAILURE),
    (2027, Diagnosis::FAILURE),
    (2055, Diagnosis::FAILURE),
    // CR_AUTH_PLUGIN_CANNOT_LOAD, CR_AUTH_PLUGIN_ERR.
    (2059, Diagnosis::IGNORE.alarm().unprocessed()),
    (2061, Diagnosis::IGNORE.alarm().unprocessed()),
    // ER_ENGINE_OUT_OF_MEMORY.
    (3015, Diagnosis::OVERLOAD),
    // ER_QUERY_TIMEOUT.
    (3024, Diagnosis::TIMEOUT),
    // ER_SERVER_OFFLINE_MODE: taken out of service by somebody.
    (3032, Diagnosis::TOPOLOGY),
    // ER_USER_LOCK_DEADLOCK.
    (3058, Diagnosis::IGNORE),
    // ER_RUN_HOOK_ERROR: group replication could not certify the transaction.
    (3100, Diagnosis::FAILURE.writes()),
    // ER_TRANSACTION_ROLLBACK_DURING_COMMIT: it conflicted with another one.
    (3101, Diagnosis::IGNORE),
    // ER_ACCOUNT_HAS_BEEN_LOCKED.
    (3118, Diagnosis::IGNORE.alarm()),
    // ER_LOCKING_SERVICE_DEADLOCK, ER_LOCKING_SERVICE_TIMEOUT.
    (3132, Diagnosis::IGNORE),
    (3133, Diagnosis::IGNORE),
    // ER_SERVER_ISNT_AVAILABLE, ER_SESSION_WAS_KILLED.
    (3168, Diagnosis::FAILURE),
    (3169, Diagnosis::CANCELLED),
    // ER_LOCK_NOWAIT, ER_DISK_FULL_NOWAIT.
    (3572, Diagnosis::IGNORE),
    (3675, Diagnosis::FAILURE.writes().alarm()),
    // ER_GR_HOLD_WAIT_TIMEOUT, ER_GR_HOLD_KILLED, ER_GR_HOLD_MEMBER_STATUS_ERROR: held
    // while a new primary catches up.
    (3781, Diagnosis::TIMEOUT),
    (3782, Diagnosis::CANCELLED),
    (3783, Diagnosis::TOPOLOGY),
    // ER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK.
    (3955, Diagnosis::IGNORE.alarm()),
    // ER_CLIENT_INTERACTION_TIMEOUT: an idle connection was closed.
    (4031, Diagnosis::IGNORE),
    // ER_OPERATION_NOT_ALLOWED_WHILE_PRIMARY_CHANGE_IS_RUNNING. MariaDB's is a note on
    // another error and never an answer.
    (4094, Diagnosis::TOPOLOGY.writes()),
];

/// A SQLSTATE or the class of one, as a number: comparing those is one instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State(u64);

impl State {
    /// Of some characters, of which there are at most eight.
    pub(super) const fn new(text: &[u8]) -> Self {
        let mut number = 0;
        let mut rest = text;
        while let Some((byte, behind)) = rest.split_first() {
            number = number << 8 | *byte as u64;
            rest = behind;
        }
        Self(number)
    }
}

/// Whole SQLSTATEs that say more than their class does.
pub(super) const SQLSTATES: &Table<State> = &[
    // A write in a read-only transaction, as on a replica.
    (State::new(b"25006"), Diagnosis::TOPOLOGY.writes()),
    (State::new(b"28000"), Diagnosis::IGNORE.alarm()),
    // Interrupted.
    (State::new(b"70100"), Diagnosis::CANCELLED),
    // Memory.
    (State::new(b"HY001"), Diagnosis::OVERLOAD),
];

/// Classes of SQLSTATEs (ISO/IEC 9075-2, 24.1, and MySQL's own `08S01`, `42Sxx`). `HY`,
/// the general error, is not here: it says nothing.
pub(super) const SQLSTATE_CLASSES: &Table<State> = &[
    (State::new(b"01"), Diagnosis::IGNORE),
    (State::new(b"02"), Diagnosis::IGNORE),
    // The connection.
    (State::new(b"08"), Diagnosis::FAILURE),
    (State::new(b"0A"), Diagnosis::IGNORE),
    (State::new(b"20"), Diagnosis::IGNORE),
    (State::new(b"21"), Diagnosis::IGNORE),
    (State::new(b"22"), Diagnosis::IGNORE),
    (State::new(b"23"), Diagnosis::IGNORE),
    (State::new(b"24"), Diagnosis::IGNORE),
    (State::new(b"25"), Diagnosis::IGNORE),
    (State::new(b"28"), Diagnosis::IGNORE),
    (State::new(b"2F"), Diagnosis::IGNORE),
    (State::new(b"34"), Diagnosis::IGNORE),
    (State::new(b"3D"), Diagnosis::IGNORE),
    (State::new(b"3F"), Diagnosis::IGNORE),
    // Rolled back: a conflict with another transaction.
    (State::new(b"40"), Diagnosis::IGNORE),
    (State::new(b"42"), Diagnosis::IGNORE),
    (State::new(b"44"), Diagnosis::IGNORE),
    // SIGNAL of a stored program.
    (State::new(b"45"), Diagnosis::IGNORE),
    (State::new(b"XA"), Diagnosis::IGNORE),
];
