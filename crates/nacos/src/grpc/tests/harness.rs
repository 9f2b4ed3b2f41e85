//! A node with open doors, and clients of it.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use seawall_clock::{Clock, ManualClock, WallTime};
use seawall_config::{ConfigService, ConfigSettings};
use seawall_identity::{Access, Identity, IdentitySettings, Secret};
use seawall_net::{Door, DoorSettings, Drain};
use seawall_registry::{Registry, RegistrySettings};
use seawall_resource::Namespaces;
use seawall_store::{MemoryStore, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

use crate::{
    Nacos, NacosSettings, Parts,
    grpc::payload::{
        Any, Metadata, Payload, bi_request_stream_client::BiRequestStreamClient,
        request_client::RequestClient,
    },
};

/// A node whose clock stands still until it is moved.
pub(super) struct Node {
    pub(super) nacos: Arc<Nacos>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) address: SocketAddr,
    pub(super) drain: Drain,
    pub(super) store: Arc<MemoryStore>,
}

/// What a node is started with.
pub(super) struct Start {
    pub(super) nacos: NacosSettings,
    pub(super) configs: ConfigSettings,
    pub(super) access: Access,
    /// What a node before it left; nothing otherwise.
    pub(super) store: Option<Arc<MemoryStore>>,
    /// Whether the store goes away before the registry has loaded anything.
    pub(super) cold: bool,
}

impl Default for Start {
    fn default() -> Self {
        let mut nacos = NacosSettings::default();
        nacos.grpc.over_limit_delay_ms = 10;
        nacos.grpc.drain_spread_ms = 40;
        nacos.grpc.drain_wait_ms = 200;
        Self {
            nacos,
            configs: ConfigSettings::default(),
            access: Access::Open,
            store: None,
            cold: false,
        }
    }
}

pub(super) async fn node() -> Node {
    Start::default().node().await
}

impl Start {
    pub(super) async fn node(self) -> Node {
        let clock = Arc::new(ManualClock::at(WallTime::from_millis(1_700_000_000_000)));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let memory = self.store.unwrap_or_else(|| MemoryStore::new(Arc::clone(&shared)));
        let store: Arc<dyn Store> = Arc::clone(&memory) as _;
        let both = || (Arc::clone(&store), Arc::clone(&shared));
        let identity_settings = IdentitySettings {
            client_doors: self.access,
            password_cost: 4,
            ..IdentitySettings::default()
        };
        // A push goes out at once, whatever the standing clock says.
        let registry_settings =
            RegistrySettings { push_first_ms: 0, push_delay_ms: 0, ..RegistrySettings::default() };
        let (s, c) = both();
        let identity = Identity::open(s, c, identity_settings).await.unwrap();
        let (s, c) = both();
        let namespaces = Namespaces::open(s, c).await.unwrap();
        let (s, c) = both();
        let configs = ConfigService::open(s, c, self.configs).await.unwrap();
        configs.warmed().await;
        let (s, c) = both();
        let registry = Registry::open(s, c, registry_settings).await.unwrap();
        if self.cold {
            // The registry's tasks have not run yet: nothing was awaited since.
            memory.set_unavailable(Some("the disk is slow"));
        }
        let nacos = Nacos::new(Parts {
            identity,
            namespaces,
            registry,
            configs,
            clock: shared,
            settings: self.nacos,
        });
        if !self.cold {
            eventually(|| nacos.ready()).await;
        }
        let door = Door::bind(([127, 0, 0, 1], 0).into(), DoorSettings::default()).unwrap();
        let (address, drain) = (door.local_addr(), Drain::default());
        tokio::spawn(door.serve(nacos.front(axum::Router::new()), drain.clone()));
        Node { nacos, clock, address, drain, store: memory }
    }
}

/// Waits until something that another task brings about is so.
pub(super) async fn eventually(mut so: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.expect("it never happened");
}

impl Node {
    /// A client on a transport of its own that has not set up its connection.
    pub(super) async fn connect(&self) -> Client {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Client { channel, headers: HashMap::new() }
    }

    /// Lets time pass, and the connections notice.
    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        for link in self.nacos.connections.all() {
            link.tick();
        }
    }

    /// A client that has set up its connection, and what it is pushed.
    pub(super) async fn client(&self) -> (Client, Pushed) {
        let client = self.connect().await;
        let pushed = client.set_up(json!({"labels": {"module": "naming"}})).await;
        (client, pushed)
    }

    /// A user with these permissions, and the token of a login.
    pub(super) async fn user(&self, name: &str, resource: &str, actions: &str) -> String {
        let identity = &self.nacos.identity;
        identity.create_user(name, &Secret::new("pw")).await.unwrap();
        identity.grant_role("role", name).await.unwrap();
        identity.grant_permission("role", resource, actions.parse().unwrap()).await.unwrap();
        identity.login(name, "pw", [127, 0, 0, 1].into()).await.unwrap().token
    }
}

/// One transport.
#[derive(Clone)]
pub(super) struct Client {
    channel: Channel,
    headers: HashMap<String, String>,
}

/// The client's end of a stream.
pub(super) struct Pushed {
    pub(super) sender: mpsc::Sender<Payload>,
    incoming: Streaming<Payload>,
}

pub(super) fn payload(kind: &str, headers: &HashMap<String, String>, json: &[u8]) -> Payload {
    Payload {
        metadata: Some(Metadata {
            r#type: kind.to_owned(),
            headers: headers.clone(),
            client_ip: "10.1.2.3".to_owned(),
        }),
        body: Some(Any { type_url: String::new(), value: Bytes::copy_from_slice(json) }),
    }
}

fn read(payload: Payload) -> (String, Value) {
    let (metadata, json) = payload.into_parts();
    (metadata.r#type, serde_json::from_slice(&json).unwrap())
}

impl Client {
    /// Carries `token` from now on.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Type and JSON of the answer.
    pub(super) async fn ask(&self, kind: &str, json: Value) -> (String, Value) {
        self.ask_bytes(kind, json.to_string().as_bytes()).await.unwrap()
    }

    pub(super) async fn ask_bytes(
        &self,
        kind: &str,
        json: &[u8],
    ) -> Result<(String, Value), tonic::Status> {
        let request = payload(kind, &self.headers, json);
        let answer = RequestClient::new(self.channel.clone()).request(request).await?;
        Ok(read(answer.into_inner()))
    }

    /// The JSON of an answer that has to be a success.
    pub(super) async fn done(&self, kind: &str, json: Value) -> Value {
        let (answered, json) = self.ask(kind, json).await;
        assert_eq!(json["success"], true, "{kind} -> {answered} {json}");
        json
    }

    /// The error code of an answer that has to be a failure in every respect.
    pub(super) async fn refused(&self, kind: &str, json: Value) -> i64 {
        let (answered, json) = self.ask(kind, json).await;
        assert_eq!((&json["success"], &json["resultCode"]), (&json!(false), &json!(500)));
        assert!(json["message"].is_string(), "{answered} {json}");
        json["errorCode"].as_i64().unwrap()
    }

    /// Opens the stream and sets the connection up; returns when it is registered.
    pub(super) async fn set_up(&self, setup: Value) -> Pushed {
        let pushed = self.open(setup).await;
        let registered = tokio::time::timeout(Duration::from_secs(10), async {
            while self.ask("HealthCheckRequest", json!({})).await.1["errorCode"] == 301 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        registered.await.expect("the connection was never registered");
        pushed
    }

    /// Opens the stream and sends a set-up.
    pub(super) async fn open(&self, setup: Value) -> Pushed {
        let (sender, receiver) = mpsc::channel(16);
        let setup = payload("ConnectionSetupRequest", &self.headers, setup.to_string().as_bytes());
        sender.send(setup).await.unwrap();
        let stream = ReceiverStream::new(receiver);
        let mut streams = BiRequestStreamClient::new(self.channel.clone());
        let opened = streams.request_bi_stream(stream).await.unwrap();
        Pushed { sender, incoming: opened.into_inner() }
    }
}

impl Pushed {
    /// The next push, or `None` when the stream ends.
    pub(super) async fn next(&mut self) -> Option<(String, Value)> {
        let next = tokio::time::timeout(Duration::from_secs(10), self.incoming.message());
        next.await.expect("nothing was pushed").ok().flatten().map(read)
    }

    /// How the stream ends, once whatever is still pushed has been passed over.
    pub(super) async fn ending(&mut self) -> tonic::Code {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.incoming.message());
            match next.await.expect("the stream goes on") {
                Ok(Some(_)) => {}
                Ok(None) => return tonic::Code::Ok,
                Err(status) => return status.code(),
            }
        }
    }

    /// The next push of type `kind`, confirmed; other types are confirmed and passed over.
    pub(super) async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let (pushed, json) = self.next().await.expect("the stream ended");
            self.confirm(&pushed, &json, 200).await;
            if pushed == kind {
                return json;
            }
        }
    }

    /// Answers a push.
    pub(super) async fn confirm(&self, pushed: &str, json: &Value, result: i64) {
        let kind = pushed.replace("Request", "Response");
        let answer = json!({"requestId": json["requestId"], "resultCode": result});
        let answer = payload(&kind, &HashMap::new(), answer.to_string().as_bytes());
        self.sender.send(answer).await.unwrap();
    }
}
