//! Beginning and end of the service.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use seawall_clock::Clock;
use seawall_store::{Batch, CommitError, Mirror, Precondition, Store, Unavailable, record};

use super::{clean, core::Core, follow};
use crate::{
    ConfigSettings, MasterKey, OpenError,
    stored::{keys, record::MasterKeyRecord},
};

/// The configuration of a node: items, history, gray releases, listeners.
///
/// Reads are answered from memory; writes are acknowledged when the store has them
/// and this node shows them. Before everything is loaded, and when the store is
/// needed but away, calls fail as [`Unavailable`]: never as absent.
pub struct ConfigService {
    pub(super) core: Arc<Core>,
}

impl ConfigService {
    /// Opens the service on `store` and begins to load; see [`Self::ready`]. Must be
    /// called inside a tokio runtime; background tasks end with [`Self::close`] or
    /// when the service is dropped.
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: ConfigSettings,
    ) -> Result<Arc<Self>, OpenError> {
        check_master_key(store.as_ref(), settings.master_key.as_ref()).await?;
        let core = Arc::new(Core::new(Arc::clone(&store), clock, settings));
        let mirror = Mirror::start(store, keys::mirrored());
        tokio::spawn(follow::follow(Arc::clone(&core), mirror));
        tokio::spawn(clean::clean(Arc::clone(&core)));
        Ok(Arc::new(Self { core }))
    }

    /// Whether all items are loaded. Once true it stays true: when the store goes
    /// away, what was last known is served.
    pub fn ready(&self) -> bool {
        self.core.index.is_loaded()
    }

    /// Waits until [`Self::ready`].
    pub async fn warmed(&self) {
        // The sender lives as long as this service.
        let _ = self.core.warm.subscribe().wait_for(|warm| *warm).await;
    }

    /// Ends the background tasks; long polls return at once.
    pub fn close(&self) {
        self.core.closed.cancel();
    }

    /// Registers this service's metrics under `seawall_config_`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.core.metrics.register(registry);
    }
}

impl Drop for ConfigService {
    fn drop(&mut self) {
        self.close();
    }
}

/// Marks a fresh store with the key, and refuses another key for a marked one.
async fn check_master_key(store: &dyn Store, key: Option<&MasterKey>) -> Result<(), OpenError> {
    let place = keys::master_key();
    for _ in 0..2 {
        let stored = store.snapshot().await?.get(&place).await?;
        let Some(key) = key else {
            return if stored.is_some() { Err(OpenError::WrongMasterKey) } else { Ok(()) };
        };
        let fingerprint = key.fingerprint();
        if let Some(pair) = stored {
            let mark = record::decode::<MasterKeyRecord>(&pair.value)
                .map_err(|error| OpenError::Unreadable { reason: error.to_string() })?;
            let same = mark.fingerprint == fingerprint;
            return if same { Ok(()) } else { Err(OpenError::WrongMasterKey) };
        }
        let mark = record::encode(&MasterKeyRecord { fingerprint });
        let batch = Batch::new().when(Precondition::Absent(place.clone())).put(place.clone(), mark);
        match store.commit(batch).await {
            Ok(_) => return Ok(()),
            // Another node was first: see which key it has.
            Err(CommitError::Precondition { .. }) => {}
            Err(error) => return Err(Unavailable { reason: error.to_string() }.into()),
        }
    }
    Err(Unavailable { reason: "the master key mark keeps changing".to_owned() }.into())
}
