//! Lists of processors.

/// Processors as the kernel lists them: `0-4,6,8-10` (cgroup-v2.rst, "Cpuset Interface
/// Files"; cputopology.rst).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CpuList {
    /// First and last of each run; in order, apart from each other.
    runs: Vec<(u32, u32)>,
}

impl CpuList {
    /// Reads a list. `None` when it is empty or not a list.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut runs = text.split(',').map(parse_run).collect::<Option<Vec<_>>>()?;
        runs.sort_unstable();
        let mut apart: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
        for (first, last) in runs {
            match apart.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => apart.push((first, last)),
            }
        }
        Some(Self { runs: apart })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.runs.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    pub(super) fn contains(&self, cpu: u32) -> bool {
        self.runs.iter().any(|(first, last)| (first..=last).contains(&&cpu))
    }

    /// Those in both, `None` when there are none.
    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        let mut runs = Vec::new();
        for (first, last) in &self.runs {
            for (other_first, other_last) in &other.runs {
                let (from, to) = (*first.max(other_first), *last.min(other_last));
                if from <= to {
                    runs.push((from, to));
                }
            }
        }
        if runs.is_empty() { None } else { Some(Self { runs }) }
    }
}

fn parse_run(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_read_as_the_kernel_writes_them() {
        let count = |text| CpuList::parse(text).map(|list| list.count());
        assert_eq!(count("0-4,6,8-10"), Some(9));
        assert_eq!(count("0"), Some(1));
        assert_eq!(count("0-3,2-5"), Some(6), "one that is named twice is one");
        for text in ["", "\n", "0-", "-1", "3-1", "a", "0,,1", "0-1-2", "0 1", "4294967296"] {
            assert_eq!(count(text), None, "{text:?}");
        }
        assert_eq!(count("0-4294967295"), Some(1 << 32));
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_or_not(text in ".*") {
            if let Some(list) = CpuList::parse(&text) {
                prop_assert!(list.count() > 0);
            }
        }

        #[test]
        fn lists_are_sets(
            one in prop::collection::vec((0_u32..64, 0_u32..8), 1..6),
            other in prop::collection::vec((0_u32..64, 0_u32..8), 1..6),
        ) {
            let text = |runs: &[(u32, u32)]| {
                let runs = runs.iter().map(|(first, more)| format!("{first}-{}", first + more));
                runs.collect::<Vec<_>>().join(",")
            };
            let set = |runs: &[(u32, u32)]| -> BTreeSet<u32> {
                runs.iter().flat_map(|(first, more)| *first..=first + more).collect()
            };
            let (a, b) = (CpuList::parse(&text(&one)).unwrap(), CpuList::parse(&text(&other)).unwrap());
            let (sa, sb) = (set(&one), set(&other));
            prop_assert_eq!(a.count(), sa.len() as u64);
            prop_assert!((0..80).all(|cpu| a.contains(cpu) == sa.contains(&cpu)));
            let both = a.intersection(&b).map_or(0, |list| list.count());
            prop_assert_eq!(both, sa.intersection(&sb).count() as u64);
        }
    }
}
