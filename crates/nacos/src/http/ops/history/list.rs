//! The changes of an item.

use std::sync::Arc;

use seawall_config::{ConfigKey, HistoryEntry, PageOf, Paged};

use crate::http::{
    call::{Call, Page},
    fault::Fault,
    state::Http,
    target,
};

/// Of which item.
#[derive(Debug)]
pub(crate) struct List {
    key: ConfigKey,
    page: Page,
}

impl List {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { key: target::config(call)?, page: call.page(1, 100)? })
    }
}

/// One page of changes.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) page: Page,
    pub(crate) found: Paged<HistoryEntry>,
}

/// The changes of the page, newest first.
pub(crate) async fn list(http: Arc<Http>, input: List) -> Result<Listed, Fault> {
    let List { key, page } = input;
    let request = PageOf { number: page.number, size: page.size };
    Ok(Listed { page, found: http.configs.history(&key, request).await? })
}
