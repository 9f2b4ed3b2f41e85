//! Quotas and their use.

use seawall_store::{Batch, Unavailable};

use super::{open::ConfigService, write::refused};
use crate::{
    PublishError, Quota, QuotaScope, QuotaView,
    quota::account,
    stored::{convert, keys},
};

impl ConfigService {
    /// What is set and in force for `scope`, and how much of it is used.
    pub fn quota(&self, scope: &QuotaScope) -> Result<QuotaView, Unavailable> {
        let index = &self.core.index;
        index.check_loaded()?;
        let set = index.quota(scope);
        Ok(QuotaView {
            scope: scope.clone(),
            set,
            in_force: account::in_force(scope, set, self.core.settings.quota),
            items: index.count(scope),
        })
    }

    /// Sets a quota; all zeros take it away. It is enforced if the settings say so.
    pub async fn set_quota(&self, scope: &QuotaScope, quota: Quota) -> Result<(), PublishError> {
        let place = keys::quota(scope);
        let batch = if quota == Quota::default() {
            Batch::new().delete(place)
        } else {
            Batch::new().put(place, convert::encode_quota(quota))
        };
        let commit = self.core.store.commit(batch).await.map_err(refused)?;
        self.core.shown(commit.revision).await;
        Ok(())
    }
}
