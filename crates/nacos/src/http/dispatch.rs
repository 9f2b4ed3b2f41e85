//! The way of one request: which row, whole request, ready, counted, admitted,
//! performed.

use std::{net::IpAddr, sync::Arc};

use axum::{
    RequestPartsExt,
    body::Body,
    extract::RawPathParams,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, Request, StatusCode, header, request::Parts};
use seawall_net::{Peer, Trace};
use tokio_util::task::AbortOnDropHandle;

use super::{
    body::{self, BodyMax},
    call::Call,
    code::Code,
    fault::Fault,
    generation::Generation,
    guard,
    params::Params,
    reply::Reply,
    route::{Route, Warm},
    state::Http,
    target,
};
use crate::{Point, control::Verdict};

/// Answers one request to a path that `rows` share.
pub(crate) async fn dispatch(
    http: Arc<Http>,
    rows: Arc<[Route]>,
    request: Request<Body>,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::HEAD {
        parts.method = Method::GET;
    }
    let began = http.clock.now();
    let answered = answer(Arc::clone(&http), &rows, &mut parts, body).await;
    let reply = answered.unwrap_or_else(|fault| {
        let (method, path) = (&parts.method, parts.uri.path());
        tracing::debug!(%method, path, status = %fault.status, reason = fault.message, "http.refused");
        let generation = rows.first().map_or(Generation::V1, |row| row.generation);
        fault.reply(generation, path)
    });
    let uri = rows.first().map_or("", |row| row.path);
    let took = http.clock.now() - began;
    http.metrics.http.request(label(&parts.method), uri, reply.status().as_u16(), took);
    reply.into_response()
}

/// The method as the label of a metric: never one that a caller made up.
fn label(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "DELETE", "PATCH"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("OTHER")
}

async fn answer(
    http: Arc<Http>,
    rows: &Arc<[Route]>,
    parts: &mut Parts,
    body: Body,
) -> Result<Reply, Fault> {
    let method = parts.method.clone();
    let candidates = || rows.iter().filter(|row| row.methods.contains(&method));
    let max = candidates().map(|row| row.body).max().ok_or_else(|| wrong_method(&method))?;
    let peer = parts.extensions.get::<Arc<Peer>>().ok_or_else(no_peer)?;
    let source = http.settings.http.source(peer.ip(), &parts.headers);
    let (local, connection) = (peer.local, peer.connection);
    let mut params = Params::default();
    if rows.iter().any(Route::has_parameters_in_path) {
        add_path_params(parts, &mut params).await?;
    }
    params.add_encoded(parts.uri.query().unwrap_or_default().as_bytes())?;
    let content = read_body(parts, body, max, &mut params).await?;
    let route = candidates()
        .find(|row| row.when.is_none_or(|(name, value)| params.get(name) == Some(value)))
        .ok_or_else(|| wrong_method(&method))?;
    count(&http, route).await?;
    let admitted = guard::admit(&http, route, &parts.headers, &params, source).await?;
    warm(&http, route.warm, &params)?;
    let headers = std::mem::take(&mut parts.headers);
    let generation = route.generation;
    let call = Call { generation, params, headers, content, source, connection, local, admitted };
    let began = http.clock.now();
    let reply = perform(&http, route, call).await?;
    let seconds = (http.clock.now() - began).as_secs_f64();
    match route.point {
        Some(Point::ConfigQuery) => http.metrics.config_read(seconds),
        Some(Point::ConfigPublish | Point::ConfigRemove) => http.metrics.config_written(seconds),
        _ => {}
    }
    Ok(reply)
}

/// Performs the operation, here if it is one of those that clients ask for all the time,
/// else on the threads that all work shares: a listing of everything or an archive would
/// make this thread's other connections wait.
async fn perform(http: &Arc<Http>, route: &Route, call: Call) -> Result<Reply, Fault> {
    if route.is_quick() {
        return (route.handler)(Arc::clone(http), call).await;
    }
    let (handler, operated) = (Arc::clone(&route.handler), Arc::clone(http));
    let work = Trace::carried(async move { handler(operated, call).await });
    let performed = AbortOnDropHandle::new(http.shared.spawn(work)).await;
    performed.unwrap_or_else(|_| Err(Fault::unavailable("the server is being stopped")))
}

/// Parameters in the path count as the first ones.
async fn add_path_params(parts: &mut Parts, params: &mut Params) -> Result<(), Fault> {
    let captured: RawPathParams =
        parts.extract().await.map_err(|_| Fault::invalid("the path is not UTF-8"))?;
    for (name, value) in &captured {
        params.add(name.to_owned(), value.to_owned())?;
    }
    Ok(())
}

async fn read_body(
    parts: &Parts,
    body: Body,
    max: BodyMax,
    params: &mut Params,
) -> Result<body::Content, Fault> {
    let declared = parts.headers.get(header::CONTENT_LENGTH);
    let length = declared.and_then(|v| v.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if length.is_some_and(|length| length > max.bytes()) {
        return Err(body::too_large(max));
    }
    body::read(parts, body, max, params).await
}

/// Counts the request at its control point. A refusal is held back, as in Nacos:
/// clients that try again at once would make it worse (trap T18).
async fn count(http: &Http, route: &Route) -> Result<(), Fault> {
    let Some(point) = route.point else { return Ok(()) };
    let verdict = http.control.pass(point, http.clock.now());
    http.metrics.over_limit(point, verdict);
    if verdict != Verdict::Refused {
        return Ok(());
    }
    tokio::time::sleep(http.settings.grpc.over_limit_delay()).await;
    let message = format!("request over limit, point {point}");
    Err(Fault::new(StatusCode::SERVICE_UNAVAILABLE, Code::Server, message))
}

/// Before everything is loaded, "absent" would be a lie (trap T5).
fn warm(http: &Http, needed: Warm, params: &Params) -> Result<(), Fault> {
    let ready = match needed {
        Warm::Nothing => true,
        Warm::Config => http.configs.ready(),
        Warm::Naming => http.registry.ready(),
        Warm::Instances => {
            http.registry.ready() && !http.registry.is_warming(&target::service_of(params)?)
        }
    };
    if ready { Ok(()) } else { Err(Fault::starting()) }
}

fn wrong_method(method: &Method) -> Fault {
    Fault::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Code::ParameterInvalid,
        format!("Request method '{method}' not supported"),
    )
}

fn no_peer() -> Fault {
    let message = "the request does not say which connection it came on";
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Server, message)
}

/// Answers paths that no row has.
pub(super) async fn not_found(request: Request<Body>) -> Response {
    let path = request.uri().path();
    let generation = if path.starts_with("/nacos/v3/") {
        Generation::V3
    } else if path.starts_with("/nacos/v2/") {
        Generation::V2
    } else {
        Generation::V1
    };
    Fault::not_found(format!("No endpoint {} {path}.", request.method()))
        .reply(generation, path)
        .into_response()
}

/// The address in a header a trusted proxy wrote: the last entry of
/// `X-Forwarded-For`, which is the one the proxy itself added.
pub(super) fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let last = text("x-forwarded-for").and_then(|list| list.rsplit(',').next());
    last.or_else(|| text("x-real-ip"))?.trim().parse().ok()
}
