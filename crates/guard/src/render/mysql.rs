//! A refusal in MySQL's protocol.

use super::Message;
use crate::admit::{Rejected, Rejection, Scope};

/// When a refusal is said to a client of MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Instead of a greeting or of the answer to a login; the connection ends.
    Connect,
    /// Instead of a result; the connection goes on.
    Statement,
}

/// What to answer to a client of MySQL.
///
/// Pools of connections take a SQLSTATE of class `08`, as that of "Too many connections"
/// is, for the end of a connection and open another one at once (HikariCP,
/// `ProxyConnection.checkException`, also for number 1105). So it is only said at
/// [`Moment::Connect`], and statements are refused as out of resources, as Vitess does
/// (vitessio/vitess#12949), in the class of general errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MySqlRejection {
    /// The number.
    pub code: u16,
    /// The SQLSTATE the server has for that number.
    pub sqlstate: &'static str,
}

impl MySqlRejection {
    /// `ER_CON_COUNT_ERROR`.
    const TOO_MANY_CONNECTIONS: Self = Self { code: 1040, sqlstate: "08004" };
    /// `ER_OUT_OF_RESOURCES`.
    const OUT_OF_RESOURCES: Self = Self { code: 1041, sqlstate: "HY000" };
    /// `ER_TOO_MANY_USER_CONNECTIONS`.
    const TOO_MANY_OF_USER: Self = Self { code: 1203, sqlstate: "42000" };
    /// `ER_USER_LIMIT_REACHED`.
    const LIMIT_OF_USER: Self = Self { code: 1226, sqlstate: "42000" };
    /// `ER_SPECIFIC_ACCESS_DENIED_ERROR`.
    const DENIED: Self = Self { code: 1227, sqlstate: "42000" };
    /// `ER_QUERY_TIMEOUT`.
    const TIMED_OUT: Self = Self { code: 3024, sqlstate: "HY000" };
    /// `ER_SERVER_ISNT_AVAILABLE`.
    const UNAVAILABLE: Self = Self { code: 3168, sqlstate: "HY000" };

    /// What to answer for `rejection`.
    pub fn of(rejection: &Rejection, moment: Moment) -> Self {
        let of_caller = matches!(rejection.scope, Scope::Caller | Scope::Key);
        match (rejection.reason, moment) {
            (Rejected::NotAllowed, _) => Self::DENIED,
            (Rejected::DeadlinePassed, _) => Self::TIMED_OUT,
            (Rejected::BreakerOpen | Rejected::NoEndpoint, _) => Self::UNAVAILABLE,
            (Rejected::ConcurrencyLimited, Moment::Connect) if of_caller => Self::TOO_MANY_OF_USER,
            (Rejected::RateLimited, _) => Self::LIMIT_OF_USER,
            (_, Moment::Statement) if of_caller => Self::LIMIT_OF_USER,
            (_, Moment::Connect) => Self::TOO_MANY_CONNECTIONS,
            (_, Moment::Statement) => Self::OUT_OF_RESOURCES,
        }
    }

    /// Puts a whole packet behind what is in `to`: the four bytes before a payload, then
    /// an `ERR_Packet` with SQLSTATE (dev.mysql.com/doc/dev/mysql-server,
    /// `page_protocol_basic_packets`, `page_protocol_basic_err_packet`). `sequence` is one
    /// more than that of the packet it answers, 0 for a greeting.
    pub fn write_packet(self, rejection: &Rejection, sequence: u8, to: &mut Vec<u8>) {
        let start = to.len();
        to.extend_from_slice(&[0, 0, 0, sequence, 0xFF]);
        to.extend_from_slice(&self.code.to_le_bytes());
        to.push(b'#');
        to.extend_from_slice(self.sqlstate.as_bytes());
        Message(rejection).write(to);
        // The text is some hundred bytes at most, and three bytes of length hold 16 MiB.
        let [low, middle, high, ..] = (to.len() - start - 4).to_le_bytes();
        if let Some(len) = to.get_mut(start..start + 3) {
            len.copy_from_slice(&[low, middle, high]);
        }
    }
}
