//! Many endpoints.

use std::{
    collections::HashMap,
    future::Ready,
    sync::Mutex,
    task::{Context, Poll},
};

use super::*;
use crate::balance::{Member, Tier, Zone};

/// What each endpoint answers, and how often it was asked.
#[derive(Debug, Clone, Default)]
struct World {
    status: Arc<Mutex<HashMap<&'static str, u16>>>,
    asked: Arc<Mutex<HashMap<&'static str, u32>>>,
    made: Arc<AtomicU32>,
}

#[derive(Debug, Clone)]
struct Peer {
    name: &'static str,
    world: World,
}

impl Service<Sent> for Peer {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = futures::future::Either<
        Ready<Result<Self::Response, Infallible>>,
        std::future::Pending<Result<Self::Response, Infallible>>,
    >;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Sent) -> Self::Future {
        *self.world.asked.lock().unwrap().entry(self.name).or_default() += 1;
        match self.world.status.lock().unwrap().get(self.name).copied().unwrap_or(200) {
            0 => futures::future::Either::Right(std::future::pending()),
            status => futures::future::Either::Left(std::future::ready(Ok(response(status, &[])))),
        }
    }
}

type Client = BalancedClient<&'static str, Peer, Box<dyn Fn(&&'static str) -> Peer + Send + Sync>>;

impl World {
    fn client(&self, names: &[&'static str], settings: ClientSettings) -> Client {
        let world = self.clone();
        let make = Box::new(move |name: &&'static str| {
            world.made.fetch_add(1, Ordering::Relaxed);
            Peer { name, world: world.clone() }
        });
        let builder = ClientLayer::http("stock").settings(settings).clock(clock()).seed(7);
        let client: Client = builder.balanced(make as _).unwrap();
        client.set_endpoints(names.iter().map(|name| Member::new(*name))).unwrap();
        client
    }

    fn answers(&self, name: &'static str, status: u16) {
        self.status.lock().unwrap().insert(name, status);
    }

    fn asked(&self, name: &str) -> u32 {
        self.asked.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

async fn send(client: &Client, request: Request<Full<Bytes>>) -> Answer {
    client.clone().oneshot(request).await
}

fn pending(client: &Client) -> u32 {
    client.status().iter().map(|status| status.pending).sum()
}

#[tokio::test(start_paused = true)]
async fn a_retry_asks_another_endpoint_than_the_one_that_failed() {
    let world = World::default();
    let client = world.client(&["a", "b"], of_guard(GuardSettings::default()));
    world.answers("a", 500);
    for _ in 0..20 {
        let answer = send(&client, get()).await.unwrap();
        assert_eq!(answer.status(), 200, "one failure, one other endpoint");
        tokio::time::sleep(ms(20)).await;
    }
    assert_eq!(world.asked("b"), 20);
    assert!(world.asked("a") > 0);
    assert_eq!(pending(&client), 0);
}

/// An endpoint that fails in no time wins every comparison of latencies in
/// `tower::balance` (linkerd/linkerd2-proxy#4537).
#[tokio::test(start_paused = true)]
async fn tower_balance_fast_failures_attract_nobody() {
    let world = World::default();
    let client = world.client(&["a", "b", "c", "d", "e"], of_guard(GuardSettings::default()));
    world.answers("c", 500);
    let mut failed = 0;
    for _ in 0..2_000 {
        failed += u32::from(send(&client, post()).await.unwrap().status() == 500);
        tokio::time::sleep(ms(5)).await;
    }
    assert!(failed < 60, "{failed} of 2000");
    assert_eq!(failed, world.asked("c"), "a post is not sent again");
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_replaced_while_requests_are_under_way() {
    let world = World::default();
    let client = world.client(&["a"], of_guard(GuardSettings::default()));
    world.answers("a", 0);
    let mut running = std::pin::pin!(send(&client, get()));
    assert!(futures::poll!(&mut running).is_pending());
    let change = client.set_endpoints([Member::new("b").zone(Zone(1)).tier(Tier(0))]).unwrap();
    assert_eq!((change.added, change.removed), (1, 1));
    assert_eq!(send(&client, get()).await.unwrap().status(), 200);
    // The first attempt ends where it is, the second goes to who is there.
    assert_eq!(running.await.unwrap().status(), 200);
    assert_eq!((world.asked("a"), world.asked("b")), (1, 2));

    let both = [Member::new("b"), Member::new("c"), Member::new("c")];
    let change = client.set_endpoints(both).unwrap();
    assert_eq!((change.added, change.kept), (1, 1));
    assert_eq!(world.made.load(Ordering::Relaxed), 3, "who stays keeps its service");
    client.set_endpoints([]).unwrap();
    let none = send(&client, get()).await.unwrap_err();
    assert_eq!(none.refused().map(|refused| refused.reason), Some(Rejected::NoEndpoint));
}

#[tokio::test(start_paused = true)]
async fn the_breaker_of_one_endpoint_sends_requests_to_the_others_at_once() {
    let world = World::default();
    let client = world.client(&["a", "b"], of_guard(of_three_failures()));
    let status = client.status();
    let a = status.iter().find(|status| *status.endpoint().key() == "a").unwrap();
    let guard = a.endpoint().guard();
    assert_eq!(guard.resource(), "stock/a");
    for _ in 0..3 {
        guard.enter_owned(&crate::Ctx::default()).unwrap().finish(Outcome::Failure);
    }
    let (started, before) =
        (tokio::time::Instant::now(), client.budget().balance(crate::Instant::START));
    for _ in 0..50 {
        assert_eq!(send(&client, post()).await.unwrap().status(), 200);
    }
    assert_eq!((world.asked("a"), world.asked("b")), (0, 50));
    assert_eq!(started.elapsed(), ms(0), "nothing was waited for");
    let after = client.budget().balance(crate::Instant::START);
    assert!(after >= before, "and nothing was paid: {before}, {after}");
    assert!(guard.counts().rejected(Rejected::BreakerOpen) > 5);
    let failing = client.status().iter().map(|status| status.failing).fold(0.0, f64::max);
    assert_eq!(failing, 0.0, "a refusal of this side is no endpoint's failure");
}

/// A body that can be sent once is not spent on an attempt that is refused here.
#[tokio::test(start_paused = true)]
async fn a_long_body_finds_its_way_past_an_open_breaker() {
    let world = World::default();
    let settings = ClientSettings { replay_bytes_max: 0, ..of_guard(of_three_failures()) };
    let client = world.client(&["a", "b"], settings);
    for status in client.status().iter().filter(|status| *status.endpoint().key() == "a") {
        for _ in 0..3 {
            let entry = status.endpoint().guard().enter_owned(&crate::Ctx::default());
            entry.unwrap().finish(Outcome::Failure);
        }
    }
    for _ in 0..50 {
        assert_eq!(send(&client, post()).await.unwrap().status(), 200);
    }
    assert_eq!((world.asked("a"), world.asked("b")), (0, 50));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_the_endpoints_and_a_caller_that_goes_away_is_not() {
    let world = World::default();
    let client = world.client(&["a"], of_guard(GuardSettings::client()));
    world.answers("a", 0);
    let gone = tokio::time::timeout(ms(100), send(&client, post())).await;
    assert!(gone.is_err());
    let failing = |client: &Client| client.status()[0].failing;
    assert_eq!((pending(&client), failing(&client)), (0, 0.0));
    let late = send(&client, post()).await;
    assert!(matches!(late, Err(ClientError::Elapsed(_))), "{late:?}");
    assert_eq!(pending(&client), 0);
    assert!(failing(&client) > 0.0);
}

#[tokio::test(start_paused = true)]
async fn health_checks_are_taken_over() {
    let world = World::default();
    let client = world.client(&["a", "b"], ClientSettings::default());
    assert!(client.checked(&"a", false));
    assert!(!client.checked(&"z", false), "nobody knows it");
    for _ in 0..20 {
        assert_eq!(send(&client, post()).await.unwrap().status(), 200);
    }
    assert_eq!(world.asked("b"), 20);
}
