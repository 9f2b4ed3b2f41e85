//! `/proc/self/mountinfo`, as far as cgroups are in it.

use crate::signal::files::whole_lines;

/// A mounted hierarchy: a line of `/proc/self/mountinfo` (proc.rst, section 3.5), which
/// reads `ID PARENT DEVICE ROOT POINT OPTIONS [FIELDS…] - TYPE SOURCE SUPER_OPTIONS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount<'a> {
    /// The cgroup that is seen at the mount point.
    pub(super) root: String,
    /// The folder it is seen in.
    pub(super) point: String,
    /// Of the unified hierarchy.
    pub(super) is_unified: bool,
    /// Comma-separated; among them are the controllers of a first-version hierarchy.
    super_options: &'a str,
}

impl<'a> Mount<'a> {
    /// The lines that are of this form and of cgroups.
    pub(super) fn parse(text: &'a str) -> impl Iterator<Item = Self> {
        whole_lines(text).filter_map(Self::of_line)
    }

    fn of_line(line: &'a str) -> Option<Self> {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut filesystem = filesystem.split(' ');
        let is_unified = match filesystem.next()? {
            "cgroup2" => true,
            "cgroup" => false,
            _ => return None,
        };
        let super_options = filesystem.nth(1)?;
        let mut mount = mount.split(' ').skip(3);
        let (root, point) = (unescape(mount.next()?), unescape(mount.next()?));
        Some(Self { root, point, is_unified, super_options })
    }

    pub(super) fn has(&self, controller: &str) -> bool {
        self.super_options.split(',').any(|named| named == controller)
    }
}

/// Blanks, newlines and backslashes in paths are written as three octal digits.
fn unescape(path: &str) -> String {
    let mut parts = path.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (code, part.get(3..)) {
            (Some(code), Some(rest)) if code.is_ascii() => {
                plain.push(char::from(code));
                plain.push_str(rest);
            }
            _ => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mounts_of_cgroups_are_found_among_others() {
        let text = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
            33 31 0:30 /docker/a /sys/fs/cgroup/cpu,cpuacct ro shared:9 master:3 - cgroup cgroup rw,cpu,cpuacct\n\
            41 31 0:38 / /mnt/my\\040cgroups\\134x rw - cgroup2 none rw,nsdelegate\n\
            42 31 0:38 / /cut rw - cgroup2\n\
            43 31 0:38 rw - cgroup2 none rw\n\
            44 31 0:38 / /cut rw - cgroup2 none rw";
        let mounts: Vec<_> = Mount::parse(text).collect();
        assert_eq!(mounts.len(), 2);
        assert_eq!(
            (&*mounts[0].root, &*mounts[0].point),
            ("/docker/a", "/sys/fs/cgroup/cpu,cpuacct")
        );
        assert!(mounts[0].has("cpu") && mounts[0].has("cpuacct") && !mounts[0].has("cpuset"));
        assert_eq!(mounts[1].point, "/mnt/my cgroups\\x");
        assert!(mounts[1].is_unified && !mounts[0].is_unified);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in "([a-z/ \\\\0-7-]|cgroup2? |\n)*|.*") {
            let _ = Mount::parse(&text).count();
        }

        #[test]
        fn what_the_kernel_escapes_comes_back(path in "[a-z \\\\\t\n/é]*") {
            let escaped: String = path
                .chars()
                .map(|char| match char {
                    ' ' | '\t' | '\n' | '\\' => format!("\\{:03o}", char as u32),
                    _ => char.to_string(),
                })
                .collect();
            prop_assert_eq!(unescape(&escaped), path);
        }
    }
}
