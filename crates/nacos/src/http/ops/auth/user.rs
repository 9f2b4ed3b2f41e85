//! Users.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use rand::Rng;
use seawall_identity::{Listing, PageRequest, Search, Secret, UserSummary};

use super::{Term, page, term};
use crate::http::{
    call::{Call, Page},
    code::Code,
    fault::Fault,
    guard::Admitted,
    state::Http,
};

/// The administrator Nacos's consoles make first.
const FIRST_ADMIN: &str = "nacos";
/// Random bytes in a password we think of.
const GENERATED_BYTES: usize = 18;
/// Most names a search for the beginning of a name gives.
const NAMES_MAX: usize = 500;

/// A user and a password for it.
#[derive(Debug)]
pub(crate) struct WithPassword {
    username: String,
    password: Secret,
}

impl WithPassword {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let username = call.params.required("username")?.to_owned();
        Ok(Self { username, password: Secret::new(call.params.required("password")?) })
    }
}

/// Makes a user.
pub(crate) async fn create(http: Arc<Http>, input: WithPassword) -> Result<(), Fault> {
    Ok(http.identity.create_user(&input.username, &input.password).await?)
}

/// The password of the first administrator, if one is wished for.
pub(crate) fn read_admin(call: &mut Call) -> Result<Option<Secret>, Fault> {
    Ok(call.params.get("password").map(Secret::new))
}

/// A first administrator and its password, to be shown once.
#[derive(Debug)]
pub(crate) struct FirstAdmin {
    pub(crate) username: &'static str,
    pub(crate) password: Secret,
}

/// Makes the first administrator.
///
/// # Errors
///
/// When there is one already: anybody may ask this, so it works once.
pub(crate) async fn create_admin(
    http: Arc<Http>,
    password: Option<Secret>,
) -> Result<FirstAdmin, Fault> {
    let password = password.unwrap_or_else(|| {
        let bytes: [u8; GENERATED_BYTES] = rand::rng().random();
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    });
    match http.identity.create_first_admin(FIRST_ADMIN, &password).await {
        Ok(()) => Ok(FirstAdmin { username: FIRST_ADMIN, password }),
        Err(seawall_identity::WriteError::Exists { .. }) => Err(Fault::new(
            StatusCode::CONFLICT,
            Code::ResourceConflict,
            "have admin user cannot use it",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Which user.
pub(crate) fn read_name(call: &mut Call) -> Result<String, Fault> {
    Ok(call.params.required("username")?.to_owned())
}

/// Removes a user.
///
/// # Errors
///
/// When the user is an administrator, as in Nacos.
pub(crate) async fn delete(http: Arc<Http>, username: String) -> Result<(), Fault> {
    let one = PageRequest::new(1, 1);
    let found = http.identity.list_users(one, Search::Accurate(&username));
    if found.items.iter().any(|user| user.admin) {
        return Err(Fault::invalid(format!("cannot delete admin: {username}")));
    }
    Ok(http.identity.delete_user(&username).await?)
}

/// A new password, and who sets it.
pub(crate) struct SetPassword {
    username: String,
    password: Secret,
    admitted: Admitted,
}

impl SetPassword {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let username = call.params.required("username")?.to_owned();
        let password = Secret::new(call.params.required("newPassword")?);
        Ok(Self { username, password, admitted: call.admitted.clone() })
    }
}

/// Sets a password: everybody the own one, administrators any.
pub(crate) async fn set_password(http: Arc<Http>, input: SetPassword) -> Result<(), Fault> {
    let SetPassword { username, password, admitted } = input;
    if admitted.principal().username() != username {
        admitted.may_administer(&http)?;
    }
    Ok(http.identity.set_password(&username, &password).await?)
}

/// Which users.
#[derive(Debug)]
pub(crate) struct List {
    page: Page,
    request: PageRequest,
    username: Term,
}

impl List {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let (page, request) = page(call)?;
        Ok(Self { page, request, username: term(call, "username") })
    }
}

/// One page of users.
pub(crate) async fn list(
    http: Arc<Http>,
    input: List,
) -> Result<(Page, Listing<UserSummary>), Fault> {
    Ok((input.page, http.identity.list_users(input.request, input.username.search())))
}

/// Names that contain a text.
pub(crate) async fn search(http: Arc<Http>, part: String) -> Result<Vec<String>, Fault> {
    let pattern = format!("*{part}*");
    let found = http.identity.list_users(PageRequest::new(1, NAMES_MAX), Search::Blur(&pattern));
    Ok(found.items.iter().map(|user| user.username.to_string()).collect())
}
