//! Permissions.

use std::sync::Arc;

use seawall_identity::{Actions, Listing, PageRequest, PermissionGrant, Search};

use super::{Term, page, term};
use crate::http::{
    call::{Call, Page},
    fault::Fault,
    state::Http,
};

/// What a role may do to which resources.
#[derive(Debug)]
pub(crate) struct Grant {
    role: String,
    resource: String,
    actions: Actions,
}

impl Grant {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let actions = call.params.required("action")?;
        Ok(Self {
            role: call.params.required("role")?.to_owned(),
            resource: call.params.required("resource")?.to_owned(),
            actions: actions.parse().map_err(|error| Fault::invalid(format!("{error}")))?,
        })
    }
}

/// Grants the permission.
pub(crate) async fn grant(http: Arc<Http>, input: Grant) -> Result<(), Fault> {
    Ok(http.identity.grant_permission(&input.role, &input.resource, input.actions).await?)
}

/// Takes the permission away.
pub(crate) async fn revoke(http: Arc<Http>, input: Grant) -> Result<(), Fault> {
    Ok(http.identity.revoke_permission(&input.role, &input.resource, input.actions).await?)
}

/// Which permissions.
#[derive(Debug)]
pub(crate) struct List {
    page: Page,
    request: PageRequest,
    role: Term,
}

impl List {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let (page, request) = page(call)?;
        Ok(Self { page, request, role: term(call, "role") })
    }
}

/// One page of permissions.
pub(crate) async fn list(
    http: Arc<Http>,
    input: List,
) -> Result<(Page, Listing<PermissionGrant>), Fault> {
    Ok((input.page, http.identity.list_permissions(input.request, input.role.search())))
}

/// Whether exactly this permission was granted.
pub(crate) async fn is_granted(http: Arc<Http>, input: Grant) -> Result<bool, Fault> {
    let mut number = 1;
    loop {
        let page = PageRequest::new(number, 500);
        let found = http.identity.list_permissions(page, Search::Accurate(&input.role));
        if found
            .items
            .iter()
            .any(|one| one.resource == input.resource && one.actions == input.actions)
        {
            return Ok(true);
        }
        if number >= found.pages() {
            return Ok(false);
        }
        number += 1;
    }
}
