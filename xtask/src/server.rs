//! A server under test: started on loopback, watched, and always ended.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seawall_clock::{Clock as _, SystemClock};

/// How often a starting server is asked whether it is ready.
const POLL: Duration = Duration::from_millis(2);

/// Clients find the gRPC door this far above the HTTP door.
const GRPC_OFFSET: u16 = 1000;

/// The first administrator of a guarded server.
pub(crate) const ADMIN: &str = "nacos";

/// How long a server asked to end may take to drain.
const DRAIN: Duration = Duration::from_secs(30);

/// Which program serves, and with that how it is told its ports and folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// `seawall dev`
    Seawall,
    /// The peer: `rnacos`, told by environment variables.
    Rnacos,
}

impl Product {
    /// The name in tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seawall => "seawall",
            Self::Rnacos => "rnacos",
        }
    }

    /// The page that answers 200 once clients may come, without a login.
    const fn readiness(self) -> &'static str {
        match self {
            Self::Seawall => "/nacos/v1/console/health/readiness",
            Self::Rnacos => "/health",
        }
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// Which program it is.
    pub(crate) product: Product,
    /// The program.
    pub(crate) binary: PathBuf,
    /// Its data folder; made when missing, kept when not.
    pub(crate) data: PathBuf,
    /// Its HTTP port; the gRPC port is 1000 above.
    pub(crate) http_port: u16,
    /// How long it may take until it is ready.
    pub(crate) patience: Duration,
    /// The administrator's password where every door asks a login; nothing where
    /// the clients' doors are open.
    pub(crate) password: Option<String>,
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    product: Product,
    http_port: u16,
    startup: Duration,
}

impl Launch {
    /// A server on free ports, with `data` as its folder and a minute to start.
    pub(crate) fn new(product: Product, binary: &Path, data: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            product,
            binary: binary.to_owned(),
            data: data.to_owned(),
            http_port: free_port_pair()?,
            patience: Duration::from_secs(60),
            password: None,
        })
    }

    /// The same server with every door asking a login; `password` is that of the
    /// first administrator, [`ADMIN`].
    pub(crate) fn guarded(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Starts the server and waits until it answers that it is ready. Its output
    /// goes to `server.log` beside its data folder.
    pub(crate) fn start(&self) -> anyhow::Result<Server> {
        let clock = SystemClock::default();
        let started = clock.now();
        let mut server = self.spawn()?;
        let log = self.log();
        loop {
            if server.is_ready() {
                server.startup = clock.now() - started;
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait().context("watching the server")? {
                bail!("{} ended with {status}:\n{}", self.product.name(), tail(&log));
            }
            if clock.now() - started > self.patience {
                bail!(
                    "{} was not ready after {:?}:\n{}",
                    self.product.name(),
                    self.patience,
                    tail(&log)
                );
            }
            std::thread::sleep(POLL);
        }
    }

    /// Starts the server and kills it after `life`, ready or not.
    pub(crate) fn start_and_kill_after(&self, life: Duration) -> anyhow::Result<()> {
        let server = self.spawn()?;
        std::thread::sleep(life);
        server.kill()
    }

    fn spawn(&self) -> anyhow::Result<Server> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("making {}", self.data.display()))?;
        let log = self.log();
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("opening {}", log.display()))?;
        let child = self
            .command()
            .stdin(Stdio::null())
            .stderr(out.try_clone().context("sharing the log")?)
            .stdout(out)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        Ok(Server {
            child,
            product: self.product,
            http_port: self.http_port,
            startup: Duration::default(),
        })
    }

    /// Where the server's output goes.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        let http = self.http_port.to_string();
        let grpc = (self.http_port + GRPC_OFFSET).to_string();
        match self.product {
            Product::Seawall => {
                let mode = if self.password.is_some() { "server" } else { "dev" };
                command.arg(mode).arg("--data").arg(&self.data).args([
                    "--bind",
                    "127.0.0.1",
                    "--http-port",
                    &http,
                    "--grpc-port",
                    &grpc,
                ]);
                if let Some(password) = &self.password {
                    command.env("SEAWALL_ADMIN_PASSWORD", password);
                }
            }
            Product::Rnacos => {
                command
                    .env("RNACOS_HTTP_PORT", &http)
                    .env("RNACOS_GRPC_PORT", &grpc)
                    .env("RNACOS_SDK_HOST", "127.0.0.1")
                    .env("RNACOS_DATA_DIR", &self.data)
                    .env("RUST_LOG", "warn");
                if let Some(password) = &self.password {
                    command
                        .env("RNACOS_ENABLE_OPEN_API_AUTH", "true")
                        .env("RNACOS_INIT_ADMIN_USERNAME", ADMIN)
                        .env("RNACOS_INIT_ADMIN_PASSWORD", password);
                }
            }
        }
        command
    }
}

impl Server {
    /// The HTTP port.
    pub(crate) const fn http_port(&self) -> u16 {
        self.http_port
    }

    /// The gRPC port.
    pub(crate) const fn grpc_port(&self) -> u16 {
        self.http_port + GRPC_OFFSET
    }

    /// The process id, for reading `/proc`.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// From the start of the process to its first "ready".
    pub(crate) const fn startup(&self) -> Duration {
        self.startup
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    /// Asks the process to end and waits until it has, as an operator's restart does.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()
            .context("asking the server to end")?;
        anyhow::ensure!(asked.success(), "kill -TERM failed with {asked}");
        let clock = SystemClock::default();
        let started = clock.now();
        while self.child.try_wait().context("watching the server")?.is_none() {
            anyhow::ensure!(
                clock.now() - started < DRAIN,
                "the server did not end within {DRAIN:?} of being asked to"
            );
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Ends the process as `kill -9` does, without a chance to tidy up.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().context("killing the server")?;
        self.child.wait().context("waiting for the killed server")?;
        Ok(())
    }

    /// Fails when the process ended by itself.
    pub(crate) fn require_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait().context("watching the server")? {
            None => Ok(()),
            Some(status) => bail!("the server ended by itself with {status}"),
        }
    }

    fn is_ready(&self) -> bool {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(2)))
            .build()
            .into();
        agent.get(format!("{}{}", self.url(), self.product.readiness())).call().is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Raises the soft limit on open files to the hard one, for servers to inherit.
pub(crate) fn raise_open_files() -> anyhow::Result<()> {
    let now = getrlimit(Resource::Nofile);
    if now.current != now.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum })
            .context("raising the limit on open files")?;
    }
    Ok(())
}

/// A free port whose partner for gRPC is free too.
fn free_port_pair() -> anyhow::Result<u16> {
    for _ in 0..64 {
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a port")?;
        let port = http.local_addr().context("looking for a port")?.port();
        let Some(grpc) = port.checked_add(GRPC_OFFSET) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, grpc)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no pair of free ports 1000 apart")
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_at_once_is_reported_with_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch {
            product: Product::Rnacos,
            binary: PathBuf::from("false"),
            data: folder.path().join("data"),
            http_port: 1,
            patience: Duration::from_secs(5),
            password: None,
        };
        let error = launch.start().unwrap_err().to_string();
        assert!(error.contains("ended with"), "{error}");
    }
}
