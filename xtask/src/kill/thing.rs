//! What is written, and the values it takes.

use std::net::Ipv4Addr;

/// What kinds of things are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A configuration.
    Configuration,
    /// A persistent instance.
    Instance,
    /// A user with a password.
    User,
    /// A traffic rule.
    Rule,
}

impl Kind {
    /// All kinds, in the order of tables.
    pub(crate) const ALL: [Self; 4] = [Self::Configuration, Self::Instance, Self::User, Self::Rule];

    /// The name in tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configurations",
            Self::Instance => "persistent instances",
            Self::User => "users",
            Self::Rule => "traffic rules",
        }
    }

    /// How many things of a kind one writer has; it writes them again and again.
    /// Passwords take long to hash, on purpose, so there are few users.
    pub(crate) const fn things_per_writer(self) -> u32 {
        match self {
            Self::Configuration => 40,
            Self::Instance => 30,
            Self::User => 3,
            Self::Rule => 10,
        }
    }
}

/// One thing, owned by one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Thing {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its writer.
    pub(crate) writer: u32,
    /// Its number among that writer's things of the kind.
    pub(crate) number: u32,
}

/// The value a thing has, as the number of the write that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) u64);

impl Thing {
    /// Its name on the wire; that of its service, if it is an instance.
    pub(crate) fn name(self) -> String {
        let Self { kind, writer, number } = self;
        match kind {
            Kind::Configuration => format!("kill.w{writer}.c{number}.properties"),
            // A few services a writer, several instances each.
            Kind::Instance => format!("kill.w{writer}.s{}", number % 4),
            Kind::User => format!("kill-w{writer}-u{number}"),
            Kind::Rule => format!("kill-w{writer}-r{number}"),
        }
    }

    /// The address of an instance: loopback, so that a server that probes it stays here.
    pub(crate) fn address(self) -> Ipv4Addr {
        let base = u32::from(Ipv4Addr::new(127, 96, 0, 1));
        Ipv4Addr::from(base + self.writer * 1_000 + self.number)
    }
}

impl Version {
    /// A configuration's content: its first line tells the version, and it is long
    /// enough to be cut in half.
    pub(crate) fn content(self) -> String {
        let mut content = format!("version={}\n", self.0);
        for line in 0..20 {
            content.push_str(&format!("line.{line}={}\n", self.0.wrapping_mul(31) + line));
        }
        content
    }

    /// The version that a content tells, if it is whole.
    pub(crate) fn of_content(content: &str) -> Option<Self> {
        let told = content.lines().next()?.strip_prefix("version=")?.parse().ok().map(Self)?;
        (told.content() == content).then_some(told)
    }

    /// A password.
    pub(crate) fn password(self) -> String {
        format!("Kill-{}-password", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_content_tells_its_version_and_a_cut_one_nothing() {
        let content = Version(7).content();
        assert_eq!(Version::of_content(&content), Some(Version(7)));
        let (half, _) = content.split_at(content.len() / 2);
        assert_eq!(Version::of_content(half), None);
        assert_eq!(Version::of_content("something else"), None);
    }

    #[test]
    fn instances_have_addresses_of_their_own_on_loopback() {
        let thing = |writer, number| Thing { kind: Kind::Instance, writer, number };
        assert_ne!(thing(0, 1).address(), thing(1, 0).address());
        assert!(thing(20, 29).address().is_loopback());
    }
}
