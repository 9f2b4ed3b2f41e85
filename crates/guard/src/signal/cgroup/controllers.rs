//! Whether a missing file means that there is no limit.

use crate::signal::Files;

/// Whether a cgroup of the unified hierarchy is there and, rightly, has no files of this
/// controller: it was not given the controller, or is the root of all, which has no
/// limits, lists every controller, and is the only one without `cgroup.type`
/// (cgroup-v2.rst, "Core Interface Files").
pub(in crate::signal) fn is_without(files: &dyn Files, folder: &str, controller: &str) -> bool {
    let Ok(controllers) = files.read(&format!("{folder}/cgroup.controllers")) else { return false };
    let has_controller = controllers.split_ascii_whitespace().any(|listed| listed == controller);
    !has_controller || files.read(&format!("{folder}/cgroup.type")).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::FixtureFiles;

    #[test]
    fn a_cgroup_lacks_a_controller_or_is_the_root_or_should_have_its_files() {
        let files = FixtureFiles::default();
        assert!(!is_without(&files, "/cg", "cpu"), "nothing is there at all");
        files.write("/cg/cgroup.controllers", "cpuset cpu io memory\n");
        assert!(is_without(&files, "/cg", "cpu"), "the root");
        files.write("/cg/cgroup.type", "domain\n");
        assert!(!is_without(&files, "/cg", "cpu"));
        files.write("/cg/cgroup.controllers", "cpuset memory\n");
        assert!(is_without(&files, "/cg", "cpu"), "not given");
        files.write("/cg/cgroup.controllers", "\n");
        assert!(is_without(&files, "/cg", "memory"));
    }
}
