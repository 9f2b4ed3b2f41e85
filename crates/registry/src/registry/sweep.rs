//! Lets go of operators' edits of instances that have been gone for long.

use std::{collections::HashSet, sync::Arc, time::Duration};

use seawall_store::Batch;

use super::Shell;
use crate::{InstanceAddress, ServiceKey, keys};

/// Edits deleted in one commit.
const EDITS_MAX: usize = 1_000;

/// Deletes edits whose instance was absent at two looks in a row, until the
/// registry ends.
pub(super) async fn run(shell: Arc<Shell>) {
    let between = Duration::from_millis(shell.settings.edit_expiry_ms);
    let mut absent_before = HashSet::new();
    loop {
        tokio::select! {
            () = shell.stop.cancelled() => return,
            () = tokio::time::sleep(between) => {}
        }
        let absent: HashSet<_> = shell.core.read().absent_edits().into_iter().collect();
        let expired: Vec<_> = absent.intersection(&absent_before).cloned().collect();
        shell.delete_edits(&expired).await;
        absent_before = absent;
    }
}

impl Shell {
    async fn delete_edits(&self, expired: &[(ServiceKey, InstanceAddress)]) {
        for part in expired.chunks(EDITS_MAX) {
            let batch = part.iter().fold(Batch::new(), |batch, (service, address)| {
                batch.delete(keys::edit(service, address))
            });
            if let Err(error) = self.store.commit(batch).await {
                tracing::warn!(%error, "old edits stay until the next look");
                return;
            }
        }
    }
}
