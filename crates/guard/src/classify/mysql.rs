//! Answers of MySQL, MariaDB, TiDB and what speaks their protocol.

use serde::{Deserialize, Serialize};

use super::{
    Diagnose, Diagnosis, Overrides,
    mysql_codes::{MYSQL, SQLSTATE_CLASSES, SQLSTATES, State},
    own, table,
    tidb_codes::TIDB,
};
use crate::admit::{Classify, Outcome};

/// How errors of MySQL, MariaDB and TiDB count: by number, and by SQLSTATE where the
/// number says nothing (`mysql_codes.rs` and `tidb_codes.rs` hold the tables and where
/// they are from).
///
/// Only what would have met any other statement as well is a failure. A wrong
/// statement, a duplicate key, a lock that was not got and a broken table are the
/// statement's own affair, and a breaker for the whole server must not count them
/// (go-zero's accepts 1062 and nothing else, so that one bad statement in a loop shuts
/// out all good ones). Servers know thousands of such numbers, so what neither table nor
/// SQLSTATE knows is [`Outcome::Ignore`].
///
/// ```
/// use seawall_guard::{Classify, Outcome, classify::{MySql, MySqlError}};
///
/// let mysql = MySql::default().with(1205, Outcome::Failure);
/// let gone = MySqlError { code: 1053, sqlstate: b"08S01", message: b"Server shutdown" };
/// assert_eq!(mysql.classify(&gone), Outcome::Failure);
/// assert_eq!(mysql.classify(&MySqlError::of(1064)), Outcome::Ignore);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MySql {
    /// How single numbers count, whatever the tables say. Default none.
    pub codes: Overrides<u16>,
    /// How a number counts that nothing is known of. Default `ignore`.
    pub unknown: Outcome,
}

impl Default for MySql {
    fn default() -> Self {
        Self { codes: Overrides::default(), unknown: Outcome::Ignore }
    }
}

/// An error as the server sends it, or as a client library numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MySqlError<'a> {
    /// Its number.
    pub code: u16,
    /// Its SQLSTATE, five characters; empty if unknown.
    pub sqlstate: &'a [u8],
    /// Its text; empty if unknown.
    pub message: &'a [u8],
}

impl<'a> MySqlError<'a> {
    /// An error of which nothing but the number is known.
    pub const fn of(code: u16) -> Self {
        Self { code, sqlstate: b"", message: b"" }
    }

    /// Reads the payload of an `ERR_Packet` (dev.mysql.com/doc/dev/mysql-server,
    /// `page_protocol_basic_err_packet`), with SQLSTATE or, before a connection has
    /// agreed on its capabilities, without. `None` for any other payload, and for
    /// MariaDB's reports of progress, which are such packets with the number 65535
    /// (mariadb.com/kb/en/err_packet).
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let ([0xFF, low, high], rest) = payload.split_first_chunk()? else { return None };
        let code = u16::from_le_bytes([*low, *high]);
        if code == u16::MAX {
            return None;
        }
        let marked = rest.strip_prefix(b"#").and_then(|rest| rest.split_at_checked(5));
        let (sqlstate, message) = marked.unwrap_or((b"", rest));
        Some(Self { code, sqlstate, message })
    }
}

impl MySql {
    /// With another outcome of one number.
    #[must_use]
    pub fn with(mut self, code: u16, outcome: Outcome) -> Self {
        self.codes.set(code, outcome);
        self
    }
}

impl Diagnose<MySqlError<'_>> for MySql {
    fn diagnose(&self, error: &MySqlError<'_>) -> Diagnosis {
        let known = own::diagnose(error.message)
            .or_else(|| by_message(error))
            .or_else(|| by_code(error.code))
            .or_else(|| by_sqlstate(error.sqlstate));
        self.codes.apply(&error.code, known.unwrap_or(Diagnosis::of(self.unknown)))
    }
}

impl Classify<MySqlError<'_>> for MySql {
    fn classify(&self, error: &MySqlError<'_>) -> Outcome {
        self.diagnose(error).outcome
    }
}

fn by_code(code: u16) -> Option<Diagnosis> {
    table::find(if code < 8_000 { MYSQL } else { TIDB }, code)
}

fn by_sqlstate(sqlstate: &[u8]) -> Option<Diagnosis> {
    let state: &[u8; 5] = sqlstate.try_into().ok()?;
    let [class @ .., _, _, _] = state;
    table::find(SQLSTATES, State::new(state))
        .or_else(|| table::find(SQLSTATE_CLASSES, State::new(class)))
}

/// Some numbers say more than one thing, and their texts say which. Without a text the
/// table's meaning holds.
fn by_message(error: &MySqlError<'_>) -> Option<Diagnosis> {
    if error.message.is_empty() {
        return None;
    }
    let says = |word: &[u8]| error.message.windows(word.len()).any(|part| part == word);
    match error.code {
        // ER_UNKNOWN_COM_ERROR: of a Galera node outside the primary component, or a
        // command the server does not know.
        1047 if !says(b"WSREP") => Some(Diagnosis::IGNORE),
        // ER_OPTION_PREVENTS_STATEMENT: `--read-only`, `--super-read-only`, or any other
        // option, as `--secure-file-priv`.
        1290 if !says(b"read-only") && !says(b"read_only") => Some(Diagnosis::IGNORE),
        // MySQL's ER_DA_GLOBAL_CONN_LIMIT, or MariaDB's ER_UNKNOWN_STRUCTURED_VARIABLE.
        4081 if says(b"connection memory limit") => Some(Diagnosis::OVERLOAD),
        // MariaDB's ER_USER_IS_BLOCKED, or a file MySQL cannot load.
        4150 if says(b"blocked") => Some(Diagnosis::IGNORE.alarm().unprocessed()),
        // MariaDB's ER_ACCOUNT_HAS_BEEN_LOCKED, or a file MySQL cannot load.
        4151 if says(b"locked") => Some(Diagnosis::IGNORE.alarm().unprocessed()),
        1907 | 9001.. => by_message_of_proxysql(error.code, says),
        _ => None,
    }
}

/// ProxySQL has numbers of its own, which TiDB and MariaDB have as well (sysown/proxysql
/// 5cc418b, `lib/MySQL_Session.cpp`).
fn by_message_of_proxysql(code: u16, says: impl Fn(&[u8]) -> bool) -> Option<Diagnosis> {
    match code {
        1907 if says(b"query_timeout exceeded") => Some(Diagnosis::TIMEOUT),
        9001 if says(b"reaching hostgroup") => Some(Diagnosis::TIMEOUT.unprocessed()),
        9002 if says(b"reaching hostgroup") => Some(Diagnosis::FAILURE.unprocessed()),
        9003 if says(b"Command not supported") => Some(Diagnosis::IGNORE),
        9005 if says(b"while locked on HG") => Some(Diagnosis::IGNORE),
        _ => None,
    }
}
