//! All registered connections.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;
use seawall_clock::{Clock, WallTime};
use seawall_config::{ConfigService, ListenerId};
use seawall_net::{ConnectionId, Peer};
use seawall_registry::{ClientId, Generation, Registry};
use tokio::sync::Notify;

use super::{ClientCard, Ending, Link, Outbox, link::LinkParts, setup::setup_ack};
use crate::{
    ConnectionRule, GrpcSettings,
    grpc::reply::{Message, request_start},
};

/// The part of an address list that a drain works on at once.
const DRAIN_STEP: Duration = Duration::from_millis(20);

/// Why a connection was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// The node is stopping.
    Draining,
    /// There are as many connections as the rule allows.
    OverLimit,
}

/// Registered connections by their transport (trap T9: one client a transport).
pub(crate) struct ConnectionTable {
    links: RwLock<HashMap<ConnectionId, Arc<Link>>>,
    registry: Arc<Registry>,
    configs: Arc<ConfigService>,
    clock: Arc<dyn Clock>,
    settings: GrpcSettings,
    /// Start of the process's ids, so that they differ from those before a restart.
    started: WallTime,
    generations: AtomicU64,
    draining: AtomicBool,
    left: Notify,
}

impl ConnectionTable {
    pub(crate) fn new(
        registry: Arc<Registry>,
        configs: Arc<ConfigService>,
        clock: Arc<dyn Clock>,
        settings: GrpcSettings,
    ) -> Arc<Self> {
        Arc::new(Self {
            links: RwLock::default(),
            started: clock.wall(),
            registry,
            configs,
            clock,
            settings,
            generations: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            left: Notify::new(),
        })
    }

    /// The id a client on this transport is known by: `millis_ip_port`, in Nacos's form.
    pub(crate) fn id_of(&self, peer: &Peer) -> String {
        let millis = self.started.as_millis().saturating_add(peer.connection.get());
        format!("{millis}_{}_{}", peer.ip(), peer.remote.port())
    }

    /// The connection registered on a transport.
    pub(crate) fn get(&self, transport: ConnectionId) -> Option<Arc<Link>> {
        self.links.read().get(&transport).map(Arc::clone)
    }

    /// Registers the client on `peer`'s transport, before anything else it sent is
    /// looked at. A registration that was there is ended, and what it registered is
    /// removed under its own generation (trap T10).
    pub(crate) fn register(
        &self,
        peer: &Arc<Peer>,
        card: ClientCard,
        outbox: Outbox,
        rule: &ConnectionRule,
    ) -> Result<Arc<Link>, NotTaken> {
        if self.draining() {
            return Err(NotTaken::Draining);
        }
        let generation = self.generations.fetch_add(1, Ordering::Relaxed) + 1;
        let id: Arc<str> = self.id_of(peer).into();
        let info = card.info(peer);
        let negotiates = card.negotiates;
        let parts = LinkParts {
            client: ClientId::connection(Arc::clone(&id), Generation::new(generation)),
            id,
            peer: Arc::clone(peer),
            card,
            listener: ListenerId(generation),
            outbox,
            clock: Arc::clone(&self.clock),
        };
        let link = Arc::new(Link::new(parts, &self.settings));
        let replaced = {
            let mut links = self.links.write();
            let others = links.len() - usize::from(links.contains_key(&peer.connection));
            if !rule.admits(others) {
                return Err(NotTaken::OverLimit);
            }
            // The registry first: whoever finds the link may register at once.
            self.registry.connect(link.client.clone(), info, Arc::clone(&link) as _);
            links.insert(peer.connection, Arc::clone(&link))
        };
        if let Some(replaced) = replaced {
            replaced.end(Ending::Replaced);
            self.forget(&replaced);
        }
        if negotiates {
            self.acknowledge_setup(&link);
        }
        Ok(link)
    }

    fn acknowledge_setup(&self, link: &Link) {
        match setup_ack() {
            Ok(message) => {
                link.post_now(message);
            }
            Err(error) => tracing::error!(%error, "the set-up cannot be acknowledged"),
        }
    }

    /// Removes the connection with all it registered, listens to and watches, at once.
    pub(crate) fn remove(&self, link: &Arc<Link>) {
        {
            let mut links = self.links.write();
            // A newer registration on the same transport stays (trap T10).
            if links.get(&link.transport()).is_some_and(|current| Arc::ptr_eq(current, link)) {
                links.remove(&link.transport());
            }
        }
        self.forget(link);
        self.left.notify_waiters();
    }

    fn forget(&self, link: &Link) {
        link.close();
        self.registry.disconnect(&link.client);
        self.configs.drop_listener(link.listener);
    }

    /// Every connection.
    pub(crate) fn all(&self) -> Vec<Arc<Link>> {
        self.links.read().values().map(Arc::clone).collect()
    }

    /// Connections of clients that know themselves by `ip`.
    pub(crate) fn of_ip(&self, ip: IpAddr) -> Vec<Arc<Link>> {
        self.links.read().values().filter(|link| link.card.ip == ip).map(Arc::clone).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.links.read().len()
    }

    /// How many connections each part of the clients holds.
    pub(crate) fn by_module(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for link in self.links.read().values() {
            let module = match link.card.module.as_str() {
                "" => "unknown",
                module => module,
            };
            *counts.entry(module.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Whether the node is stopping.
    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// See [`Nacos::drain`](crate::Nacos::drain).
    pub(crate) async fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.ask_all_to_leave().await;
        let wait = Duration::from_millis(self.settings.drain_wait_ms);
        // Those who stay are ended below, so it does not matter that time ran out.
        let _ = tokio::time::timeout(wait, self.empty()).await;
        for link in self.all() {
            link.end(Ending::Drained);
        }
        let _ = tokio::time::timeout(wait, self.empty()).await;
    }

    /// Spreads the requests evenly, so that other servers are not run over (trap T18).
    async fn ask_all_to_leave(&self) {
        let links = self.all();
        let spread = Duration::from_millis(self.settings.drain_spread_ms);
        let steps = usize::try_from(spread.as_millis() / DRAIN_STEP.as_millis()).unwrap_or(1);
        let at_once = links.len().div_ceil(steps.max(1)).max(1);
        for some in links.chunks(at_once) {
            for link in some {
                let number = link.next_number();
                let start = request_start(&format!("r{number}"));
                let json = format!(r#"{start},"module":"internal"}}"#);
                link.post_now(Message::of_json("ConnectResetRequest", json.as_bytes()));
            }
            tokio::time::sleep(DRAIN_STEP).await;
        }
    }

    async fn empty(&self) {
        loop {
            let left = self.left.notified();
            if self.links.read().is_empty() {
                return;
            }
            left.await;
        }
    }
}
