//! A logged-in connection to a node's HTTP door.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};

use super::ServerArgs;
use crate::exit::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Requests to one node, with the login it was opened with.
pub(crate) struct Session {
    http: reqwest::Client,
    address: String,
    token: Option<String>,
}

/// What a login answers (the same fields on every Nacos login path).
#[derive(Deserialize)]
struct LoggedIn {
    #[serde(rename = "accessToken")]
    access_token: String,
}

impl Session {
    /// Connects, and logs in when a user name was given.
    pub(crate) async fn open(args: &ServerArgs) -> Result<Self, Failure> {
        let http = http_client(args)?;
        let address = args.address.trim_end_matches('/').to_owned();
        let mut session = Self { http, address, token: None };
        if let (Some(username), Some(password)) = (&args.username, &args.password) {
            let login = session
                .request(Method::POST, "/nacos/v3/auth/user/login")
                .form(&[("username", username), ("password", password)]);
            let answer: LoggedIn = session.json(login).await?;
            session.token = Some(answer.access_token);
        }
        Ok(session)
    }

    /// A request to `path`, carrying the login.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request; an answer that is no success becomes the failure it stands for.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.text().await.unwrap_or_default();
        let said = format!("{} answered {status}: {}", self.address, message_of(&body));
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::Unauthorised(said),
            _ => Failure::Failed(said),
        })
    }

    /// Sends a request and reads a JSON answer.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, Failure> {
        let response = self.send(request).await?;
        let read = response.json().await;
        read.map_err(|error| {
            Failure::Failed(format!("{} sent an answer that cannot be read: {error}", self.address))
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let cause = root_cause(error);
        let ask = if cause.to_ascii_lowercase().contains("certificate") {
            "are --ca, --certificate and --key right?"
        } else {
            "is the node running, and is --address right?"
        };
        Failure::Unreachable(format!("{} does not answer ({cause}); {ask}", self.address))
    }
}

fn http_client(args: &ServerArgs) -> Result<reqwest::Client, Failure> {
    let builder =
        reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT);
    let builder = args.tls().apply(builder)?;
    builder.build().map_err(|error| Failure::Failed(format!("cannot set up HTTP: {error}")))
}

/// The innermost reason, which is the one that tells an operator something.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The message inside an error body, whatever its form, in one line.
fn message_of(body: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let field = |name| json.as_ref().and_then(|value| value.get(name)?.as_str());
    let text = field("message").or_else(|| field("error")).unwrap_or(body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "no reason given".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use super::message_of;

    #[test]
    fn an_error_is_shown_by_its_message() {
        assert_eq!(message_of(r#"{"code":403,"message":"no right","data":null}"#), "no right");
        assert_eq!(message_of("caused:  user\nnot found"), "caused: user not found");
        assert_eq!(message_of(""), "no reason given");
    }
}
