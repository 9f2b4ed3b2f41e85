//! MariaDB, through `mysql_async` and its pool.

use std::net::SocketAddr;

use anyhow::Context as _;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, OptsBuilder, Pool, PoolConstraints, PoolOpts};
use seawall_guard::classify::MySql;

use super::client::{Call, Client, POOL, Servers};

/// Connections that stay open when nobody uses them.
const IDLE: usize = 8;

/// Who may read and write, but not while a server is read-only, as root may.
const USER: &str = "lab";

const ROWS: u32 = 64;

impl Client for Pool {
    type Error = Error;
    type Classifier = MySql;

    async fn connect(at: SocketAddr) -> anyhow::Result<Self> {
        let constraints = PoolConstraints::new(IDLE, POOL as usize).context("no such pool")?;
        let pool = PoolOpts::new().with_constraints(constraints);
        Ok(Self::new(options(at).user(Some(USER)).db_name(Some("lab")).pool_opts(pool)))
    }

    async fn run(&self, call: Call) -> Result<(), Error> {
        let mut connection = self.get_conn().await?;
        match call {
            Call::Read => {
                let read = "SELECT hits FROM counters WHERE id = ?";
                let _: Option<u64> =
                    connection.exec_first(read, (rand::random_range(1..=ROWS),)).await?;
                Ok(())
            }
            Call::Write => {
                let write = "UPDATE counters SET hits = hits + 1 WHERE id = ?";
                connection.exec_drop(write, (rand::random_range(1..=ROWS),)).await
            }
            // 1064, 1062, and 1213 as a server says it of a deadlock.
            Call::Wrong(way) => {
                let wrong = match way % 3 {
                    0 => "SELEC hits FROM counters",
                    1 => "INSERT INTO counters VALUES (1, 0)",
                    _ => "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213",
                };
                connection.query_drop(wrong).await
            }
        }
    }

    async fn prepare(servers: Servers) -> anyhow::Result<()> {
        for server in servers.both() {
            let mut root = root(server).await?;
            for statement in [
                "SET GLOBAL read_only = OFF",
                "CREATE DATABASE IF NOT EXISTS lab",
                "CREATE USER IF NOT EXISTS lab",
                "GRANT SELECT, INSERT, UPDATE ON lab.* TO lab",
                "CREATE TABLE IF NOT EXISTS lab.counters \
                 (id INT UNSIGNED PRIMARY KEY, hits BIGINT UNSIGNED NOT NULL)",
            ] {
                root.query_drop(statement).await.context(statement)?;
            }
            let insert = "INSERT IGNORE INTO lab.counters VALUES (?, 0)";
            root.exec_batch(insert, (1..=ROWS).map(|id| (id,))).await.context(insert)?;
            root.disconnect().await.context("leaving the server")?;
        }
        Ok(())
    }

    /// Nothing is replicated: who fails over does not ask for it, and which server has
    /// the newest data is another matter.
    async fn fail_over(servers: Servers) -> anyhow::Result<()> {
        let mut root = root(servers.primary).await?;
        root.query_drop("SET GLOBAL read_only = ON").await.context("making it read-only")?;
        root.disconnect().await.context("leaving the server")
    }
}

async fn root(server: SocketAddr) -> anyhow::Result<Conn> {
    Conn::new(options(server).user(Some("root"))).await.context("asking the server as root")
}

/// Over the network, where the proxy is: by default it moves to a socket in the file
/// system when it finds the server on its own machine.
fn options(at: SocketAddr) -> OptsBuilder {
    OptsBuilder::default()
        .ip_or_hostname(at.ip().to_string())
        .tcp_port(at.port())
        .prefer_socket(Some(false))
}
