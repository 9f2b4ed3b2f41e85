//! What the HTTP API asks of the wire it is part of.

use seawall_identity::{ADMIN_ROLE, Access, Entrance, PageRequest, Search};

pub(crate) use crate::Nacos as Http;

/// The version of Nacos whose API this is: tools decide by it what to ask for.
pub(crate) const API_VERSION: &str = "3.1.0";

impl Http {
    /// Whether any door asks for a login.
    pub(super) fn asks_login(&self) -> bool {
        let settings = self.identity.settings();
        [Entrance::Client, Entrance::Console]
            .into_iter()
            .any(|entrance| settings.access(entrance) == Access::Login)
    }

    /// Whether somebody administers this server yet.
    pub(super) fn has_admin(&self) -> bool {
        let page = PageRequest::new(1, 1);
        self.identity.list_roles(page, Search::Accurate(ADMIN_ROLE), Search::All).total > 0
    }
}
