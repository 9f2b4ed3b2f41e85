//! From a payload to its handler and back.

use std::sync::Arc;

use seawall_net::Peer;

use super::{
    call::Call,
    connection::Link,
    failure::Failure,
    handlers,
    kind::Kind,
    payload::{Metadata, Payload},
    reply::Message,
};
use crate::{Nacos, control::Verdict, wire::ErrorCode};

const ERROR_RESPONSE: &str = "ErrorResponse";

/// Answers one request. The checks come in Nacos's order: the node is ready, the type
/// is known, the connection is registered, the limit is kept.
///
/// What has to do with the connection is answered by an `ErrorResponse`, upon which
/// clients repeat or reconnect. What has to do with the request itself is answered in
/// the request's own response type, so that a wrong parameter never makes a client
/// leave a healthy server (trap T18).
pub(crate) async fn dispatch(nacos: &Nacos, peer: &Arc<Peer>, payload: Payload) -> Message {
    let started = nacos.clock.now();
    let (Metadata { r#type: name, headers, .. }, json) = payload.into_parts();
    let kind = Kind::of_request(&name);
    let answered = match check(nacos, peer, kind) {
        Ok((kind, None)) => handlers::server_check::handle(nacos, peer, kind),
        Ok((kind, Some(link))) => {
            link.touch(started);
            let call = Call { nacos, link: &link, headers: &headers, json: &json };
            trace_if_watched(&call, kind);
            match limited(nacos, kind).await {
                Ok(()) => handlers::handle(kind, &call).await,
                Err(refused) => Err(refused),
            }
            .map_err(|failure| (kind.response(), failure))
        }
        Err(failure) => Err((ERROR_RESPONSE, failure)),
    };
    let code = answered.as_ref().map_or_else(|(_, failure)| failure.code.0, |_| 0);
    nacos.metrics.request(kind, code, nacos.clock.now() - started);
    answered.unwrap_or_else(|(response, failure)| {
        tracing::debug!(
            connection = %peer.connection, request = %name, code, error = %failure.message,
            "request refused"
        );
        refusal(response, &failure)
    })
}

/// The kind and, but for a server check, the registered connection.
fn check(
    nacos: &Nacos,
    peer: &Peer,
    kind: Option<Kind>,
) -> Result<(Kind, Option<Arc<Link>>), Failure> {
    if !nacos.ready() {
        let words = "Server is starting,please try later.";
        return Err(Failure::new(ErrorCode::STARTING, words));
    }
    match kind {
        None => Err(Failure::new(ErrorCode::NO_HANDLER, "RequestHandler Not Found")),
        Some(Kind::ServerCheck) => Ok((Kind::ServerCheck, None)),
        // A health check too: a client that is told it is well on a connection nobody
        // knows would never come back (trap T19).
        Some(kind) => match nacos.connections.get(peer.connection) {
            Some(link) => Ok((kind, Some(link))),
            None => Err(Failure::new(ErrorCode::UNREGISTERED, "Connection is unregistered.")),
        },
    }
}

/// Counts the request against its limit. A refusal is held back for a while, because
/// clients repeat at once (trap T18).
async fn limited(nacos: &Nacos, kind: Kind) -> Result<(), Failure> {
    let Some(point) = kind.point() else { return Ok(()) };
    let verdict = nacos.control.pass(point, nacos.clock.now());
    if verdict == Verdict::Within {
        return Ok(());
    }
    nacos.metrics.over_limit(point, verdict);
    if verdict == Verdict::Monitored {
        return Ok(());
    }
    tokio::time::sleep(nacos.settings.grpc.over_limit_delay()).await;
    Err(Failure::new(ErrorCode::OVER_LIMIT, format!("Tps Flow restricted:{point}")))
}

/// Logs requests of addresses that an operator watches.
fn trace_if_watched(call: &Call<'_>, kind: Kind) {
    let rule = call.nacos.control.connection_rule();
    if !rule.monitor_ips.is_empty() && rule.monitor_ips.contains(&call.link.card.ip) {
        tracing::info!(
            connection = %call.link.id, ip = %call.link.card.ip, request = kind.request(),
            bytes = call.json.len(), "request of a watched address"
        );
    }
}

/// A failure in the form of `response`. Clients in some languages insist on certain
/// fields even then (trap T5).
fn refusal(response: &str, failure: &Failure) -> Message {
    let more = match response {
        "ConfigQueryResponse" => r#","lastModified":0,"beta":false"#,
        "ServiceListResponse" => r#","count":0,"serviceNames":[]"#,
        _ => "",
    };
    Message::failure(response, failure.code, &failure.message, more)
}
