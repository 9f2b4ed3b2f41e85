//! One page of a listing.

use serde_json::{Value, json};

use crate::http::call::Page;

/// Nacos's `Page`.
pub(super) fn page(page: Page, total: usize, items: Vec<Value>) -> Value {
    json!({
        "totalCount": total,
        "pageNumber": page.number,
        "pagesAvailable": page.of_total(total),
        "pageItems": items,
    })
}
