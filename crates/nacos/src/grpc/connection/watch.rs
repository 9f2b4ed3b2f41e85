//! Makes time pass for connections.

use std::{sync::Arc, time::Duration};

use super::ConnectionTable;

/// How often every connection is looked at. Timeouts are late by at most this.
const EVERY: Duration = Duration::from_millis(500);

/// Looks at every connection again and again, until the table is dropped.
pub(crate) fn watch(table: &Arc<ConnectionTable>) {
    let table = Arc::downgrade(table);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let Some(table) = table.upgrade() else { return };
            for link in table.all() {
                link.tick();
            }
        }
    });
}
