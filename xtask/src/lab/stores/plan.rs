//! Which stores break how.

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// MariaDB.
    MySql,
    /// Redis.
    Redis,
    /// What speaks MongoDB's protocol.
    Mongo,
}

impl Store {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::MySql, Self::Redis, Self::Mongo];

    /// As in rows, and as `seawall-lab` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::Redis => "redis",
            Self::Mongo => "mongo",
        }
    }
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Nothing comes back.
    BlackHole,
    /// Connections are reset.
    Reset,
    /// Everything takes fifty times as long.
    Slow,
    /// Half of the calls are wrong.
    WrongCalls,
    /// Another server takes its place.
    Failover,
}

impl Trial {
    /// All of them; nothing of a store is as before after the last one.
    pub(crate) const ALL: [Self; 5] =
        [Self::BlackHole, Self::Reset, Self::Slow, Self::WrongCalls, Self::Failover];

    /// As `seawall-lab` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BlackHole => "black-hole",
            Self::Reset => "reset",
            Self::Slow => "slow",
            Self::WrongCalls => "wrong-calls",
            Self::Failover => "failover",
        }
    }

    /// As in rows.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::BlackHole => "black hole",
            Self::Reset => "reset",
            Self::Slow => "50 times slower",
            Self::WrongCalls => "half are wrong",
            Self::Failover => "failover",
        }
    }
}

/// How long it lasts, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// All is well.
    pub(crate) before: u32,
    /// It is not.
    pub(crate) during: u32,
    /// All is well again.
    pub(crate) after: u32,
}

impl Size {
    /// What targets are about.
    pub(crate) const fn full(trial: Trial) -> Self {
        let (during, after) = match trial {
            Trial::BlackHole => (30_000, 12_000),
            Trial::Reset | Trial::Slow => (10_000, 12_000),
            Trial::WrongCalls | Trial::Failover => (8_000, 0),
        };
        Self { before: 7_000, during, after }
    }

    /// Enough to see that everything runs.
    pub(crate) const fn quick(trial: Trial) -> Self {
        let after = match trial {
            Trial::BlackHole | Trial::Reset | Trial::Slow => 750,
            Trial::WrongCalls | Trial::Failover => 0,
        };
        Self { before: 500, during: 1_750, after }
    }
}
