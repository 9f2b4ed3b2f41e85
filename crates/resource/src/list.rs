//! Listing objects.

use seawall_store::{KeyRange, Revision};
use seawall_topology::{Selector, TenantId};

use crate::{Kind, Object, ObjectId, ResourceError, ResourceStore, keys, record::decode_object};

/// Pairs read from the store at once.
const SCAN: usize = 500;
/// Most objects on one page.
const LIMIT_MAX: usize = 10_000;

/// Which objects to list.
#[derive(Debug, Clone)]
pub struct ListRequest<'a> {
    /// Of this kind.
    pub kind: &'a Kind,
    /// Of this tenant; `None`: of all.
    pub tenant: Option<&'a TenantId>,
    /// With labels like these.
    pub selector: &'a Selector,
    /// After this one: what [`ObjectPage::next`] said.
    pub after: Option<&'a ObjectId>,
    /// At most so many, from 1 to 10000.
    pub limit: usize,
}

/// Some objects, by tenant and name.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectPage {
    /// The objects.
    pub objects: Vec<Object>,
    /// Where to go on; `None`: these are all.
    pub next: Option<ObjectId>,
    /// The state of the store they are of. Pages read later may be of a later one.
    pub revision: Revision,
}

impl ResourceStore {
    /// Lists objects, a page at a time.
    pub async fn list(&self, request: &ListRequest<'_>) -> Result<ObjectPage, ResourceError> {
        self.rules(request.kind)?;
        let prefix = match request.tenant {
            Some(tenant) => keys::tenant(request.kind, tenant),
            None => keys::kind(request.kind),
        };
        let whole = KeyRange::prefix(&prefix);
        let mut range = Some(match request.after {
            Some(id) => whole.after(&keys::object(id)),
            None => whole,
        });
        let limit = request.limit.clamp(1, LIMIT_MAX);
        let snapshot = self.store.snapshot().await?;
        let (revision, mut objects) = (snapshot.revision(), Vec::new());
        while let Some(asked) = range {
            let page = snapshot.scan(&asked, SCAN).await?;
            for pair in &page.pairs {
                let object = decode_object(pair)?;
                if !request.selector.matches(&object.labels) {
                    continue;
                }
                if objects.len() == limit {
                    let next = objects.last().map(|last: &Object| last.id.clone());
                    return Ok(ObjectPage { objects, next, revision });
                }
                objects.push(object);
            }
            range = page.rest;
        }
        Ok(ObjectPage { objects, next: None, revision })
    }
}
