//! Roles.

use std::sync::Arc;

use seawall_identity::{Listing, PageRequest, RoleBinding, Search};

use super::{Term, page, term};
use crate::http::{
    call::{Call, Page},
    fault::Fault,
    state::Http,
};

/// Most names a search gives.
const NAMES_MAX: usize = 500;

/// A role, and whom it is given to or taken from.
#[derive(Debug)]
pub(crate) struct Binding {
    role: String,
    username: Option<String>,
}

impl Binding {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let role = call.params.required("role")?.to_owned();
        let username = Some(call.params.required("username")?.to_owned());
        Ok(Self { role, username })
    }

    /// Without a user the role is taken from everybody.
    pub(crate) fn read_delete(call: &mut Call) -> Result<Self, Fault> {
        let role = call.params.required("role")?.to_owned();
        Ok(Self { role, username: call.params.owned("username") })
    }
}

/// Gives the role.
pub(crate) async fn grant(http: Arc<Http>, input: Binding) -> Result<(), Fault> {
    let username = input.username.unwrap_or_default();
    Ok(http.identity.grant_role(&input.role, &username).await?)
}

/// Takes the role; gives the name of whom it was taken from.
pub(crate) async fn revoke(http: Arc<Http>, input: Binding) -> Result<String, Fault> {
    match input.username {
        Some(username) => {
            http.identity.revoke_role(&input.role, &username).await?;
            Ok(username)
        }
        None => {
            http.identity.delete_role(&input.role).await?;
            Ok(String::new())
        }
    }
}

/// Which bindings.
#[derive(Debug)]
pub(crate) struct List {
    page: Page,
    request: PageRequest,
    role: Term,
    username: Term,
}

impl List {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let (page, request) = page(call)?;
        let (role, username) = (term(call, "role"), term(call, "username"));
        Ok(Self { page, request, role, username })
    }
}

/// One page of bindings.
pub(crate) async fn list(
    http: Arc<Http>,
    input: List,
) -> Result<(Page, Listing<RoleBinding>), Fault> {
    let found =
        http.identity.list_roles(input.request, input.role.search(), input.username.search());
    Ok((input.page, found))
}

/// A part of a name.
pub(crate) fn read_part(call: &mut Call) -> Result<String, Fault> {
    Ok(call.params.required("role")?.to_owned())
}

/// Names that contain a text.
pub(crate) async fn search(http: Arc<Http>, part: String) -> Result<Vec<String>, Fault> {
    let pattern = format!("*{part}*");
    let page = PageRequest::new(1, NAMES_MAX);
    let found = http.identity.list_roles(page, Search::Blur(&pattern), Search::All);
    let mut names: Vec<String> = found.items.iter().map(|one| one.role.to_string()).collect();
    names.dedup();
    Ok(names)
}
