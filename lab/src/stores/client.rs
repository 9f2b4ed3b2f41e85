//! What clients of stores have in common.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;

use seawall_guard::classify::Diagnose;
use seawall_guard::io::Access;

/// Connections that a client may have, where it has a pool of them.
pub(crate) const POOL: u32 = 64;

/// What is asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Something that is there.
    Read,
    /// One more of something.
    Write,
    /// What a store that is well refuses, in one of several ways.
    Wrong(u32),
}

impl Call {
    /// The call with this number: a read or a write in turn, or, when there are wrong
    /// ones, every other one of those.
    pub(crate) const fn numbered(number: u32, with_wrong: bool) -> Self {
        match (with_wrong, number % 2, (number / 2) % 2) {
            (true, 0, _) => Self::Wrong(number / 2),
            (true, _, 0) | (false, 0, _) => Self::Read,
            (true, ..) | (false, ..) => Self::Write,
        }
    }

    /// Which breakers are asked.
    pub(crate) const fn access(self) -> Access {
        match self {
            Self::Read => Access::Read,
            Self::Write | Self::Wrong(_) => Access::Write,
        }
    }

    /// Whether a store that is well answers it.
    pub(crate) const fn is_right(self) -> bool {
        !matches!(self, Self::Wrong(_))
    }
}

/// Two servers, the second of which can take the place of the first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Servers {
    /// Takes writes at first.
    pub(crate) primary: SocketAddr,
    /// Takes them after a failover.
    pub(crate) other: SocketAddr,
}

impl Servers {
    /// Both.
    pub(crate) const fn both(self) -> [SocketAddr; 2] {
        [self.primary, self.other]
    }
}

/// A client of one kind of store, as its users have it.
pub(crate) trait Client: Send + Sync + Sized + 'static {
    /// Its errors.
    type Error: Error + Send + Sync + 'static;

    /// What reads them.
    type Classifier: Diagnose<Self::Error> + Default + Send + Sync + 'static;

    /// A client of the server at `at`.
    fn connect(at: SocketAddr) -> impl Future<Output = anyhow::Result<Self>> + Send;

    /// Asks for one thing and reads its answer.
    fn run(&self, call: Call) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Puts what calls are about into both servers.
    fn prepare(servers: Servers) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Makes the other server the primary.
    fn fail_over(servers: Servers) -> impl Future<Output = anyhow::Result<()>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_are_wrong_and_the_others_read_and_write_in_turn() {
        let calls: Vec<Call> = (0..4).map(|number| Call::numbered(number, true)).collect();
        assert_eq!(calls, [Call::Wrong(0), Call::Read, Call::Wrong(1), Call::Write]);
        let calls: Vec<Call> = (0..3).map(|number| Call::numbered(number, false)).collect();
        assert_eq!(calls, [Call::Read, Call::Write, Call::Read]);
    }
}
