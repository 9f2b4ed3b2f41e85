//! The suites: how each installs its client into `target/compat` and how it starts.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::language::Language;
use crate::command;
use crate::workspace::Workspace;

/// One published client, at one version, and the cases that drive it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite {
    /// Its folder in `compat/`.
    pub(crate) language: Language,
    /// The client and its version, as tables name it.
    pub(crate) client: &'static str,
    /// The word that tells suites of one language apart: module, script or folder.
    part: &'static str,
}

/// Every suite, in the order they run. The versions here are those of the manifests
/// in `compat/`, which decide.
pub(crate) const SUITES: [Suite; 8] = [
    Suite { language: Language::Java, client: "java nacos-client 2.5.1", part: "nacos2" },
    Suite { language: Language::Java, client: "java nacos-client 3.2.1", part: "nacos3" },
    Suite { language: Language::Java, client: "spring-cloud-alibaba 2025.0.0.0", part: "spring" },
    Suite { language: Language::Go, client: "go nacos-sdk-go 2.3.2", part: "go" },
    Suite { language: Language::Python, client: "python nacos-sdk-python 3.2.0", part: "v3" },
    Suite { language: Language::Python, client: "python nacos-sdk-python 2.0.11", part: "v2" },
    Suite { language: Language::Node, client: "node nacos 2.6.3", part: "node" },
    Suite { language: Language::Rust, client: "rust nacos-sdk 0.8.3", part: "rust" },
];

impl Suite {
    /// A name for its folder under `target/compat/run`.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.language.name(), self.part)
    }

    /// Brings the client and compiles the cases. Quick when nothing changed.
    pub(crate) fn install(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let sources = self.sources(workspace);
        let built = self.built(workspace);
        std::fs::create_dir_all(&built).with_context(|| format!("making {}", built.display()))?;
        match self.language {
            Language::Java => {
                let mut maven = Command::new("mvn");
                maven
                    .current_dir(&sources)
                    .args(["--quiet", "--batch-mode", "package", "--also-make", "--projects"])
                    .arg(self.part)
                    .arg(format!("-Dcompat.target={}", built.display()));
                command::run(&mut maven)
            }
            Language::Go => {
                let mut go = Command::new("go");
                go.current_dir(&sources).args(["build", "-mod=readonly", "-o"]);
                command::run(go.arg(built.join("compat")).arg("."))
            }
            Language::Python => self.install_python(&sources, &built),
            Language::Node => install_node(&sources, &built),
            Language::Rust => {
                let mut cargo = command::cargo();
                cargo.current_dir(&sources).args(["build", "--locked", "--target-dir"]);
                command::run(cargo.arg(&built))
            }
        }
    }

    fn install_python(&self, sources: &Path, built: &Path) -> anyhow::Result<()> {
        let requirements = sources.join(format!("requirements-{}.txt", self.part));
        let venv = built.join(self.part);
        once(&[&requirements], &venv, || {
            command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
            let mut pip = Command::new(venv.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            command::run(pip.arg(&requirements))
        })
    }

    /// The program that runs the cases.
    pub(crate) fn command(&self, workspace: &Workspace, work: &Path) -> Command {
        let sources = self.sources(workspace);
        let built = self.built(workspace);
        let mut command = match self.language {
            Language::Java => {
                let module = built.join(self.part);
                let mut java = Command::new("java");
                java.arg(format!("-Duser.home={}", work.display())).args([
                    "-Xmx512m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                ]);
                java.arg(format!("{0}/classes:{0}/lib/*", module.display()));
                java.arg("dev.seawall.compat.Main");
                java
            }
            Language::Go => Command::new(built.join("compat")),
            Language::Python => {
                let mut python = Command::new(built.join(self.part).join("bin/python"));
                python.arg("-u").arg(sources.join(format!("suite_{}.py", self.part)));
                python
            }
            Language::Node => {
                let mut node = Command::new("node");
                node.env("NODE_PATH", built.join("node_modules")).arg(sources.join("main.js"));
                node
            }
            Language::Rust => Command::new(built.join("debug/seawall-compat")),
        };
        command.current_dir(work);
        command
    }

    fn sources(&self, workspace: &Workspace) -> PathBuf {
        workspace.root().join("compat").join(self.language.name())
    }

    fn built(&self, workspace: &Workspace) -> PathBuf {
        workspace.target().join("compat").join(self.language.name())
    }
}

fn install_node(sources: &Path, built: &Path) -> anyhow::Result<()> {
    let manifests = ["package.json", "package-lock.json", ".npmrc"].map(|name| sources.join(name));
    for manifest in &manifests {
        let name = manifest.file_name().context("a manifest has a name")?;
        std::fs::copy(manifest, built.join(name))
            .with_context(|| format!("copying {}", manifest.display()))?;
    }
    let [package, lock, _] = &manifests;
    once(&[package, lock], &built.join("node_modules"), || {
        let mut npm = Command::new("npm");
        command::run(npm.current_dir(built).args(["ci", "--silent", "--no-audit", "--no-fund"]))
    })
}

/// Runs `install` unless `folder` was installed from the very same manifests.
fn once(
    manifests: &[&PathBuf],
    folder: &Path,
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut wanted = String::new();
    for manifest in manifests {
        let text = std::fs::read_to_string(manifest)
            .with_context(|| format!("reading {}", manifest.display()))?;
        wanted.push_str(&text);
    }
    let stamp = folder.join(".installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_repeated_only_when_its_manifest_changes() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest");
        let installed = folder.path().join("installed");
        let mut times = 0;
        for version in ["1", "1", "2"] {
            std::fs::write(&manifest, version).unwrap();
            once(&[&manifest], &installed, || {
                times += 1;
                Ok(std::fs::create_dir_all(&installed)?)
            })
            .unwrap();
        }
        assert_eq!(times, 2);
    }
}
