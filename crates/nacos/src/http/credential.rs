//! What an HTTP request carries to say who sent it.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use seawall_identity::{Credential, Entrance};

use super::params::Params;
use crate::access::http_credential;

/// User and password from a `Basic` header, decoded.
#[derive(Default)]
pub(super) struct Basic(Option<(String, String)>);

impl Basic {
    /// Reads the header (RFC 7617), which Prometheus sends.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self(Self::read(headers))
    }

    fn read(headers: &HeaderMap) -> Option<(String, String)> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (username, password) = decoded.split_once(':')?;
        Some((username.to_owned(), password.to_owned()))
    }
}

/// The credential of a request. The Node client sends user and password among the
/// parameters of every request (trap T25); at the console they are never taken
/// from there, for its forms have fields of the same names that mean another user.
pub(super) fn credential<'a>(
    entrance: Entrance,
    headers: &'a HeaderMap,
    basic: &'a Basic,
    params: &'a Params,
) -> Credential<'a> {
    let found = http_credential(headers, |name| match entrance {
        Entrance::Console if matches!(name, "username" | "password") => None,
        _ => params.raw(name),
    });
    match (found, basic) {
        (Credential::Token(token), _) => Credential::Token(token),
        (_, Basic(Some((username, password)))) => Credential::Password { username, password },
        (found, _) => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(entrance: Entrance, head: &[(&'static str, &str)], query: &str) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in head {
            headers.insert(*name, value.parse().unwrap());
        }
        let mut params = Params::default();
        params.add_encoded(query.as_bytes()).unwrap();
        match credential(entrance, &headers, &Basic::of(&headers), &params) {
            Credential::None => "none".to_owned(),
            Credential::Token(token) => format!("token {token}"),
            Credential::Password { username, password } => format!("{username}/{password}"),
        }
    }

    #[test]
    fn a_token_goes_before_everything_else() {
        let query = "accessToken=abc&username=u&password=p";
        assert_eq!(found(Entrance::Console, &[], query), "token abc");
        assert_eq!(found(Entrance::Client, &[("authorization", "Basic dTpw")], query), "token abc");
    }

    #[test]
    fn t25_clients_may_send_user_and_password_with_every_request() {
        assert_eq!(found(Entrance::Client, &[], "username=u&password=p"), "u/p");
        assert_eq!(found(Entrance::Client, &[], "username=u"), "none");
        assert_eq!(found(Entrance::Console, &[], "username=u&password=p"), "none");
        let basic = [("authorization", "Basic dTpwOnE=")];
        assert_eq!(found(Entrance::Console, &basic, ""), "u/p:q");
        assert_eq!(found(Entrance::Console, &[("authorization", "Basic ??")], ""), "none");
    }
}
