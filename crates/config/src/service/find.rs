//! Searching.

use std::sync::Arc;

use seawall_store::Unavailable;

use super::open::ConfigService;
use crate::{Answer, ConfigMeta, Found, Paged, Search};

impl ConfigService {
    /// Finds items, oldest first. Searching by content reads every content that the
    /// other conditions leave over, one at a time.
    pub async fn search(&self, search: &Search) -> Result<Paged<Found>, Unavailable> {
        self.core.index.check_loaded()?;
        let items = self.core.index.items(&search.namespace, |meta| search.admits(meta));
        if !search.content.is_empty() {
            return self.search_contents(search, items).await;
        }
        let total = items.len();
        let page = items.into_iter().skip(search.page.skip()).take(search.page.size());
        let mut found = Vec::new();
        for meta in page {
            let content = if search.with_content {
                // Removed since: shown without its content.
                self.current(&meta).await?.map(|answer| Arc::clone(&answer.content))
            } else {
                None
            };
            found.push(Found { meta, content });
        }
        Ok(Paged { total, items: found })
    }

    async fn search_contents(
        &self,
        search: &Search,
        items: Vec<Arc<ConfigMeta>>,
    ) -> Result<Paged<Found>, Unavailable> {
        let mut total = 0;
        let mut found = Vec::new();
        let secret =
            |meta: &ConfigMeta| meta.key.data_id.is_cipher() || !meta.encrypted_data_key.is_empty();
        for meta in items.into_iter().filter(|meta| !secret(meta)) {
            let Some(answer) = self.current(&meta).await? else { continue };
            if !search.admits_content(&answer.content) {
                continue;
            }
            if total >= search.page.skip() && found.len() < search.page.size() {
                let content = search.with_content.then(|| Arc::clone(&answer.content));
                found.push(Found { meta: Arc::clone(&answer.meta), content });
            }
            total += 1;
        }
        Ok(Paged { total, items: found })
    }

    /// The answer for `meta`, or for what replaced it; `None` if it was removed.
    pub(super) async fn current(
        &self,
        meta: &Arc<ConfigMeta>,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        match self.core.answer(meta).await? {
            Some(answer) => Ok(Some(answer)),
            None => self.get_formal(&meta.key).await,
        }
    }
}
