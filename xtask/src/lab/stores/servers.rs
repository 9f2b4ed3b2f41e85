//! The stores: two servers each, on loopback, always ended.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use super::plan::Store;
use crate::command;
use crate::lab::server::{Server, free_port, option};

/// Two servers of one kind, in a folder that goes with them.
#[derive(Debug)]
pub(crate) struct Servers {
    // Dropped first: a folder of a server that runs cannot be removed.
    running: Option<[Server; 2]>,
    _folder: TempDir,
}

impl Servers {
    /// Starts them. `lab` lets them end with this process, whatever becomes of it.
    pub(crate) fn start(store: Store, lab: &Path) -> anyhow::Result<Self> {
        let folder = TempDir::new().context("making a folder for a store")?;
        let running = match store {
            Store::MySql => Some(mariadb(lab, folder.path())?),
            Store::Redis => Some(redis(lab, folder.path())?),
            // Part of `seawall-lab`.
            Store::Mongo => None,
        };
        Ok(Self { running, _folder: folder })
    }

    /// Where they listen: the primary, and the other one.
    pub(crate) fn addresses(&self) -> Option<[SocketAddr; 2]> {
        self.running.as_ref().map(|[primary, other]| [primary.address(), other.address()])
    }
}

/// Which program is missing for this store, and the package of Debian that has it.
pub(crate) fn missing(store: Store) -> Option<(&'static str, &'static str)> {
    let (is_here, program, package) = match store {
        Store::MySql => (mariadbd().is_some(), "mariadbd", "mariadb-server"),
        Store::Redis => (runs("redis-server"), "redis-server", "redis-server"),
        Store::Mongo => return None,
    };
    (!is_here).then_some((program, package))
}

/// Debian puts it where only root looks.
fn mariadbd() -> Option<&'static str> {
    ["mariadbd", "/usr/sbin/mariadbd"].into_iter().find(|program| runs(program))
}

fn runs(program: &str) -> bool {
    command::runs(program, "--version")
}

fn mariadb(lab: &Path, folder: &Path) -> anyhow::Result<[Server; 2]> {
    let program = mariadbd().context("there is no mariadbd")?;
    let start = |name: &str| {
        let (port, home) = (free_port()?, folder.join(name));
        std::fs::create_dir(&home).context("making a folder for a server")?;
        install(&home)?;
        let mut server = with_parent(lab, program);
        server
            .arg("--no-defaults")
            .args(as_root())
            .arg(option("datadir", home.join("data").display()))
            .arg(option("socket", home.join("socket").display()))
            .arg(option("pid-file", home.join("pid").display()))
            .arg(option("port", port))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"])
            // Loopback and a disk are not what is tried here.
            .arg("--innodb-flush-log-at-trx-commit=0");
        Server::start(&mut server, port, &home.join("log"))
    };
    Ok([start("primary")?, start("other")?])
}

/// Makes the tables every server needs; root needs no password.
fn install(home: &Path) -> anyhow::Result<()> {
    let output = Command::new("mariadb-install-db")
        .arg("--no-defaults")
        .args(as_root())
        .arg(option("datadir", home.join("data").display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg("--innodb-log-file-size=16M")
        .stdin(Stdio::null())
        .output()
        .context("starting mariadb-install-db")?;
    if !output.status.success() {
        bail!("mariadb-install-db: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Without being told so, MariaDB does not run as root.
fn as_root() -> Option<&'static str> {
    rustix::process::geteuid().is_root().then_some("--user=root")
}

fn redis(lab: &Path, folder: &Path) -> anyhow::Result<[Server; 2]> {
    let start = |name: &str, of: Option<SocketAddr>| {
        let (port, home) = (free_port()?, folder.join(name));
        std::fs::create_dir(&home).context("making a folder for a server")?;
        let mut server = with_parent(lab, "redis-server");
        server
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .arg("--dir")
            .arg(&home)
            // A replica need not wait for more replicas to come.
            .args(["--repl-diskless-sync-delay", "0"]);
        if let Some(of) = of {
            server.args(["--replicaof", &of.ip().to_string(), &of.port().to_string()]);
        }
        Server::start(&mut server, port, &home.join("log"))
    };
    let primary = start("primary", None)?;
    let other = start("other", Some(primary.address()))?;
    Ok([primary, other])
}

fn with_parent(lab: &Path, program: &str) -> Command {
    let mut command = Command::new(lab);
    command.args(["with-parent", program]);
    command
}
