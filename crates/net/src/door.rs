//! A port that is open.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    ConnectionGate, ConnectionPermit, DoorSettings, Drain, NetMetrics, Peer, Reactors, Refused,
    Serve, TlsError,
    connection::{Shared, serve},
    metrics::{RefusedLabel, RefusedReason},
    refusal::refuse,
    tls::Certificates,
};

/// Connections the system holds for us until they are taken.
const BACKLOG: i32 = 4_096;

/// Refusals being answered at once; more are closed without a word.
const REFUSALS_AT_ONCE: usize = 64;

/// Pause after the system could not give us a connection (no descriptors, no memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a door could not be opened. Nothing was touched.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody listens there already.
    #[error("{address} is in use; stop the process that listens there or choose another port")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system does not let us listen there.
    #[error("not allowed to listen on {address}; ports below 1024 need a privilege")]
    Denied {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system refused for another reason.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// The address asked for.
        address: SocketAddr,
        /// The system's own words.
        source: io::Error,
    },
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A listening port that is not served yet.
pub struct Door {
    listener: std::net::TcpListener,
    address: SocketAddr,
    settings: DoorSettings,
    certificates: Option<Arc<Certificates>>,
    gate: ConnectionGate,
    metrics: NetMetrics,
    reactors: Option<Arc<Reactors>>,
}

impl Door {
    /// Begins to listen; connections wait until [`Door::serve`]. Port 0 lets the
    /// system choose.
    pub fn bind(address: SocketAddr, settings: DoorSettings) -> Result<Self, BindError> {
        let certificates = Certificates::load(&settings.tls)?.map(Arc::new);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse { address },
            io::ErrorKind::PermissionDenied => BindError::Denied { address },
            _ => BindError::Io { address, source },
        };
        let listener = listen(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            settings,
            certificates,
            gate: ConnectionGate::default(),
            metrics: NetMetrics::default(),
            reactors: None,
        })
    }

    /// Counts this door's connections together with those of the gate's other doors.
    #[must_use]
    pub fn behind(mut self, gate: ConnectionGate) -> Self {
        self.gate = gate;
        self
    }

    /// Counts into `metrics`.
    #[must_use]
    pub fn counting(mut self, metrics: NetMetrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Serves connections on these threads instead of the runtime that waits for them.
    #[must_use]
    pub fn on(mut self, reactors: Arc<Reactors>) -> Self {
        self.reactors = Some(reactors);
        self
    }

    /// The address listened on, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The certificates in use, for reading them anew by hand; `None` without TLS.
    pub fn certificates(&self) -> Option<Arc<Certificates>> {
        self.certificates.clone()
    }

    /// Serves with `service` until `drain` begins; then takes no more connections, lets
    /// open requests finish, and returns when all connections are closed or the
    /// drain timeout is over. A long stream must end itself when the drain begins.
    ///
    /// Dropping the future closes the port; connections already taken go on.
    pub async fn serve(self, service: impl Serve, drain: Drain) {
        let Self { listener, address, settings, certificates, gate, metrics, reactors } = self;
        let listener = match TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%address, %error, "the port cannot be watched");
                return;
            }
        };
        let drain_timeout = settings.drain_timeout();
        let cut = CancellationToken::new();
        let shared = Arc::new(Shared {
            bodies: gate.bodies().clone(),
            settings,
            certificates,
            service,
            drain,
            cut: cut.clone(),
            metrics,
        });
        let tasks = TaskTracker::new();
        let reloading = spawn_reloading(&shared);
        let serving = Serving { tasks: &tasks, reactors: reactors.as_deref() };
        accept_until_drained(&listener, &shared, &gate, serving).await;
        drop(listener);
        tasks.close();
        if tokio::time::timeout(drain_timeout, tasks.wait()).await.is_err() {
            tracing::warn!(%address, open = tasks.len(), "connections cut at the end of the drain");
            cut.cancel();
            tasks.wait().await;
        }
        if let Some(reloading) = reloading {
            reloading.abort();
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for old connections in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn spawn_reloading<S>(shared: &Arc<Shared<S>>) -> Option<tokio::task::JoinHandle<()>> {
    let certificates = shared.certificates.clone()?;
    let metrics = shared.metrics.clone();
    Some(tokio::spawn(async move { certificates.follow(&metrics).await }))
}

async fn accept_until_drained<S: Serve>(
    listener: &TcpListener,
    shared: &Arc<Shared<S>>,
    gate: &ConnectionGate,
    serving: Serving<'_>,
) {
    let refusals = Arc::new(Semaphore::new(REFUSALS_AT_ONCE));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.drain.begun() => return,
        };
        match accepted {
            Ok((stream, remote)) => match gate.admit(remote.ip()) {
                Ok(permit) => serving.start(stream, remote, shared, permit),
                Err(refused) => turn_away(stream, refused, shared, &refusals, serving.tasks),
            },
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken now");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Where connections are served, and the count of those that are.
#[derive(Clone, Copy)]
struct Serving<'a> {
    tasks: &'a TaskTracker,
    reactors: Option<&'a Reactors>,
}

impl Serving<'_> {
    fn start<S: Serve>(
        self,
        stream: TcpStream,
        remote: SocketAddr,
        shared: &Arc<Shared<S>>,
        permit: ConnectionPermit,
    ) {
        // A socket belongs to one event loop; only without it does it move to another.
        let Ok(stream) = stream.into_std() else { return };
        let shared = Arc::clone(shared);
        let taken = async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                take(stream, remote, shared, permit).await;
            }
        };
        match self.reactors.and_then(Reactors::next) {
            Some(reactor) => self.tasks.spawn_on(taken, reactor),
            None => self.tasks.spawn(taken),
        };
    }
}

/// Whether an accept failed because the client was already gone.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn turn_away<S>(
    stream: TcpStream,
    refused: Refused,
    shared: &Shared<S>,
    refusals: &Arc<Semaphore>,
    tasks: &TaskTracker,
) {
    let reason = match refused {
        Refused::Total { .. } => RefusedReason::Total,
        Refused::PerIp { .. } => RefusedReason::PerIp,
    };
    shared.metrics.refused.get_or_create(&RefusedLabel { reason }).inc();
    if let Ok(place) = Arc::clone(refusals).try_acquire_owned() {
        tasks.spawn(async move {
            refuse(stream, refused).await;
            drop(place);
        });
    }
}

async fn take<S: Serve>(
    stream: TcpStream,
    remote: SocketAddr,
    shared: Arc<Shared<S>>,
    permit: ConnectionPermit,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Without it small answers wait for the peer's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let peer = Peer { bodies: shared.bodies.clone(), ..Peer::new(remote, local) };
    let connection = peer.connection;
    // Cancelled when this future is dropped too, so that nobody waits for a dead peer.
    let _closed = peer.closed.clone().drop_guard();
    let _open = OpenConnection::count(&shared.metrics);
    if let Err(broken) = serve(stream, peer, &shared).await {
        shared.metrics.count_broken(broken.stage);
        tracing::debug!(%connection, %remote, stage = ?broken.stage, error = %broken.error, "connection broken");
    }
    drop(permit);
}

struct OpenConnection(NetMetrics);

impl OpenConnection {
    fn count(metrics: &NetMetrics) -> Self {
        metrics.accepted.inc();
        metrics.open.inc();
        Self(metrics.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.dec();
    }
}
