//! Tower's contract: nothing is called that was not found to be ready, and nothing that
//! was reserved stays so.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use super::*;
use crate::Ctx;

/// Takes a place when it is found to be ready, gives it back when it is called or dropped,
/// and panics when it is called without one. Its clones have none, as those of
/// `tower::limit::ConcurrencyLimit`.
#[derive(Debug)]
struct Strict {
    reserved: Arc<AtomicU32>,
    holds: bool,
    status: u16,
}

impl Strict {
    fn new(status: u16) -> (Self, Arc<AtomicU32>) {
        let reserved = Arc::new(AtomicU32::new(0));
        (Self { reserved: reserved.clone(), holds: false, status }, reserved)
    }

    fn give_back(&mut self) {
        if std::mem::take(&mut self.holds) {
            self.reserved.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { reserved: self.reserved.clone(), holds: false, status: self.status }
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Service<Sent> for Strict {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if !std::mem::replace(&mut self.holds, true) {
            self.reserved.fetch_add(1, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Sent) -> Self::Future {
        assert!(self.holds, "called without being ready");
        self.give_back();
        ready(Ok(response(self.status, &[])))
    }
}

/// tower#548, tower-resilience#362, #286, #307: the clone that is called is not the one
/// that was ready, or only the first attempt is.
#[tokio::test(start_paused = true)]
async fn tower_548_each_attempt_is_made_by_a_service_that_is_ready() {
    let (strict, reserved) = Strict::new(500);
    let layer = http(ClientSettings::default());
    let mut client = layer.layer(strict);
    for _ in 0..3 {
        let answer = client.ready().await.unwrap().call(get()).await;
        assert_eq!(answer.unwrap().status(), 500);
    }
    assert_eq!(layer.guard().counts().outcome(Outcome::Failure), 9, "three attempts each");
    assert_eq!(reserved.load(Ordering::Relaxed), 0);
}

/// tower#793, and a kin of vectordotdev/vector#26457: what was reserved by being ready is
/// kept when the request is refused after that.
#[tokio::test(start_paused = true)]
async fn tower_793_a_refused_request_leaves_nothing_reserved() {
    let limit = Some(LimitSettings::fixed(1));
    let layer = http(of_guard(GuardSettings { limit, ..GuardSettings::default() }));
    let (strict, reserved) = Strict::new(200);
    let mut client = layer.layer(strict);
    let held = layer.guard().enter_owned(&Ctx::default()).unwrap();
    for _ in 0..100 {
        let refused = client.ready().await.unwrap().call(get()).await.unwrap_err();
        assert_eq!(
            refused.refused().map(|refused| refused.reason),
            Some(Rejected::ConcurrencyLimited)
        );
        assert_eq!(reserved.load(Ordering::Relaxed), 0);
    }
    drop(client.ready().await.unwrap().call(get()));
    assert_eq!(reserved.load(Ordering::Relaxed), 0, "nor one that was never polled");
    drop(held);
    assert_eq!(client.ready().await.unwrap().call(get()).await.unwrap().status(), 200);
}

/// tower#793: a limit that is looked at while polling for readiness sheds on any pending,
/// and over-admits across clones. Here readiness of our own says nothing.
#[tokio::test(start_paused = true)]
async fn tower_793_clones_that_are_all_ready_keep_to_one_limit() {
    let limit = Some(LimitSettings::fixed(2));
    let layer = http(of_guard(GuardSettings { limit, ..GuardSettings::default() }));
    let service =
        service_fn(|_: Sent| std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>());
    let mut clients = vec![layer.layer(service); 10];
    for client in &mut clients {
        client.ready().await.unwrap();
    }
    let mut calls: Vec<_> = clients.iter_mut().map(|client| Box::pin(client.call(get()))).collect();
    let mut refused = 0;
    for call in &mut calls {
        refused += u32::from(futures::poll!(call).is_ready());
    }
    assert_eq!((refused, layer.guard().limit().unwrap().in_flight()), (8, 2));
}

/// apollographql/router#9034: tower's load shedding under a buffer refuses a request when
/// the task has used up Tokio's cooperative budget, however much room there is.
#[tokio::test(start_paused = true)]
async fn router_9034_a_task_without_budget_is_not_refused() {
    let layer = http(ClientSettings::default());
    let (strict, _) = Strict::new(200);
    let mut client = layer.layer(strict);
    while tokio::task::coop::has_budget_remaining() {
        let spend = tokio::task::consume_budget();
        let _ = futures::poll!(std::pin::pin!(spend));
    }
    let call = client.ready().await.unwrap().call(get());
    let answer = futures::poll!(std::pin::pin!(call));
    assert!(matches!(answer, Poll::Ready(Ok(_))), "{answer:?}");
}
