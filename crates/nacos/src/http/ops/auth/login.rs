//! Logging in.

use std::{net::IpAddr, sync::Arc};

use seawall_identity::{Secret, Session};

use crate::http::{call::Call, fault::Fault, state::Http};

/// Who says to be whom.
#[derive(Debug)]
pub(crate) struct Login {
    username: String,
    password: Secret,
    source: IpAddr,
}

impl Login {
    /// Both may come in the query, both in the form, or one in each.
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let username = call.params.required("username")?.to_owned();
        let password = call.params.raw("password").ok_or_else(|| Fault::missing("password"))?;
        Ok(Self { username, password: Secret::new(password), source: call.source })
    }
}

/// Gives out a token.
pub(crate) async fn login(http: Arc<Http>, input: Login) -> Result<Session, Fault> {
    let Login { username, password, source } = input;
    Ok(http.identity.login(&username, password.reveal(), source).await?)
}
