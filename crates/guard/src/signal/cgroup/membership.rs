//! `/proc/self/cgroup`.

use crate::signal::files::whole_lines;

/// One hierarchy, and the process's cgroup in it: a line of `/proc/self/cgroup`, which
/// reads `ID:CONTROLLERS:PATH` (cgroups(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Membership<'a> {
    /// Comma-separated; empty for the unified hierarchy, whose line reads `0::PATH`.
    controllers: &'a str,
    /// As the process's cgroup namespace shows it.
    pub(super) path: &'a str,
}

impl<'a> Membership<'a> {
    /// The lines that are of this form.
    pub(super) fn parse(text: &'a str) -> impl Iterator<Item = Self> {
        whole_lines(text).filter_map(|line| {
            let (_id, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            path.starts_with('/').then_some(Self { controllers, path })
        })
    }

    pub(super) const fn is_unified(&self) -> bool {
        self.controllers.is_empty()
    }

    pub(super) fn has(&self, controller: &str) -> bool {
        self.controllers.split(',').any(|named| named == controller)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn controllers_are_whole_words_and_paths_may_have_colons() {
        let text =
            "9:name=systemd:/s\n4:cpu,cpuacct:/a:b\nbroken\n7:cpuset:relative\n0::/u (deleted)\n";
        let lines: Vec<_> = Membership::parse(text).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].has("cpu") && lines[1].has("cpuacct") && !lines[1].has("cpuset"));
        assert_eq!(lines[1].path, "/a:b");
        assert!(!lines[0].has("cpu") && !lines[0].is_unified());
        assert!(lines[2].is_unified() && !lines[2].has("cpu"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in "[0-9:/a-z,=\n .]*|.*") {
            prop_assert!(Membership::parse(&text).all(|line| line.path.starts_with('/')));
        }
    }
}
