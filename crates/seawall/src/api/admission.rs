//! Who may use the API.

use std::{net::IpAddr, sync::Arc};

use axum::extract::FromRequestParts;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{header, request::Parts};
use seawall_identity::{
    Action, AuthenticateError, Credential, Entrance, LoginError, Principal, ResourceKind,
    ResourceName,
};
use seawall_net::Peer;
use seawall_topology::Namespace;

use super::{ApiState, error::ApiError};
use crate::settings::AccessChoice;

/// Somebody who may look at the node.
pub(crate) struct Reader;

/// Somebody who may change the node.
pub(crate) struct Writer {
    pub(crate) principal: Principal,
}

/// Somebody who is known; what they may do is asked where they do it.
pub(crate) struct Caller {
    principal: Principal,
}

/// Somebody who may read the metrics.
pub(crate) struct Scraper;

impl FromRequestParts<ApiState> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        admit(parts, state, Action::Read).await.map(|_| Self)
    }
}

impl FromRequestParts<ApiState> for Writer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        admit(parts, state, Action::Write).await
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        Ok(Self { principal: authenticate(parts, state).await? })
    }
}

impl Caller {
    /// Refuses whoever may not read all configuration of `namespace`.
    pub(crate) fn may_read_configuration(
        &self,
        state: &ApiState,
        namespace: &Namespace,
    ) -> Result<(), ApiError> {
        let all = ResourceName { namespace, group: "*", kind: ResourceKind::Config, name: "*" };
        let identity = &state.0.parts.identity;
        identity
            .authorize_at(Entrance::Console, &self.principal, Action::Read, &all)
            .map_err(ApiError::denied)
    }
}

impl FromRequestParts<ApiState> for Scraper {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        match state.0.metrics_access {
            AccessChoice::Open => Ok(Self),
            AccessChoice::Login => admit(parts, state, Action::Read).await.map(|_| Self),
        }
    }
}

async fn authenticate(parts: &Parts, state: &ApiState) -> Result<Principal, ApiError> {
    let source = source_of(parts, state)?;
    let given = Given::of(parts);
    let identity = &state.0.parts.identity;
    identity.admit(Entrance::Console, given.credential(), source).await.map_err(refusal)
}

async fn admit(parts: &Parts, state: &ApiState, action: Action) -> Result<Writer, ApiError> {
    let identity = &state.0.parts.identity;
    let principal = authenticate(parts, state).await?;
    let namespace = Namespace::public();
    let node = ResourceName {
        namespace: &namespace,
        group: "*",
        kind: ResourceKind::Console,
        name: "node",
    };
    identity
        .authorize_at(Entrance::Console, &principal, action, &node)
        .map_err(ApiError::denied)?;
    Ok(Writer { principal })
}

/// Wrong passwords are counted by it, so behind a trusted proxy it is the proxy's client.
fn source_of(parts: &Parts, state: &ApiState) -> Result<IpAddr, ApiError> {
    let peer = parts.extensions.get::<Arc<Peer>>();
    peer.map(|peer| state.0.http.source(peer.ip(), &parts.headers))
        .ok_or_else(|| ApiError::unavailable("the connection of this request is not known"))
}

fn refusal(error: AuthenticateError) -> ApiError {
    match error {
        AuthenticateError::Password(LoginError::Busy | LoginError::TooManyWrong { .. }) => {
            ApiError::unavailable(error)
        }
        _ => ApiError::login_needed(error),
    }
}

/// What the `Authorization` header holds (RFC 6750, RFC 7617).
enum Given<'a> {
    Nothing,
    Token(&'a str),
    Pair(String),
}

impl<'a> Given<'a> {
    fn of(parts: &'a Parts) -> Self {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, rest)) = header.and_then(|header| header.split_once(' ')) else {
            return Self::Nothing;
        };
        match scheme {
            _ if scheme.eq_ignore_ascii_case("bearer") => Self::Token(rest.trim()),
            _ if scheme.eq_ignore_ascii_case("basic") => {
                let pair = BASE64_STANDARD.decode(rest.trim()).ok();
                pair.and_then(|bytes| String::from_utf8(bytes).ok())
                    .map_or(Self::Nothing, Self::Pair)
            }
            _ => Self::Nothing,
        }
    }

    fn credential(&self) -> Credential<'_> {
        match self {
            Self::Nothing => Credential::None,
            Self::Token(token) => Credential::Token(token),
            Self::Pair(pair) => match pair.split_once(':') {
                Some((username, password)) => Credential::Password { username, password },
                None => Credential::None,
            },
        }
    }
}
