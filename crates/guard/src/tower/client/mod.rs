//! Clients that make nothing worse: a layer for one destination ([`ClientLayer`]) and a
//! client of many endpoints ([`BalancedClient`]).
//!
//! ```
//! use std::{convert::Infallible, sync::Arc};
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use seawall_guard::{Clock, MonotonicClock};
//! use seawall_guard::tower::client::{CallCtx, ClientLayer, ClientSettings, ReplayBody};
//! use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A process has one clock.
//! let clock: Arc<dyn Clock> = Arc::new(MonotonicClock::new());
//! let stock = ClientLayer::http("stock")
//!     .settings(ClientSettings::default())
//!     .clock(clock.clone())
//!     .seed(std::process::id().into())
//!     .build()?;
//!
//! // In earnest a client of hyper, reqwest or tonic: it is told how long is waited for it.
//! let client = service_fn(|request: Request<ReplayBody<Full<Bytes>>>| async move {
//!     assert_eq!(request.headers()["x-seawall-attempt"], "1");
//!     assert!(request.headers().contains_key("x-seawall-timeout-ms"));
//!     Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("3 left")))
//! });
//! let mut client = stock.layer(client);
//!
//! let mut request = Request::get("http://stock/shoes").body(Full::default())?;
//! let deadline = clock.now() + std::time::Duration::from_millis(300);
//! request.extensions_mut().insert(CallCtx::default().deadline(deadline));
//! let answer = client.ready().await?.call(request).await?;
//! assert_eq!(answer.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # What a request goes through
//!
//! 1. Its deadline, from its [`CallCtx`], its headers and the settings, whichever is first.
//! 2. Retries by a [`RetryPolicy`](crate::retry::RetryPolicy) or, where they are turned on
//!    and it may be repeated, a hedge by a [`Hedge`](crate::retry::Hedge); both are paid
//!    from one budget. A server that asks to wait is waited for.
//! 3. Each attempt: the choice of an endpoint, a [`Guard`](crate::Guard) with breaker and
//!    limit, the headers that tell the next hop how long it has, and a time after which
//!    the service's future is dropped, and with it the connection or stream.
//!
//! What is refused on this side is never counted against a server, and neither is what a
//! guard of the peer refused (`x-seawall-rejected`): that is an overload, which takes from
//! the retry budget and opens no breaker.
//!
//! # What may be sent again
//!
//! A request of an idempotent method, and any other whose [`CallCtx`] says so; where the
//! server certainly did not act on it (it refused the connection, its guard turned the
//! request away), every one. The body is kept while it is sent, up to a bound: see
//! [`ReplayBody`]. So the service below is asked for requests of that body:
//!
//! - `hyper_util::client::legacy::Client<C, ReplayBody<B>>` is one as it is.
//! - `tonic::transport::Channel` takes its own bodies, so below the layer stands a
//!   `map_request(|request| request.map(tonic::body::Body::new))`; clients that tonic
//!   generates then take the whole.
//! - `reqwest::Client` has requests of its own too:
//!   `service_fn(|request| async { client.execute(request.map(Body::wrap).try_into()?).await.map(Into::into) })`.
//!
//! # Readiness
//!
//! As everywhere in [`tower`](super), admission is in `call`. The service that was found to
//! be ready makes the first attempt and its clone stays behind; each further attempt makes
//! a clone ready first. Put no limits or queues of `tower` below this layer: time spent
//! waiting in them looks like a server that does not answer.

mod attempt;
mod balanced;
mod body;
mod builder;
mod call_ctx;
mod error;
mod layer;
mod replay;
mod request;
mod route;
mod settings;
mod shared;
#[cfg(test)]
mod tests;

pub use balanced::{BalancedClient, Endpoint};
pub use body::ClientBody;
pub use builder::ClientBuilder;
pub use call_ctx::CallCtx;
pub use error::{BoxError, ClientError, DiagnoseError};
pub use layer::{Client, ClientLayer};
pub use replay::ReplayBody;
pub use request::ClientFuture;
pub use settings::ClientSettings;
