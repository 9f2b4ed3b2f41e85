//! The cgroups above a process, as folders.

use super::{membership::Membership, mount::Mount};

/// More ancestors than this are not looked at, the far ones. Kubernetes nests six deep.
const LEVELS_MAX: usize = 32;

/// Which interface a hierarchy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::signal) enum Version {
    /// The unified one: `cpu.max`, `memory.max`.
    V2,
    /// The one of separate hierarchies: `cpu.cfs_quota_us`, `memory.limit_in_bytes`.
    V1,
}

/// A process's cgroup in one hierarchy and all that are visible above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::signal) struct Branch {
    pub(in crate::signal) version: Version,
    /// The process's cgroup as the hierarchy names it.
    path: String,
    /// Folders of the process's own cgroup, its parent, and so on to the mount point.
    pub(in crate::signal) folders: Vec<String>,
}

impl Branch {
    /// Whether `other` holds the same cgroups in another hierarchy.
    pub(in crate::signal) fn is_beside(&self, other: &Self) -> bool {
        self.path == other.path && self.folders.len() == other.folders.len()
    }

    /// `None` when the process's cgroup is not below what is mounted.
    fn of(version: Version, path: &str, mount: &Mount<'_>) -> Option<Self> {
        // A cgroup that was removed under a process is still named, with a mark.
        let path = path.strip_suffix(" (deleted)").unwrap_or(path);
        let below = below(path, &mount.root)?;
        // Outside the process's cgroup namespace (cgroup_namespaces(7)): which folder
        // that is cannot be told.
        if below.split('/').any(|name| name == "..") {
            return None;
        }
        let mut folder = format!("{}{below}", mount.point.trim_end_matches('/'));
        let mut folders = vec![folder.clone()];
        for _ in below.matches('/') {
            folder.truncate(folder.rfind('/').unwrap_or(0));
            folders.push(folder.clone());
        }
        folders.truncate(LEVELS_MAX);
        Some(Self { version, path: path.to_owned(), folders })
    }
}

/// What of `path` lies below `root`: empty, or starting with a slash.
fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let below = path.strip_prefix(root.trim_end_matches('/'))?;
    match below {
        "/" => Some(""),
        _ if below.is_empty() || below.starts_with('/') => Some(below),
        _ => None,
    }
}

/// Where a process stands in the hierarchies that matter here. A controller that is bound
/// to a hierarchy of the first version is not in the unified one, so each is found for
/// itself and a hybrid setup needs no word of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::signal) struct Place {
    pub(in crate::signal) cpu: Option<Branch>,
    pub(in crate::signal) cpuacct: Option<Branch>,
    pub(in crate::signal) cpuset: Option<Branch>,
    pub(in crate::signal) memory: Option<Branch>,
    /// The unified hierarchy, with or without controllers: pressure is in it either way.
    pub(in crate::signal) unified: Option<Branch>,
}

impl Place {
    /// Reads `/proc/self/cgroup` and `/proc/self/mountinfo`.
    pub(in crate::signal) fn parse(cgroup: &str, mountinfo: &str) -> Self {
        let mounts: Vec<_> = Mount::parse(mountinfo).collect();
        let mut place = Self::default();
        let memberships: Vec<_> = Membership::parse(cgroup).collect();
        let unified = memberships.iter().find(|line| line.is_unified());
        place.unified = unified.and_then(|line| {
            let mounts = mounts.iter().filter(|mount| mount.is_unified);
            widest(Version::V2, line.path, mounts)
        });
        let branch = |controller| match memberships.iter().find(|line| line.has(controller)) {
            Some(line) => {
                let mounts =
                    mounts.iter().filter(|mount| !mount.is_unified && mount.has(controller));
                widest(Version::V1, line.path, mounts)
            }
            None => place.unified.clone(),
        };
        let (cpu, cpuacct) = (branch("cpu"), branch("cpuacct"));
        let (cpuset, memory) = (branch("cpuset"), branch("memory"));
        Self { cpu, cpuacct, cpuset, memory, unified: place.unified }
    }
}

/// Of several mounts of one hierarchy, the one that shows most of the ancestors.
fn widest<'a>(
    version: Version,
    path: &str,
    mounts: impl Iterator<Item = &'a Mount<'a>>,
) -> Option<Branch> {
    let branches = mounts.filter_map(|mount| Branch::of(version, path, mount));
    branches.max_by_key(|branch| branch.folders.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    fn folders(branch: &Option<Branch>) -> Vec<&str> {
        branch.iter().flat_map(|branch| &branch.folders).map(String::as_str).collect()
    }

    #[test]
    fn every_ancestor_up_to_the_mount_is_a_level() {
        let place = Place::parse("0::/kubepods/pod1/app\n", V2);
        let expected = [
            "/sys/fs/cgroup/kubepods/pod1/app",
            "/sys/fs/cgroup/kubepods/pod1",
            "/sys/fs/cgroup/kubepods",
            "/sys/fs/cgroup",
        ];
        assert_eq!(folders(&place.cpu), expected);
        assert_eq!((&place.memory, &place.cpuset), (&place.unified, &place.unified));
    }

    #[test]
    fn a_namespace_of_its_own_ends_at_its_root() {
        assert_eq!(folders(&Place::parse("0::/\n", V2).cpu), ["/sys/fs/cgroup"]);
        let sub = Place::parse("0::/sub\n", V2);
        assert_eq!(folders(&sub.cpu), ["/sys/fs/cgroup/sub", "/sys/fs/cgroup"]);
    }

    #[test]
    fn a_mount_of_a_part_of_the_tree_starts_there() {
        let mount = "30 23 0:26 /docker/ab /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
        let own = Place::parse("2:cpu:/docker/ab\n", mount);
        assert_eq!(folders(&own.cpu), ["/sys/fs/cgroup/cpu"]);
        let below = Place::parse("2:cpu:/docker/ab/x\n", mount);
        assert_eq!(folders(&below.cpu), ["/sys/fs/cgroup/cpu/x", "/sys/fs/cgroup/cpu"]);
        for elsewhere in ["2:cpu:/docker/abc\n", "2:cpu:/\n", "2:cpu:/docker\n"] {
            assert_eq!(Place::parse(elsewhere, mount).cpu, None, "{elsewhere}");
        }
    }

    #[test]
    fn a_cgroup_outside_the_namespace_is_not_guessed() {
        assert_eq!(Place::parse("0::/../sibling\n", V2), Place::default());
        let foreign_mount = V2.replace(" / /sys", " /../.. /sys");
        assert_eq!(Place::parse("0::/\n", &foreign_mount), Place::default());
    }

    #[test]
    fn of_two_mounts_the_one_that_shows_more_is_read() {
        let part = V2.replace(" / /sys/fs/cgroup ", " /a/b /var/part ");
        let place = Place::parse("0::/a/b\n", &format!("{part}{V2}{part}"));
        assert_eq!(
            folders(&place.cpu),
            ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"]
        );
    }

    #[test]
    fn in_a_hybrid_setup_each_controller_is_where_it_is_bound() {
        let cgroup = "4:memory:/m\n2:cpu,cpuacct:/c\n0::/u\n";
        let mountinfo = "1 0 0:1 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
            2 0 0:2 / /cg/unified rw - cgroup2 cgroup2 rw\n";
        let place = Place::parse(cgroup, mountinfo);
        assert_eq!(folders(&place.cpu), ["/cg/cpu/c", "/cg/cpu"]);
        assert_eq!(place.cpu.as_ref().map(|branch| branch.version), Some(Version::V1));
        assert!(place.cpu.unwrap().is_beside(&place.cpuacct.unwrap()));
        assert_eq!(folders(&place.cpuset), ["/cg/unified/u", "/cg/unified"]);
        assert_eq!(place.memory, None, "bound to a hierarchy that is not mounted here");
    }

    #[test]
    fn a_removed_cgroup_is_read_where_it_was() {
        let place = Place::parse("0::/a/b (deleted)\n", V2);
        assert_eq!(folders(&place.cpu)[1..], ["/sys/fs/cgroup/a", "/sys/fs/cgroup"]);
    }

    proptest! {
        #[test]
        fn any_texts_have_an_answer(
            cgroup in "([0-9]:[a-z,]*:[a-z/.]*\n|0::[a-z/.]*\n)*|.*",
            mountinfo in "([0-9] [0-9] 0:1 [/a-z.]* [/a-z.]* rw - cgroup2? x rw,[a-z,]*\n)*|.*",
        ) {
            let place = Place::parse(&cgroup, &mountinfo);
            for branch in [place.cpu, place.memory, place.unified].into_iter().flatten() {
                prop_assert!(!branch.folders.is_empty() && branch.folders.len() <= LEVELS_MAX);
            }
        }
    }
}
