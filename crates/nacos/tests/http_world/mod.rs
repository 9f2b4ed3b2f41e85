//! A whole Nacos wire on a store in memory, asked through its router.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seawall_clock::{Clock, SystemClock};
use seawall_config::{ConfigService, ConfigSettings};
use seawall_identity::{Access, Identity, IdentitySettings, Secret};
use seawall_nacos::{Nacos, NacosSettings, Parts};
use seawall_net::{ConnectionId, Peer};
use seawall_registry::{Registry, RegistrySettings};
use seawall_resource::Namespaces;
use seawall_store::{MemoryStore, Store};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The administrator of worlds that ask for a login.
pub const ADMIN: (&str, &str) = ("nacos", "a long enough password");

pub struct World {
    pub nacos: Arc<Nacos>,
    pub configs: Arc<ConfigService>,
    pub registry: Arc<Registry>,
    pub identity: Arc<Identity>,
    router: Router,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: bytes::Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The `data` of an envelope that says "done".
    pub fn data(&self) -> Value {
        let json = self.json();
        assert_eq!((self.status, &json["code"]), (StatusCode::OK, &Value::from(0)), "{self:?}");
        assert_eq!(json["message"], "success", "{self:?}");
        json["data"].clone()
    }

    /// Status and code of an envelope that says "refused".
    pub fn refusal(&self) -> (u16, u64) {
        (self.status.as_u16(), self.json()["code"].as_u64().unwrap_or_default())
    }

    /// The text of an answer with status 200.
    pub fn ok(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        &self.text
    }
}

/// `a=b&c=d`, percent-encoded.
pub fn encode(pairs: &[(&str, &str)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

impl World {
    /// One that asks nobody for a login.
    pub async fn open() -> Self {
        Self::with(Access::Open, NacosSettings::default()).await
    }

    /// One that asks everybody for a login, with one administrator.
    pub async fn closed() -> Self {
        let world = Self::with(Access::Login, NacosSettings::default()).await;
        let password = Secret::new(ADMIN.1);
        world.identity.create_first_admin(ADMIN.0, &password).await.unwrap();
        world
    }

    pub async fn with(access: Access, settings: NacosSettings) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store: Arc<dyn Store> = MemoryStore::new(Arc::clone(&clock));
        let identity_settings = IdentitySettings {
            client_doors: access,
            console: access,
            password_cost: 4,
            ..IdentitySettings::default()
        };
        let (s, c) = (&store, &clock);
        let identity =
            Identity::open(Arc::clone(s), Arc::clone(c), identity_settings).await.unwrap();
        let configs = ConfigService::open(Arc::clone(s), Arc::clone(c), ConfigSettings::default())
            .await
            .unwrap();
        let registry = Registry::open(Arc::clone(s), Arc::clone(c), RegistrySettings::default())
            .await
            .unwrap();
        let namespaces = Namespaces::open(Arc::clone(s), Arc::clone(c)).await.unwrap();
        configs.warmed().await;
        while !registry.ready() {
            tokio::task::yield_now().await;
        }
        let nacos = Nacos::new(Parts {
            registry: Arc::clone(&registry),
            configs: Arc::clone(&configs),
            identity: Arc::clone(&identity),
            namespaces,
            clock,
            settings,
        });
        let router = nacos.router();
        Self { nacos, configs, registry, identity, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from([127, 0, 0, 1], request).await
    }

    pub async fn send_from(&self, from: [u8; 4], mut request: Request<Body>) -> Answer {
        let peer = Peer {
            connection: ConnectionId::new(1),
            remote: SocketAddr::from((from, 40_000)),
            local: SocketAddr::from(([127, 0, 0, 1], 8848)),
            tls: None,
            closed: CancellationToken::new(),
        };
        request.extensions_mut().insert(Arc::new(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text, bytes }
    }

    /// A request with its parameters in the query.
    pub async fn query(&self, method: Method, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let uri = format!("/nacos{path}?{}", encode(pairs));
        self.send(Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await
    }

    pub async fn get(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.query(Method::GET, path, pairs).await
    }

    pub async fn put(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.query(Method::PUT, path, pairs).await
    }

    pub async fn delete(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.query(Method::DELETE, path, pairs).await
    }

    /// A request with its parameters in a form.
    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.form(path, pairs, &[]).await
    }

    /// The same with headers.
    pub async fn form(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::post(format!("/nacos{path}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(encode(pairs))).unwrap()).await
    }

    /// Publishes through the first generation.
    pub async fn publish(&self, tenant: &str, group: &str, data_id: &str, content: &str) {
        let pairs =
            [("dataId", data_id), ("group", group), ("tenant", tenant), ("content", content)];
        assert_eq!(self.post("/v1/cs/configs", &pairs).await.ok(), "true");
    }

    /// A token of the administrator.
    pub async fn token(&self) -> String {
        let pairs = [("username", ADMIN.0), ("password", ADMIN.1)];
        let answer = self.post("/v1/auth/users/login", &pairs).await;
        answer.json()["accessToken"].as_str().unwrap().to_owned()
    }
}
