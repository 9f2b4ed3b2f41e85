//! Who said it.

/// Where a reading comes from, from the narrowest view to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// This process alone.
    Process,
    /// The cgroups this process is in, in the unified hierarchy.
    CgroupV2,
    /// The cgroups this process is in, in hierarchies of the first version.
    CgroupV1,
    /// The whole machine.
    Host,
}

impl Source {
    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::CgroupV2 => "cgroup_v2",
            Self::CgroupV1 => "cgroup_v1",
            Self::Host => "host",
        }
    }
}

/// A share and who measured it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// From 0 to 1.
    pub share: f64,
    /// Who measured it.
    pub source: Source,
}
