//! What a node is made of, opened floor by floor.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use seawall_clock::{Clock, SystemClock};
use seawall_config::{ConfigService, MasterKey};
use seawall_identity::{FirstLogin, Identity};
use seawall_nacos::Nacos;
use seawall_registry::Registry;
use seawall_resource::{Kinds, Namespaces, ResourceStore};
use seawall_store::{EmbeddedStore, Store};

use super::first_login;
use crate::{exit::Failure, settings::Settings};

/// File in the data directory with the key that encrypts `cipher-` items at rest.
pub(crate) const MASTER_KEY_FILE: &str = "master.key";

/// The parts of one node. Cheap to clone; everything is shared.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) namespaces: Arc<Namespaces>,
    pub(crate) resources: Arc<ResourceStore>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) configs: Arc<ConfigService>,
    pub(crate) nacos: Arc<Nacos>,
}

impl Parts {
    /// Opens everything in the data directory of `settings`. Somebody can log in when
    /// this returns; a login that was made for that is returned, to be shown once.
    pub(super) async fn open(settings: &Settings) -> Result<(Self, Option<FirstLogin>), Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let refused = |error: &dyn std::error::Error| Failure::Refused(error.to_string());
        settings.security.identity().validate().map_err(|error| refused(&error))?;
        make_directory(&settings.data)?;
        let store = EmbeddedStore::open(&settings.data, settings.store.store(), clock.clone())
            .map_err(|error| refused(&error))?;
        let shared: Arc<dyn Store> = store.clone();
        let identity = Identity::open(shared.clone(), clock.clone(), settings.security.identity())
            .await
            .map_err(|error| refused(&error))?;
        // Hashing a password takes a core for a while: beside the rest.
        let first_login = tokio::spawn(first_login::ensure(identity.clone()));
        let resources = ResourceStore::new(shared.clone(), clock.clone(), Kinds::built_in());
        let namespaces =
            Namespaces::over(resources.clone()).await.map_err(|error| refused(&error))?;
        let registry = Registry::open(shared.clone(), clock.clone(), settings.registry.registry())
            .await
            .map_err(|error| refused(&error))?;
        let master_key = MasterKey::load_or_create(&settings.data.join(MASTER_KEY_FILE))
            .map_err(|error| refused(&error))?;
        let configuration = settings.configuration.configuration(master_key);
        let configs = ConfigService::open(shared.clone(), clock.clone(), configuration)
            .await
            .map_err(|error| refused(&error))?;
        let nacos = Nacos::new(seawall_nacos::Parts {
            registry: registry.clone(),
            configs: configs.clone(),
            identity: identity.clone(),
            namespaces: namespaces.clone(),
            clock: clock.clone(),
            settings: settings.nacos.nacos(),
        });
        let first_login = first_login.await.context("the first login was not made")??;
        let parts =
            Self { clock, store, identity, namespaces, resources, registry, configs, nacos };
        Ok((parts, first_login))
    }

    /// Whether clients may be answered.
    pub(crate) fn ready(&self) -> bool {
        self.registry.ready() && self.configs.ready()
    }

    /// Ends everything, the store last.
    pub(super) async fn close(self) {
        self.registry.close().await;
        self.configs.close();
        self.identity.close();
        self.store.close().await;
    }
}

fn make_directory(data: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(data)
        .map_err(|error| Failure::Refused(format!("cannot make {}: {error}", data.display())))
}
