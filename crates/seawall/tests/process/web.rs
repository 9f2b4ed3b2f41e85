//! Requests to a node over its HTTP door.

use serde_json::Value;

use crate::node::Node;

/// An HTTP client.
pub(crate) fn http() -> reqwest::Client {
    // Fails when a test before this one did it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// The answer to a request, waited for.
pub(crate) fn blocking(request: reqwest::RequestBuilder) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let response = request.send().await.unwrap();
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("")
                .to_owned()
        };
        let head = format!("{} {} ", header("content-md5"), header("last-modified"));
        head + &response.text().await.unwrap()
    })
}

/// The administrator of a node, logged in.
pub(crate) struct Admin {
    address: String,
    token: String,
}

impl Admin {
    /// Logs in with the first login.
    pub(crate) fn of(node: &Node) -> Self {
        let (username, password) = node.first_login();
        let address = node.address();
        let form = [("username", username), ("password", password)];
        let login = http().post(format!("{address}/nacos/v3/auth/user/login")).form(&form);
        let answer: Value = json_of(&blocking(login));
        Self { address, token: answer["accessToken"].as_str().unwrap().to_owned() }
    }

    /// The JSON a path answers.
    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let request = http().get(format!("{}{path}", self.address)).query(query);
        json_of(&blocking(request.bearer_auth(&self.token)))
    }

    /// Uploads a file into the public namespace.
    pub(crate) fn upload(&self, path: &str, file: Vec<u8>) -> Value {
        let part = reqwest::multipart::Part::bytes(file).file_name("items.zip");
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = http().post(format!("{}{path}", self.address)).multipart(form);
        let request = request.query(&[("namespaceId", "public"), ("policy", "ABORT")]);
        json_of(&blocking(request.bearer_auth(&self.token)))
    }
}

/// The JSON behind what [`blocking`] puts before a body.
fn json_of(answer: &str) -> Value {
    serde_json::from_str(answer.trim_start()).unwrap_or_else(|error| panic!("{error}: {answer}"))
}
