//! Where things are: the checkout, cargo's target folder, the user's cache.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::command;

/// The checkout that this xtask was built from, and the folders that go with it.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and every other way to move the
    /// target folder are honoured.
    pub(crate) fn discover() -> anyhow::Result<Self> {
        let output = command::cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("running cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).context("reading cargo metadata")?;
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory })
    }

    /// The folder with the root manifest.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder, also the place for everything a chore may leave behind.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Builds the server as users run it and says where the binary is.
    pub(crate) fn release_server(&self) -> anyhow::Result<PathBuf> {
        self.release_binary("seawall", "seawall")
    }

    /// Builds `package` in release mode and says where its binary `name` is.
    pub(crate) fn release_binary(&self, package: &str, name: &str) -> anyhow::Result<PathBuf> {
        let mut build = command::cargo();
        build.current_dir(&self.root).args(["build", "--release", "--package", package]);
        command::run(&mut build)?;
        let binary = self.target.join("release").join(name);
        if !binary.is_file() {
            bail!("cargo built {package}, but {} is not there", binary.display());
        }
        Ok(binary)
    }

    /// Sources that git tracks or would track, relative to the root, sorted.
    pub(crate) fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let output = std::process::Command::new("git")
            .current_dir(&self.root)
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("running git ls-files")?;
        if !output.status.success() {
            bail!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
        let mut files: Vec<PathBuf> = listed
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(PathBuf::from)
            .filter(|file| self.root.join(file).is_file())
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }
}

/// `$XDG_CACHE_HOME/seawall` or `~/.cache/seawall`: tools that outlive a target folder.
pub(crate) fn user_cache() -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME") {
        Some(dir) if !dir.is_empty() => PathBuf::from(dir),
        _ => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    Ok(base.join("seawall"))
}

/// Whether this run is a CI run, where a skipped suite is a failure.
pub(crate) fn on_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
