//! Identity as a whole.

use std::sync::Arc;

use seawall_clock::{Clock, WallTime};
use seawall_store::{Mirror, Store};

use crate::{
    IdentityMetrics, IdentitySettings, OpenError, Secret, WriteError, keys,
    live::LiveDirectory,
    password,
    password_checks::PasswordChecks,
    record::SigningRecord,
    signing,
    throttle::WrongPasswords,
    verified::Verified,
    writing::{Plan, Planned},
};

/// Users, roles, permissions, logins and tokens of one installation.
///
/// Every question is answered from memory, and the same as on every other node,
/// as soon as it has heard of the change. Dropping it ends its task.
pub struct Identity {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: IdentitySettings,
    pub(crate) live: Arc<LiveDirectory>,
    pub(crate) checks: PasswordChecks,
    pub(crate) verified: Arc<Verified>,
    pub(crate) wrong: Arc<WrongPasswords>,
    pub(crate) nobody: Arc<Secret>,
    pub(crate) metrics: IdentityMetrics,
    follower: tokio::task::AbortHandle,
}

impl Identity {
    /// Loads everything and begins to follow the store; at the first start makes the
    /// secret that signs tokens.
    ///
    /// # Errors
    /// A setting out of range, a weak secret, a store that is away, or what it holds
    /// cannot be read.
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: IdentitySettings,
    ) -> Result<Arc<Self>, OpenError> {
        settings.validate()?;
        let given = settings.token_secret.as_ref();
        signing::establish(store.as_ref(), given, clock.wall(), settings.token_ttl()).await?;
        let mut mirror = Mirror::start(Arc::clone(&store), keys::root());
        let live = LiveDirectory::load(&mut mirror).await?;
        let verified = Verified::new(settings.verified_tokens_max, settings.verified_passwords_max)
            .map_err(|_| OpenError::NoRandomness)?;
        let follower = tokio::spawn(Arc::clone(&live).follow(mirror)).abort_handle();
        Ok(Arc::new(Self {
            checks: PasswordChecks::new(
                settings.password_checks_at_once,
                settings.password_checks_waiting,
            ),
            verified: Arc::new(verified),
            wrong: Arc::new(WrongPasswords::new(&settings)),
            nobody: Arc::new(password::nobody(settings.password_cost)),
            metrics: IdentityMetrics::default(),
            store,
            clock,
            settings,
            live,
            follower,
        }))
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &IdentitySettings {
        &self.settings
    }

    /// What it counts.
    pub fn metrics(&self) -> &IdentityMetrics {
        &self.metrics
    }

    /// Replaces the secret that signs tokens by a new random one. Tokens given out
    /// so far stay good for their time, at most one token lifetime; those of the
    /// secret before that end at once. A secret given in the settings takes over
    /// again at the next start.
    pub async fn rotate_secret(&self) -> Result<(), WriteError> {
        let secret = signing::random::<32>().map_err(|_| WriteError::NoRandomness)?;
        let ttl = self.settings.token_ttl();
        self.write(&Rotate { secret: &secret, now: self.clock.wall(), ttl }).await
    }

    /// Ends following the store, which may be closed then. What is known stays.
    pub fn close(&self) {
        self.follower.abort();
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.close();
    }
}

struct Rotate<'a> {
    secret: &'a [u8],
    now: WallTime,
    ttl: std::time::Duration,
}

impl Plan for Rotate<'_> {
    async fn plan(&self, snapshot: &dyn seawall_store::Snapshot) -> Planned {
        let found = crate::writing::read::<SigningRecord>(snapshot, keys::signing()).await?;
        let batch = found.unchanged(seawall_store::Batch::new());
        let next = signing::succeed(found.record, self.secret.to_vec(), self.now, self.ttl);
        Ok(batch.put(keys::signing(), seawall_store::record::encode(&next)))
    }
}
