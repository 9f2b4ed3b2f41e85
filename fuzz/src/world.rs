//! A whole wire on a store in memory, asked through its front. No socket is opened and
//! no time passes but that which waiting tasks let pass.
//!
//! Each input finds the world as new: who changed it gets another one made. So an input
//! that fails, fails alone.

use std::{
    cell::RefCell,
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use seawall_clock::{Clock, Instant, WallTime};
use seawall_config::{ConfigService, ConfigSettings};
use seawall_identity::{Access, Identity, IdentitySettings};
use seawall_nacos::{Front, Nacos, NacosSettings, Parts};
use seawall_net::Peer;
use seawall_registry::{CheckSettings, Registry, RegistrySettings};
use seawall_resource::Namespaces;
use seawall_store::{MemoryStore, Revision, Store};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::envelope;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// What there is before an input: method, path and form.
const SEEDS: &[(&str, &str, &str)] = &[
    ("POST", "/nacos/v1/console/namespaces", "customNamespaceId=dev&namespaceName=dev"),
    ("POST", "/nacos/v1/cs/configs", "dataId=a.yaml&group=G&content=a%3A+1&type=yaml"),
    ("POST", "/nacos/v1/cs/configs", "dataId=a.yaml&group=G&content=b%3A+2&tenant=dev"),
    ("POST", "/nacos/v1/ns/service", "serviceName=s&groupName=G"),
    (
        "POST",
        "/nacos/v1/ns/instance",
        "serviceName=s&groupName=G&ip=10.0.0.1&port=80&ephemeral=false",
    ),
    ("POST", "/nacos/v1/ns/instance", "serviceName=h&groupName=G&ip=10.0.0.3&port=82"),
];

/// With these words, and a status that says otherwise, Nacos refuses a compare-and-set.
const CAS_FAILED: &str = "Cas publish fail";

/// Longest answer that is not an answer of the size of what was asked.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How long after its seeds a world writes nothing any more by itself.
const SETTLED: Duration = Duration::from_secs(3);

/// A world that has waited longer, these seconds included, is not as new: what lapses in it may be written down.
const AGE_MAX: Duration = Duration::from_secs(8);

/// What came back, and whether the store is another one than before.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) trailers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) stored: bool,
}

struct World {
    runtime: Runtime,
    node: Node,
}

struct Node {
    began: tokio::time::Instant,
    front: Front,
    store: Arc<MemoryStore>,
    /// The connection that has set itself up.
    peer: Arc<Peer>,
    /// What it is pushed; its end would be the connection's.
    _pushes: Body,
}

/// Time as the runtime has it, which stands still while anything can be done.
struct RuntimeClock(tokio::time::Instant);

impl RuntimeClock {
    fn passed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Instant {
        Instant::from_start(self.passed())
    }

    fn wall(&self) -> WallTime {
        WallTime::from_millis(1_700_000_000_000).after(self.passed())
    }
}

/// Sends one request on the connection that has set itself up. `keeps` says of its
/// answer whether the world is as it was, the store aside.
pub(crate) fn ask(request: Request<Body>, keeps: impl FnOnce(&Answer) -> bool) -> Answer {
    with_world(|world| {
        let answer = world.runtime.block_on(world.node.ask(request, Arc::clone(&world.node.peer)));
        let kept = !answer.stored && keeps(&answer);
        (answer, kept)
    })
}

/// Sends one request on a connection of its own, which nobody set up. With the answer
/// comes the number of connections before and after.
pub(crate) fn ask_alone(request: Request<Body>) -> (Answer, Bytes, Bytes) {
    with_world(|world| {
        let connections = || Request::get("/nacos/v2/core/loader/current").body(Body::empty());
        let node = &world.node;
        let answers = world.runtime.block_on(async {
            let before = node.ask(connections().unwrap(), peer()).await.body;
            let answer = node.ask(request, peer()).await;
            // What the end of a stream does, it does in another task.
            tokio::time::sleep(Duration::from_millis(10)).await;
            let after = node.ask(connections().unwrap(), peer()).await.body;
            (answer, before, after)
        });
        let as_new = !answers.0.stored && answers.1 == answers.2;
        (answers, as_new)
    })
}

/// Gives the world to `act`, which says whether it may be used again.
fn with_world<T>(act: impl FnOnce(&World) -> (T, bool)) -> T {
    WORLD.with_borrow_mut(|kept| {
        let world = kept.take().unwrap_or_else(World::open);
        let (result, as_new) = act(&world);
        if as_new && world.age() < AGE_MAX {
            *kept = Some(world);
        }
        result
    })
}

fn peer() -> Arc<Peer> {
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Arc::new(Peer::new(loopback(40_000), loopback(8848)))
}

impl World {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let node = runtime.block_on(Node::open());
        Self { runtime, node }
    }

    fn age(&self) -> Duration {
        self.runtime.block_on(async { self.node.began.elapsed() })
    }
}

impl Node {
    async fn open() -> Self {
        let began = tokio::time::Instant::now();
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock(began));
        let model = MemoryStore::new(Arc::clone(&clock));
        let store: Arc<dyn Store> = Arc::clone(&model) as _;
        let both = || (Arc::clone(&store), Arc::clone(&clock));
        let logins = IdentitySettings {
            client_doors: Access::Open,
            console: Access::Open,
            password_cost: 4,
            ..IdentitySettings::default()
        };
        // Nobody is to be called, whatever an input registers.
        let services = RegistrySettings {
            checks: CheckSettings { enabled: false, ..CheckSettings::default() },
            ..RegistrySettings::default()
        };
        let (s, c) = both();
        let identity = Identity::open(s, c, logins).await.unwrap();
        let (s, c) = both();
        let configs = ConfigService::open(s, c, ConfigSettings::default()).await.unwrap();
        let (s, c) = both();
        let registry = Registry::open(s, c, services).await.unwrap();
        let (s, c) = both();
        let namespaces = Namespaces::open(s, c).await.unwrap();
        configs.warmed().await;
        while !registry.ready() {
            tokio::task::yield_now().await;
        }
        let settings = NacosSettings::default();
        let nacos = Nacos::new(Parts { registry, configs, identity, namespaces, clock, settings });
        let (front, peer) = (nacos.front(Router::new()), peer());
        let pushes = set_up(&front, &peer).await;
        let node = Self { began, front, store: model, peer, _pushes: pushes };
        node.seed().await;
        // The registry writes down a while later which services there are.
        tokio::time::sleep(SETTLED).await;
        node
    }

    async fn seed(&self) {
        for (method, path, form) in SEEDS {
            let request = Request::builder().method(*method).uri(*path);
            let request = request.body(Body::from(*form)).unwrap();
            let answer = self.ask(request, Arc::clone(&self.peer)).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path}: {:?}", answer.body);
        }
        let json = br#"{"serviceName":"e","groupName":"G","type":"registerInstance",
            "instance":{"ip":"10.0.0.2","port":81}}"#;
        let request = call("InstanceRequest", &[], json);
        let answer = self.ask(request, Arc::clone(&self.peer)).await;
        let answer = envelope::unframed(&answer.body);
        assert!(answer.json.starts_with(br#"{"resultCode":200"#), "{:?}", answer.json);
    }

    async fn revision(&self) -> Revision {
        self.store.snapshot().await.unwrap().revision()
    }

    async fn ask(&self, mut request: Request<Body>, peer: Arc<Peer>) -> Answer {
        let before = self.revision().await;
        request.extensions_mut().insert(peer);
        let response = self.front.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let body = collected.to_bytes();
        let stored = self.revision().await != before;
        Answer { status: parts.status, headers: parts.headers, trailers, body, stored }
    }
}

/// A unary call.
pub(crate) fn call(kind: &str, headers: &[(&str, &str)], json: &[u8]) -> Request<Body> {
    let message = envelope::framed(kind, headers, json);
    Request::post("/Request/request").body(Body::from(message)).unwrap()
}

/// Opens a stream on `peer` that sets it up and stays; returns once requests are taken.
async fn set_up(front: &Front, peer: &Arc<Peer>) -> Body {
    let send = |mut request: Request<Body>| {
        request.extensions_mut().insert(Arc::clone(peer));
        front.clone().oneshot(request)
    };
    let labels = br#"{"clientVersion":"Nacos-Java-Client:v3.0.0","labels":{"module":"naming"}}"#;
    let first = Ok::<_, Infallible>(envelope::framed("ConnectionSetupRequest", &[], labels));
    let stream = futures::stream::iter([first]).chain(futures::stream::pending());
    let request = Request::post("/BiRequestStream/requestBiStream");
    let opened = send(request.body(Body::from_stream(stream)).unwrap()).await.unwrap();
    loop {
        let answer = send(call("HealthCheckRequest", &[], b"{}")).await.unwrap();
        let answer = answer.into_body().collect().await.unwrap().to_bytes();
        if envelope::unframed(&answer).kind == "HealthCheckResponse" {
            return opened.into_body();
        }
        tokio::task::yield_now().await;
    }
}

impl Answer {
    /// What holds of every answer: it is no fault of ours, it is not out of proportion,
    /// and who is refused has changed nothing.
    pub(crate) fn check(&self, refused: bool, asked_bytes: usize) {
        let shown = String::from_utf8_lossy(&self.body);
        let ours = self.status == StatusCode::INTERNAL_SERVER_ERROR && !shown.contains(CAS_FAILED);
        assert!(!ours, "{shown}");
        assert!(self.body.len() <= ANSWER_BYTES_MAX + 16 * asked_bytes, "{} bytes", shown.len());
        assert!(!(refused && self.stored), "refused, and yet stored: {} {shown}", self.status);
    }
}
