//! Who asks, and whether they may: the same for HTTP and gRPC.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use http::{HeaderMap, header};
use seawall_identity::{
    Action, AuthenticateError, Credential, Denied, Entrance, Identity, Principal, ResourceName,
};

const TOKEN: &str = "accessToken";
const USERNAME: &str = "username";
const PASSWORD: &str = "password";
const BEARER: &str = "Bearer ";

/// Why a request may not be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessError {
    /// The sender is not known: log in (again).
    #[error(transparent)]
    Unauthenticated(#[from] AuthenticateError),
    /// The sender is known and may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
}

/// Judges requests by their credential.
#[derive(Clone)]
pub(crate) struct Access(Arc<Identity>);

impl Access {
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        Self(identity)
    }

    /// Who sends a request with this credential; an open entrance lets everybody in.
    pub(crate) async fn admit(
        &self,
        entrance: Entrance,
        credential: Credential<'_>,
        source: IpAddr,
    ) -> Result<Principal, AccessError> {
        Ok(self.0.admit(entrance, credential, source).await?)
    }

    /// Whether the sender may do `action` to `resource`.
    pub(crate) fn authorize(
        &self,
        principal: &Principal,
        action: Action,
        resource: &ResourceName<'_>,
    ) -> Result<(), AccessError> {
        Ok(self.0.authorize(principal, action, resource)?)
    }
}

/// The credential among the headers of a gRPC payload.
pub(crate) fn grpc_credential(headers: &HashMap<String, String>) -> Credential<'_> {
    let value = |name: &str| headers.get(name).map(String::as_str).filter(|text| !text.is_empty());
    choose(value(TOKEN), value(USERNAME), value(PASSWORD))
}

/// The credential of an HTTP request: `Authorization: Bearer`, the header or
/// parameter `accessToken`, or user and password as parameters (trap T25).
/// `parameter` looks a name up in query and form.
pub(crate) fn http_credential<'a>(
    headers: &'a HeaderMap,
    parameter: impl Fn(&str) -> Option<&'a str>,
) -> Credential<'a> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(header::AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix(BEARER));
    let value = |name: &str| parameter(name).filter(|text| !text.is_empty());
    let token = bearer.map(str::trim).or_else(|| header(TOKEN)).or_else(|| value(TOKEN));
    choose(token.filter(|text| !text.is_empty()), value(USERNAME), value(PASSWORD))
}

fn choose<'a>(
    token: Option<&'a str>,
    username: Option<&'a str>,
    password: Option<&'a str>,
) -> Credential<'a> {
    match (token, username, password) {
        (Some(token), _, _) => Credential::Token(token),
        (None, Some(username), Some(password)) => Credential::Password { username, password },
        _ => Credential::None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn shown(credential: Credential<'_>) -> String {
        match credential {
            Credential::None => "none".to_owned(),
            Credential::Token(token) => format!("token {token}"),
            Credential::Password { username, password } => format!("{username}/{password}"),
        }
    }

    #[test]
    fn a_grpc_payload_carries_its_credential_in_its_headers() {
        let of = |pairs: &[(&str, &str)]| {
            let headers = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            shown(grpc_credential(&headers))
        };
        assert_eq!(of(&[]), "none");
        assert_eq!(of(&[("accessToken", "t"), ("username", "u"), ("password", "p")]), "token t");
        assert_eq!(of(&[("accessToken", ""), ("username", "u"), ("password", "p")]), "u/p");
        assert_eq!(of(&[("username", "u")]), "none");
    }

    #[test]
    fn t25_an_http_request_may_carry_user_and_password_every_time() {
        let parameters = [("username", "u"), ("password", "p")];
        let lookup = |name: &str| parameters.iter().find(|(k, _)| *k == name).map(|(_, v)| *v);
        assert_eq!(shown(http_credential(&HeaderMap::new(), lookup)), "u/p");
    }

    #[test]
    fn a_token_is_found_wherever_clients_put_it() {
        let bearer = [("authorization", "Bearer a")];
        let plain = [("accesstoken", "b")];
        for (pairs, expected) in [(bearer, "token a"), (plain, "token b")] {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(name, HeaderValue::from_static(value));
            }
            assert_eq!(shown(http_credential(&headers, |_| None)), expected);
        }
        let query = |name: &str| (name == "accessToken").then_some("c");
        assert_eq!(shown(http_credential(&HeaderMap::new(), query)), "token c");
    }
}
