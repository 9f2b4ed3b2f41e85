//! Snapshots of the embedded store. They read from disk, so not on the runtime's threads.

use std::sync::Arc;

use async_trait::async_trait;

use super::view::View;
use crate::{Key, KeyRange, KeyValue, Page, Revision, Snapshot, Unavailable};

pub(super) struct EmbeddedSnapshot {
    pub(super) view: Arc<View>,
}

#[async_trait]
impl Snapshot for EmbeddedSnapshot {
    fn revision(&self) -> Revision {
        self.view.revision()
    }

    async fn get(&self, key: &Key) -> Result<Option<KeyValue>, Unavailable> {
        let (view, key) = (self.view.clone(), key.clone());
        off_the_runtime(move || view.get(&key)).await
    }

    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Page, Unavailable> {
        let (view, range) = (self.view.clone(), range.clone());
        off_the_runtime(move || view.page(&range, limit, false)).await
    }

    async fn scan_back(&self, range: &KeyRange, limit: usize) -> Result<Page, Unavailable> {
        let (view, range) = (self.view.clone(), range.clone());
        off_the_runtime(move || view.page(&range, limit, true)).await
    }
}

/// Runs a read where it may wait for the disk.
pub(super) async fn off_the_runtime<T: Send + 'static, E>(
    read: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    E: From<Unavailable> + Send + 'static,
{
    match tokio::task::spawn_blocking(read).await {
        Ok(result) => result,
        Err(error) => {
            Err(Unavailable { reason: format!("the read was broken off: {error}") }.into())
        }
    }
}
