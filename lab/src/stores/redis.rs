//! Redis, through the connection manager of `redis`.

use std::net::SocketAddr;

use anyhow::Context as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{Cmd, RedisError, cmd};
use seawall_guard::classify::Redis;

use super::client::{Call, Client, Servers};

impl Client for ConnectionManager {
    type Error = RedisError;
    type Classifier = Redis;

    /// With all its defaults, time-outs among them.
    async fn connect(at: SocketAddr) -> anyhow::Result<Self> {
        let client = open(at)?;
        Self::new_with_config(client, ConnectionManagerConfig::new()).await.context("connecting")
    }

    async fn run(&self, call: Call) -> Result<(), RedisError> {
        let command = match call {
            Call::Read => cmd("GET").arg("counter").take(),
            Call::Write => cmd("INCR").arg("counter").take(),
            // WRONGTYPE, NOSCRIPT, and ERR: not an integer.
            Call::Wrong(way) => match way % 3 {
                0 => cmd("INCR").arg("list").take(),
                1 => cmd("EVALSHA").arg("0".repeat(40)).arg(0).take(),
                _ => cmd("INCR").arg("text").take(),
            },
        };
        command.exec_async(&mut self.clone()).await
    }

    async fn prepare(servers: Servers) -> anyhow::Result<()> {
        let mut primary = admin(servers.primary).await?;
        let commands = [
            cmd("SET").arg("counter").arg(0).take(),
            cmd("DEL").arg("list").take(),
            cmd("RPUSH").arg("list").arg("one").take(),
            cmd("SET").arg("text").arg("one").take(),
            // Returns once the replica has all of it.
            cmd("WAIT").arg(1).arg(10_000).take(),
        ];
        for command in commands {
            command.exec_async(&mut primary).await.context("putting keys into the primary")?;
        }
        Ok(())
    }

    async fn fail_over(servers: Servers) -> anyhow::Result<()> {
        replicate(servers.other, &cmd("REPLICAOF").arg("NO").arg("ONE").take()).await?;
        let other = servers.other;
        let follow = cmd("REPLICAOF").arg(other.ip().to_string()).arg(other.port()).take();
        replicate(servers.primary, &follow).await
    }
}

async fn replicate(server: SocketAddr, command: &Cmd) -> anyhow::Result<()> {
    command.exec_async(&mut admin(server).await?).await.context("changing who replicates whom")
}

async fn admin(server: SocketAddr) -> anyhow::Result<MultiplexedConnection> {
    open(server)?.get_multiplexed_async_connection().await.context("asking the server")
}

fn open(at: SocketAddr) -> anyhow::Result<redis::Client> {
    redis::Client::open(format!("redis://{at}/")).context("no such address")
}
