//! How many clients may hold a connection.

use std::{collections::BTreeSet, net::IpAddr};

use serde::{Deserialize, Serialize};

/// Bounds on gRPC connections of clients, beside the limits of the doors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionRule {
    /// Connections of this node; absent (default) for no bound beside the doors'.
    pub count_limit: Option<u32>,
    /// Addresses whose requests are logged in full, at level info. Default none.
    pub monitor_ips: BTreeSet<IpAddr>,
}

impl ConnectionRule {
    /// Whether one more may register where there are `registered`.
    pub(crate) fn admits(&self, registered: usize) -> bool {
        self.count_limit
            .is_none_or(|limit| registered < usize::try_from(limit).unwrap_or(usize::MAX))
    }
}
