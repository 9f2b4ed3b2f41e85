//! Waiting for services to be whole again after a restart.

use std::{sync::Arc, time::Duration};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Registry;
use crate::{Query, ServiceKey};

/// Who waits for which service: as many entries as services that are waited for now.
#[derive(Debug, Default)]
pub(super) struct WarmWaits(Mutex<HashMap<ServiceKey, Arc<Notify>>>);

impl WarmWaits {
    /// The service is whole: whoever waits for it goes on.
    pub(super) fn warmed(&self, service: &ServiceKey) {
        if let Some(waiting) = self.0.lock().remove(service) {
            waiting.notify_waiters();
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    fn join(&self, service: &ServiceKey) -> Arc<Notify> {
        self.0.lock().entry(service.clone()).or_default().clone()
    }

    /// One who waited goes; the last one takes the entry along.
    fn leave(&self, service: &ServiceKey, waiting: Arc<Notify>) {
        let mut waits = self.0.lock();
        drop(waiting);
        if waits.get(service).is_some_and(|entry| Arc::strong_count(entry) == 1) {
            waits.remove(service);
        }
    }
}

impl Registry {
    /// Waits, at most for `patience`, until the service is not warming (any more); see
    /// [`Completeness::Warming`](crate::Completeness::Warming). Cancel-safe.
    pub async fn warmed(&self, service: &ServiceKey, patience: Duration) {
        if patience.is_zero() {
            return;
        }
        let waits = &self.shell.warm_waits;
        let notify = waits.join(service);
        {
            let mut warmed = std::pin::pin!(notify.notified());
            // Before looking, or what happens in between would be missed.
            warmed.as_mut().enable();
            if self.query(service, &Query::all()).is_warming() {
                // Time that runs out is no failure: the caller looks again.
                let _ = tokio::time::timeout(patience, warmed).await;
            }
        }
        waits.leave(service, notify);
    }
}
