//! The server under load and its peers: each a process on a core of its own, always ended.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::plan::{PATIENCE_MS, Work};
use crate::command;
use crate::workspace::Workspace;

/// The core of servers; the generator has the next one.
pub(crate) const CORE: &str = "0";

/// How often a starting server is asked for a connection, and how often at most.
const POLL: Duration = Duration::from_millis(20);
const POLLS: u32 = 500;

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// Ours, with nothing in front of the work.
    Unprotected,
    /// Ours, with a cap that somebody set by hand.
    Cap,
    /// Ours, with `Guard::server`.
    Guard,
    /// go-zero's own server, with its default middlewares.
    GoZero,
}

impl Product {
    /// All of them; what a server can do is measured on the first.
    pub(crate) const ALL: [Self; 4] = [Self::Unprotected, Self::Cap, Self::Guard, Self::GoZero];

    /// As in rows and curves.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unprotected => "no protection",
            Self::Cap => "static cap",
            Self::Guard => "guard",
            Self::GoZero => "go-zero",
        }
    }

    /// Whether it is ours behind different doors, so that all can do as much.
    pub(crate) const fn is_ours(self) -> bool {
        !matches!(self, Self::GoZero)
    }
}

/// The programs.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Both sides of ours.
    pub(crate) lab: PathBuf,
    /// The peer, where there is a Go toolchain.
    pub(crate) gozero: Option<PathBuf>,
    /// Where servers' logs go.
    logs: PathBuf,
}

impl Programs {
    /// Builds them.
    pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<Self> {
        let logs = workspace.target().join("lab");
        std::fs::create_dir_all(&logs).context("making the folder of the lab")?;
        let lab = workspace.release_binary("seawall-lab", "seawall-lab")?;
        let gozero = match command::runs("go", "version") {
            true => Some(build_gozero(workspace)?),
            false => None,
        };
        Ok(Self { lab, gozero, logs })
    }

    /// Starts a server that ends by itself after so many seconds.
    pub(crate) fn start(
        &self,
        product: Product,
        work: Work,
        seconds: f64,
    ) -> anyhow::Result<Server> {
        let port = free_port()?;
        let log = self.logs.join(format!("{}.log", product.name().replace(' ', "-")));
        let mut command = Command::new(&self.lab);
        command.args(["on-core", CORE]);
        self.say(&mut command, product, work)?;
        command
            .arg(option("port", port))
            .arg(option("work", work.name()))
            .arg(option("work-us", work.micros()))
            .arg(option("seconds", format!("{seconds:.0}")));
        Server::start(&mut command, port, &log)
    }

    fn say(&self, command: &mut Command, product: Product, work: Work) -> anyhow::Result<()> {
        let protection = match product {
            Product::Unprotected => "none",
            Product::Cap => "cap",
            Product::Guard => "guard",
            Product::GoZero => {
                let Some(gozero) = &self.gozero else { bail!("go-zero was not built") };
                // The best that it can be told: it does not read its callers' patience.
                command.arg(gozero).arg(option("timeout-ms", PATIENCE_MS));
                return Ok(());
            }
        };
        command
            .arg(&self.lab)
            .arg("serve")
            .arg(option("protection", protection))
            .arg(option("cap", work.cap()));
        Ok(())
    }
}

/// As all these programs read it.
pub(super) fn option(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

fn build_gozero(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let peers = workspace.target().join("peers");
    std::fs::create_dir_all(&peers).context("making the folder of peers")?;
    let program = peers.join("gozero");
    let mut go = Command::new("go");
    go.current_dir(workspace.root().join("bench/peers/gozero"))
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(".");
    command::run(&mut go)?;
    Ok(program)
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens on `port`. What it says goes to `log`.
    pub(super) fn start(command: &mut Command, port: u16, log: &Path) -> anyhow::Result<Self> {
        let out = File::create(log).with_context(|| format!("making {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().context("sharing the log")?)
            .stderr(out)
            .spawn()
            .context("starting a server")?;
        let mut server = Self { child, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) };
        server.wait_until_it_serves(log)?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait_until_it_serves(&mut self, log: &Path) -> anyhow::Result<()> {
        for _ in 0..POLLS {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().context("watching a server")? {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("a server ended with {status}: {}", said.trim());
            }
            std::thread::sleep(POLL);
        }
        bail!("a server does not listen; see {}", log.display());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a port")?;
    Ok(listener.local_addr().context("looking for a port")?.port())
}
