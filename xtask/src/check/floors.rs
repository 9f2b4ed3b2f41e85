//! The floor check: a manifest may name only crates on lower floors.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::step::Outcome;
use crate::workspace::Workspace;

const TABLE: &str = "xtask/floors.toml";

/// The table of floors: crate folder to floor, and the members beside the house.
#[derive(Debug, Deserialize)]
pub(crate) struct Floors {
    floors: BTreeMap<String, u8>,
    beside: Beside,
}

#[derive(Debug, Deserialize)]
struct Beside {
    members: Vec<String>,
}

impl Floors {
    /// Reads the table of this checkout.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(TABLE);
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {TABLE}"))?;
        toml::from_str(&text).with_context(|| format!("parsing {TABLE}"))
    }

    /// Crate folders with their floors, by name.
    pub(crate) fn crates(&self) -> &BTreeMap<String, u8> {
        &self.floors
    }

    /// What `manifest` of the crate folder `name` names that it may not.
    fn climbs(&self, name: &str, manifest: &toml::Table) -> Vec<String> {
        let Some(own) = self.floors.get(name).copied() else {
            return vec![format!("crates/{name} has no floor: give it one in {TABLE}")];
        };
        let mut findings = Vec::new();
        for (section, used) in seawall_dependencies(manifest) {
            let shown = format!("crates/{name} (floor {own}) names {used} in [{section}]");
            match self.floors.get(&used).copied() {
                Some(floor) if floor < own => {}
                Some(floor) => {
                    findings.push(format!("{shown}, which is on floor {floor}, not below"));
                }
                None => findings.push(format!("{shown}, which has no floor")),
            }
        }
        findings
    }

    /// What a member beside the house names that is not on the ground floor.
    fn beside_climbs(&self, member: &str, manifest: &toml::Table) -> Vec<String> {
        seawall_dependencies(manifest)
            .into_iter()
            .filter(|(_, used)| self.floors.get(used) != Some(&0))
            .map(|(section, used)| {
                format!("{member} names {used} in [{section}]: only floor 0 is open to it")
            })
            .collect()
    }
}

/// Our crates that a manifest names, with the section: normal, build, dev and
/// per-target dependencies, whether by key or by `package = "…"`. The names are
/// those of the folders: without `seawall-`.
fn seawall_dependencies(manifest: &toml::Table) -> Vec<(String, String)> {
    let mut found = sections(manifest, "");
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        for (target, table) in targets {
            if let Some(table) = table.as_table() {
                found.extend(sections(table, &format!("target.{target}.")));
            }
        }
    }
    found
}

fn sections(table: &toml::Table, prefix: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let Some(dependencies) = table.get(section).and_then(toml::Value::as_table) else {
            continue;
        };
        for (key, value) in dependencies {
            let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
            if let Some(name) = folder_of(package) {
                found.push((format!("{prefix}{section}"), name.to_owned()));
            }
        }
    }
    found
}

fn folder_of(package: &str) -> Option<&str> {
    match package {
        "seawall" | "xtask" => Some(package),
        _ => package.strip_prefix("seawall-"),
    }
}

/// Checks every manifest in `crates/` and beside it.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let floors = Floors::read(workspace.root())?;
    let mut findings = Vec::new();
    let folders = crate_folders(workspace.root())?;
    for name in &folders {
        let manifest = manifest(&workspace.root().join("crates").join(name))?;
        findings.extend(floors.climbs(name, &manifest));
    }
    for name in floors.floors.keys().filter(|name| !folders.contains(name)) {
        findings.push(format!("{TABLE} names {name}, but crates/{name} does not exist"));
    }
    for member in &floors.beside.members {
        let manifest = manifest(&workspace.root().join(member))?;
        findings.extend(floors.beside_climbs(member, &manifest));
    }
    Ok(Outcome::of(findings))
}

/// The folders in `crates/` that hold a manifest, sorted.
pub(crate) fn crate_folders(root: &Path) -> anyhow::Result<Vec<String>> {
    let crates = root.join("crates");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&crates).context("listing crates/")? {
        let entry = entry.context("listing crates/")?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn manifest(folder: &Path) -> anyhow::Result<toml::Table> {
    let path = folder.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    text.parse().with_context(|| format!("parsing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floors() -> Floors {
        toml::from_str(
            r#"
            [floors]
            clock = 0
            store = 2
            identity = 3
            resource = 3
            [beside]
            members = ["bench"]
            "#,
        )
        .unwrap()
    }

    fn climbs(name: &str, manifest: &str) -> Vec<String> {
        floors().climbs(name, &manifest.parse().unwrap())
    }

    #[test]
    fn a_manifest_that_stays_below_is_clean() {
        let manifest = r#"
            [dependencies]
            seawall-clock.workspace = true
            serde = "1"
            [dev-dependencies]
            seawall-store.workspace = true
        "#;
        assert_eq!(climbs("identity", manifest), Vec::<String>::new());
    }

    #[test]
    fn climbing_is_found_in_every_section() {
        for section in [
            "dependencies",
            "build-dependencies",
            "dev-dependencies",
            "target.'cfg(unix)'.dependencies",
        ] {
            let manifest = format!("[{section}]\nseawall-identity.workspace = true\n");
            let found = climbs("store", &manifest);
            assert_eq!(found.len(), 1, "{section}");
            assert!(found[0].contains("identity") && found[0].contains("floor 3"), "{found:?}");
        }
    }

    #[test]
    fn a_neighbour_on_the_same_floor_is_climbing_too() {
        let found = climbs("identity", "[dependencies]\nseawall-resource.workspace = true\n");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn another_key_does_not_hide_a_crate() {
        let manifest = "[dependencies]\nstorage = { package = \"seawall-identity\", path = \"x\" }";
        assert_eq!(climbs("store", manifest).len(), 1);
    }

    #[test]
    fn a_crate_or_dependency_without_a_floor_is_found() {
        assert_eq!(climbs("gateway", "").len(), 1);
        assert_eq!(climbs("store", "[dependencies]\nseawall-bench = \"0\"").len(), 1);
    }

    #[test]
    fn what_stands_beside_sees_the_ground_floor_only() {
        let manifest = "[dependencies]\nseawall-clock = \"0\"\nseawall-store = \"0\"";
        let found = floors().beside_climbs("bench", &manifest.parse().unwrap());
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("store"), "{found:?}");
    }
}
