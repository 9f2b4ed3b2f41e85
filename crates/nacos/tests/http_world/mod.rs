//! A whole Nacos wire on a store in memory, asked through its front.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "part of tests, but not inside a test function"
)]

use std::{net::SocketAddr, sync::Arc};

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seawall_clock::{Clock, SystemClock};
use seawall_config::{ConfigService, ConfigSettings, QuotaSettings};
use seawall_identity::{Access, Identity, IdentitySettings, Secret};
use seawall_nacos::{Front, Nacos, NacosSettings, Parts};
use seawall_net::Peer;
use seawall_registry::{Registry, RegistrySettings};
use seawall_resource::Namespaces;
use seawall_store::{MemoryStore, Store};
use serde_json::Value;
use tower::ServiceExt;

/// The administrator of worlds that ask for a login.
pub(crate) const ADMIN: (&str, &str) = ("nacos", "a long enough password");

pub(crate) struct World {
    pub(crate) nacos: Arc<Nacos>,
    pub(crate) configs: Arc<ConfigService>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) identity: Arc<Identity>,
    front: Front,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: bytes::Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The `data` of an envelope that says "done".
    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert_eq!((self.status, &json["code"]), (StatusCode::OK, &Value::from(0)), "{self:?}");
        assert_eq!(json["message"], "success", "{self:?}");
        json["data"].clone()
    }

    /// Status and code of an envelope that says "refused".
    pub(crate) fn refusal(&self) -> (u16, u64) {
        (self.status.as_u16(), self.json()["code"].as_u64().unwrap_or_default())
    }

    /// The text of an answer with status 200.
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        &self.text
    }
}

/// `a=b&c=d`, percent-encoded.
pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

impl World {
    /// One that asks nobody for a login.
    pub(crate) async fn open() -> Self {
        Self::with(Access::Open, NacosSettings::default()).await
    }

    /// One that asks everybody for a login, with one administrator.
    pub(crate) async fn closed() -> Self {
        let world = Self::with(Access::Login, NacosSettings::default()).await;
        let password = Secret::new(ADMIN.1);
        world.identity.create_first_admin(ADMIN.0, &password).await.unwrap();
        world
    }

    /// One that enforces quotas and asks nobody for a login.
    pub(crate) async fn with_quotas() -> Self {
        let quota = QuotaSettings { enforce: true, ..QuotaSettings::default() };
        let configs = ConfigSettings { quota, ..ConfigSettings::default() };
        Self::build(Access::Open, NacosSettings::default(), configs).await
    }

    pub(crate) async fn with(access: Access, settings: NacosSettings) -> Self {
        Self::build(access, settings, ConfigSettings::default()).await
    }

    async fn build(access: Access, settings: NacosSettings, items: ConfigSettings) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store: Arc<dyn Store> = MemoryStore::new(Arc::clone(&clock));
        let world =
            Self::on(store, clock, access, settings, items, RegistrySettings::default()).await;
        while !world.registry.ready() {
            tokio::task::yield_now().await;
        }
        world
    }

    /// One on a store that may hold something already; its registry may not be ready.
    pub(crate) async fn on(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        access: Access,
        settings: NacosSettings,
        items: ConfigSettings,
        services: RegistrySettings,
    ) -> Self {
        let logins = IdentitySettings {
            client_doors: access,
            console: access,
            password_cost: 4,
            ..IdentitySettings::default()
        };
        let both = || (Arc::clone(&store), Arc::clone(&clock));
        let (s, c) = both();
        let identity = Identity::open(s, c, logins).await.unwrap();
        let (s, c) = both();
        let configs = ConfigService::open(s, c, items).await.unwrap();
        let (s, c) = both();
        let registry = Registry::open(s, c, services).await.unwrap();
        let (s, c) = both();
        let namespaces = Namespaces::open(s, c).await.unwrap();
        configs.warmed().await;
        let nacos = Nacos::new(Parts {
            registry: Arc::clone(&registry),
            configs: Arc::clone(&configs),
            identity: Arc::clone(&identity),
            namespaces,
            clock,
            settings,
        });
        let front = nacos.front(axum::Router::new());
        Self { nacos, configs, registry, identity, front }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from([127, 0, 0, 1], request).await
    }

    pub(crate) async fn send_from(&self, from: [u8; 4], mut request: Request<Body>) -> Answer {
        let remote = SocketAddr::from((from, 40_000));
        let peer = Peer::new(remote, SocketAddr::from(([127, 0, 0, 1], 8848)));
        request.extensions_mut().insert(Arc::new(peer));
        let response = self.front.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text, bytes }
    }

    /// A request with its parameters in the query.
    pub(crate) async fn query(&self, method: Method, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let uri = format!("/nacos{path}?{}", encode(pairs));
        self.send(Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.query(Method::GET, path, pairs).await
    }

    pub(crate) async fn put(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.query(Method::PUT, path, pairs).await
    }

    pub(crate) async fn delete(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.query(Method::DELETE, path, pairs).await
    }

    /// A request with its parameters in a form.
    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.form(path, pairs, &[]).await
    }

    /// The same with headers.
    pub(crate) async fn form(
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
    pub(crate) async fn publish(&self, tenant: &str, group: &str, data_id: &str, content: &str) {
        let pairs =
            [("dataId", data_id), ("group", group), ("tenant", tenant), ("content", content)];
        assert_eq!(self.post("/v1/cs/configs", &pairs).await.ok(), "true");
    }

    /// A token of the administrator.
    pub(crate) async fn token(&self) -> String {
        let pairs = [("username", ADMIN.0), ("password", ADMIN.1)];
        let answer = self.post("/v1/auth/users/login", &pairs).await;
        answer.json()["accessToken"].as_str().unwrap().to_owned()
    }
}
