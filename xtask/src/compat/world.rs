//! What surrounds one suite: its servers, its control door, its folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};

use super::control::{Action, Control};
use crate::server::{ADMIN, Launch, Product, Server};

/// The password of the guarded server's administrator, for these runs only.
const PASSWORD: &str = "compat-suite-password";

/// What the suites are driven against.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// Fresh servers of this program, two for every suite.
    Fresh(Product, PathBuf),
    /// A server that runs already and is not ours to restart, as `host:port`.
    Running(String),
}

/// One suite's surroundings. Dropping it ends its servers.
#[derive(Debug)]
pub(crate) struct World {
    folder: PathBuf,
    address: String,
    owned: Option<Owned>,
}

#[derive(Debug)]
struct Owned {
    guarded: Server,
    // Dropped before `open`: a late restart must not outlive the suite.
    control: Control,
    open: Arc<Mutex<Option<Server>>>,
}

impl World {
    /// Prepares `folder`, empty, and starts what `target` asks for.
    pub(crate) fn create(target: &Target, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)
                .with_context(|| format!("clearing {}", folder.display()))?;
        }
        std::fs::create_dir_all(folder.join("work"))
            .with_context(|| format!("making {}", folder.display()))?;
        let folder = folder.to_owned();
        match target {
            Target::Running(address) => Ok(Self { folder, address: address.clone(), owned: None }),
            Target::Fresh(product, binary) => Self::fresh(*product, binary, folder),
        }
    }

    fn fresh(product: Product, binary: &Path, folder: PathBuf) -> anyhow::Result<Self> {
        let launch = Launch::new(product, binary, &folder.join("open"))?;
        let open = Arc::new(Mutex::new(Some(launch.start()?)));
        let guarded =
            Launch::new(product, binary, &folder.join("guarded"))?.guarded(PASSWORD).start()?;
        let address = format!("127.0.0.1:{}", launch.http_port);
        let server = Arc::clone(&open);
        let control = Control::open(move |action| perform(action, &launch, &server))?;
        Ok(Self { folder, address, owned: Some(Owned { guarded, control, open }) })
    }

    /// A folder for what the clients keep: caches, logs, snapshots.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.join("work")
    }

    /// Where the suite's standard error goes.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("suite.log")
    }

    /// Tells a suite where everything is.
    pub(crate) fn describe(&self, command: &mut Command) {
        command
            .env("SEAWALL_ADDR", &self.address)
            .env("SEAWALL_WORK", self.work())
            .env("HOME", self.work());
        if let Some(owned) = &self.owned {
            command
                .env("SEAWALL_AUTH_ADDR", format!("127.0.0.1:{}", owned.guarded.http_port()))
                .env("SEAWALL_AUTH_USER", ADMIN)
                .env("SEAWALL_AUTH_PASSWORD", PASSWORD)
                .env("SEAWALL_CONTROL", owned.control.url());
        }
    }

    /// Fails when a server ended that nobody asked to end.
    pub(crate) fn require_alive(&mut self) -> anyhow::Result<()> {
        let Some(owned) = &mut self.owned else { return Ok(()) };
        owned.guarded.require_alive().context("the guarded server")?;
        let mut open = owned.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.as_mut() {
            Some(server) => server.require_alive().context("the open server"),
            None => bail!("the suite killed its server and did not start it again"),
        }
    }
}

fn perform(action: Action, launch: &Launch, server: &Mutex<Option<Server>>) -> anyhow::Result<()> {
    let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
    match action {
        Action::Restart => {
            // Started again even where it would not end, so that one case fails, not
            // every later one.
            let ended = server.take().map_or(Ok(()), Server::stop);
            *server = Some(launch.start()?);
            ended?;
        }
        Action::Kill => {
            if let Some(running) = server.take() {
                running.kill()?;
            }
        }
        Action::Start => {
            if server.is_none() {
                *server = Some(launch.start()?);
            }
        }
    }
    Ok(())
}
