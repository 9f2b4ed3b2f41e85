//! A log-in to a MySQL server succeeds and a statement is answered.

use mysql_async::{Conn, OptsBuilder, Row, prelude::Queryable};

use super::CheckError;

/// The variable that tells a replica from a server that takes writes.
const READ_ONLY: &str = "read_only";

/// Larger packets than this are no answer to a health check, in bytes.
const PACKET_MAX: usize = 1 << 20;
/// How long the server may keep the connection idle, in seconds. It is never idle;
/// telling it spares the question for the server's own value.
const IDLE_SECONDS: usize = 60;

/// Logs in and runs `statement`. When that asks for the variable `read_only` and it
/// is on, the server counts as failed: this is how a service of several MySQL
/// servers is made to show only the one that takes writes.
pub(crate) async fn check(
    host: &str,
    port: u16,
    user: &str,
    password: &str,
    statement: &str,
) -> Result<(), CheckError> {
    let broken = |error: mysql_async::Error| CheckError::Mysql(error.to_string());
    let options = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port)
        .user(Some(user))
        .pass(Some(password))
        .prefer_socket(false)
        .max_allowed_packet(Some(PACKET_MAX))
        .wait_timeout(Some(IDLE_SECONDS))
        .stmt_cache_size(0);
    let mut connection = Conn::new(options).await.map_err(broken)?;
    let first: Option<Row> = connection.query_first(statement).await.map_err(broken)?;
    connection.disconnect().await.map_err(broken)?;
    let text = |column| first.as_ref().and_then(|row| row.get_opt::<String, usize>(column)?.ok());
    match (text(0), text(1)) {
        (Some(name), Some(value)) if name == READ_ONLY && value.eq_ignore_ascii_case("on") => {
            Err(CheckError::ReadOnly)
        }
        _ => Ok(()),
    }
}
