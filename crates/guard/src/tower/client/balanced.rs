//! A client of many endpoints.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use parking_lot::Mutex;
use tower_service::Service;

use super::{
    ClientBuilder, ClientError,
    body::ClientBody,
    error::BoxError,
    replay::ReplayBody,
    request::ClientFuture,
    route::{Chosen, Route},
    shared::Shared,
};
use crate::{
    admit::Rejection,
    balance::{Balancer, Change, EndpointStatus, Member, Tried},
    retry::{Repeat, RetryBudget},
    settings::InvalidSetting,
    stack::Guard,
    time::{Clock as _, Instant},
};

/// A client of one service with many endpoints: as behind a
/// [`ClientLayer`](super::ClientLayer), and each attempt goes to the endpoint that its
/// [`Balancer`] chooses, a further one to another. Each endpoint has a guard of its own.
/// Clones share everything.
///
/// ```
/// use std::convert::Infallible;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt as _, Full};
/// use seawall_guard::{balance::Member, tower::client::{ClientLayer, ReplayBody}};
/// use tower::{ServiceExt as _, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// type Body = ReplayBody<Full<bytes::Bytes>>;
/// let client = ClientLayer::http("stock").balanced(|address: &&'static str| {
///     // In earnest a client of hyper or reqwest that asks this address.
///     let address = *address;
///     service_fn(move |_: Request<Body>| async move {
///         Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from(address)))
///     })
/// })?;
/// // Whenever discovery says so; endpoints that stay keep what is known of them.
/// client.set_endpoints([Member::new("10.1.0.1:80"), Member::new("10.1.0.2:80")])?;
///
/// let request = Request::get("http://stock/").body(Full::default())?;
/// let answer = client.oneshot(request).await?;
/// assert!(answer.into_body().collect().await?.to_bytes().starts_with(b"10.1.0."));
/// # Ok(())
/// # }
/// ```
pub struct BalancedClient<K, S, M> {
    shared: Arc<Shared>,
    endpoints: Arc<Endpoints<K, S, M>>,
}

struct Endpoints<K, S, M> {
    balancer: Balancer<Endpoint<K, S>>,
    builder: ClientBuilder,
    make: M,
    known: Mutex<HashMap<K, Endpoint<K, S>>>,
}

/// One endpoint of a [`BalancedClient`]. It is whatever its key is.
#[derive(Debug, Clone)]
pub struct Endpoint<K, S> {
    key: K,
    service: S,
    guard: Arc<Guard>,
}

impl<K, S> Endpoint<K, S> {
    /// Its address, or whatever it is told from others by.
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// The guard that attempts to ask it pass. The name of its resource is that of the
    /// destination, a slash and the key.
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }
}

impl<K: PartialEq, S> PartialEq for Endpoint<K, S> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<K: Eq, S> Eq for Endpoint<K, S> {}

impl<K: Hash, S> Hash for Endpoint<K, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl<K, S, M> Clone for BalancedClient<K, S, M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), endpoints: Arc::clone(&self.endpoints) }
    }
}

impl<K, S, M> fmt::Debug for BalancedClient<K, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BalancedClient")
            .field("client", &self.endpoints.builder)
            .finish_non_exhaustive()
    }
}

impl<K, S, M> BalancedClient<K, S, M> {
    pub(super) fn new(
        shared: Arc<Shared>,
        builder: ClientBuilder,
        make: M,
    ) -> Result<Self, InvalidSetting> {
        builder.guard(&builder.destination).build()?;
        let now = builder.clock.now();
        let balancer = Balancer::new(builder.settings.balance.clone(), builder.seed, now)?;
        let known = Mutex::default();
        Ok(Self { shared, endpoints: Arc::new(Endpoints { balancer, builder, make, known }) })
    }

    /// The budget that retries and hedges are paid from, to share it and for metrics.
    pub fn budget(&self) -> &Arc<RetryBudget> {
        self.shared.retry.budget()
    }

    /// How each endpoint stands, for people and metrics.
    pub fn status(&self) -> Vec<EndpointStatus<Endpoint<K, S>>> {
        let Endpoints { balancer, builder, .. } = &*self.endpoints;
        balancer.status(builder.clock.now())
    }
}

impl<K, S, M> BalancedClient<K, S, M>
where
    K: Eq + Hash + Clone + fmt::Display,
    S: Clone,
    M: Fn(&K) -> S,
{
    /// Replaces the set of endpoints, while requests go on. Those that stay keep their
    /// services, their guards and what is known of them; requests to those that go end
    /// where they are.
    ///
    /// # Errors
    ///
    /// None in practice: the settings of the guards were looked at before.
    pub fn set_endpoints(
        &self,
        members: impl IntoIterator<Item = Member<K>>,
    ) -> Result<Change, InvalidSetting> {
        let Endpoints { balancer, builder, make, known } = &*self.endpoints;
        // Held all the while, so that of two sets the later one counts in both.
        let mut known = known.lock();
        let mut next: HashMap<K, Endpoint<K, S>> = HashMap::new();
        let mut chosen = Vec::new();
        for Member { endpoint: key, zone, tier, weight } in members {
            let endpoint = match next.get(&key).or_else(|| known.get(&key)) {
                Some(endpoint) => endpoint.clone(),
                None => {
                    let guard = builder.guard(&format!("{}/{key}", builder.destination)).build()?;
                    Endpoint { service: make(&key), key: key.clone(), guard: Arc::new(guard) }
                }
            };
            next.insert(key, endpoint.clone());
            chosen.push(Member { endpoint, zone, tier, weight });
        }
        *known = next;
        Ok(balancer.replace(builder.clock.now(), chosen))
    }

    /// Takes over what an active health check found: see [`Balancer::checked`].
    pub fn checked(&self, key: &K, passed: bool) -> bool {
        let Endpoints { balancer, builder, known, .. } = &*self.endpoints;
        let endpoint = known.lock().get(key).cloned();
        endpoint.is_some_and(|known| balancer.checked(builder.clock.now(), &known, passed))
    }
}

/// The way of one request among the endpoints.
struct Among<K, S, M> {
    endpoints: Arc<Endpoints<K, S, M>>,
    tried: Vec<Tried>,
}

impl<K, S, M> Route for Among<K, S, M>
where
    K: Send + Sync + 'static,
    S: Clone + Send + Sync + 'static,
{
    type Service = S;

    fn choose(&mut self, now: Instant, repeat: Repeat) -> Result<Chosen<S>, Rejection> {
        let balancer = &self.endpoints.balancer;
        // An endpoint that is unwell is not tried with what cannot be tried again.
        let pick = if self.tried.is_empty() && repeat == Repeat::Safe {
            balancer.pick(now)?
        } else {
            balancer.pick_again(now, &self.tried)?
        };
        self.tried.push(pick.tried());
        let Endpoint { service, guard, .. } = pick.endpoint();
        let (service, guard) = (service.clone(), Arc::clone(guard));
        let settle = Box::new(move |now, outcome| pick.finish(now, outcome));
        Ok(Chosen { service, guard, settle: Some(settle) })
    }
}

impl<K, S, M, B, R> Service<Request<B>> for BalancedClient<K, S, M>
where
    K: Send + Sync + 'static,
    S: Service<Request<ReplayBody<B>>, Response = Response<R>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + Send,
    M: Send + Sync + 'static,
    B: Body + Send + 'static,
    R: Body + Send + 'static,
{
    type Response = Response<ClientBody<R>>;
    type Error = ClientError;
    type Future = ClientFuture<R>;

    /// Always ready: an endpoint is chosen for a request, and waited for within its time.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ClientFuture<R> {
        let route = Among { endpoints: Arc::clone(&self.endpoints), tried: Vec::new() };
        ClientFuture::new(Arc::clone(&self.shared), route, request)
    }
}
