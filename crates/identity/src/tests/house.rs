//! A store, a clock, and as many nodes over them as a scenario needs.

use std::{net::IpAddr, sync::Arc};

use seawall_clock::{ManualClock, WallTime};
use seawall_store::MemoryStore;

use crate::{Access, Credential, Identity, IdentitySettings, LoginError, Principal, Secret};

pub(super) const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

pub(super) struct House {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<MemoryStore>,
}

impl House {
    pub(super) fn new() -> Self {
        let clock = Arc::new(ManualClock::at(WallTime::from_millis(1_800_000_000_000)));
        Self { store: MemoryStore::new(clock.clone()), clock }
    }

    pub(super) async fn node(&self) -> Arc<Identity> {
        self.node_with(settings()).await
    }

    pub(super) async fn node_with(&self, settings: IdentitySettings) -> Arc<Identity> {
        Identity::open(self.store.clone(), self.clock.clone(), settings).await.unwrap()
    }
}

/// Everything asks for a login, and hashing is as cheap as bcrypt allows.
pub(super) fn settings() -> IdentitySettings {
    IdentitySettings { password_cost: 4, ..IdentitySettings::default() }
}

/// As `seawall dev` has it: clients come in freely, people log in.
pub(super) fn dev_settings() -> IdentitySettings {
    IdentitySettings { client_doors: Access::Open, ..settings() }
}

pub(super) fn secret(text: &str) -> Secret {
    Secret::new(text)
}

pub(super) fn pair<'a>(username: &'a str, password: &'a str) -> Credential<'a> {
    Credential::Password { username, password }
}

impl Identity {
    /// Makes a user whose password is `pw-` and the name.
    pub(super) async fn with_user(&self, username: &str) -> Principal {
        self.create_user(username, &secret(&format!("pw-{username}"))).await.unwrap();
        self.principal(username).await
    }

    pub(super) async fn principal(&self, username: &str) -> Principal {
        let password = format!("pw-{username}");
        self.authenticate(pair(username, &password), HERE).await.unwrap()
    }

    pub(super) async fn token(&self, username: &str) -> Result<String, LoginError> {
        self.login(username, &format!("pw-{username}"), HERE).await.map(|session| session.token)
    }

    /// Waits until this node knows what `other` knows.
    pub(super) async fn hears(&self, other: &Self) {
        let revision = other.live.read().revision();
        self.live.caught_up(revision).await;
    }
}
