//! The unary call: one message in, one message out.

use std::{future::poll_fn, pin::Pin, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use prost::Message as _;
use seawall_net::{HeldBytes, Peer};

use super::{
    dispatch::dispatch,
    frame::Deframer,
    payload::Payload,
    status::{Code, Status},
};
use crate::Nacos;

/// Where calls go; paths have no package (see `proto/nacos.proto`).
pub(crate) const PATH: &str = "/Request/request";

/// Answers one call. Whatever it holds, the connection goes on.
pub(crate) async fn serve(nacos: Arc<Nacos>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(peer) = parts.extensions.get::<Arc<Peer>>() else {
        return Status::new(Code::Internal, "the transport is not known").into_response();
    };
    let held = peer.bodies.hold();
    let read = match read_message(body, held, nacos.settings.grpc.message_bytes_max).await {
        Ok(bytes) => Payload::decode(bytes)
            .map_err(|error| Status::new(Code::Internal, format!("invalid payload: {error}"))),
        Err(status) => Err(status),
    };
    match read {
        Ok(payload) => dispatch(&nacos, peer, payload).await.into_response(),
        Err(status) => {
            tracing::debug!(connection = %peer.connection, error = %status.message, "call refused");
            status.into_response()
        }
    }
}

/// The next piece of a body; `None` at its end.
pub(super) async fn next_data(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => return Some(Ok(data)),
            // Trailers of a request mean nothing to us.
            Ok(Err(_)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// The one message of a body, read to the body's end.
async fn read_message(
    mut body: Body,
    mut held: HeldBytes,
    message_bytes_max: usize,
) -> Result<Bytes, Status> {
    let mut deframer = Deframer::new(message_bytes_max);
    let message = loop {
        if let Some(message) = deframer.next()? {
            break message;
        }
        held.set(deframer.waiting_bytes())?;
        match next_data(&mut body).await {
            Some(Ok(data)) => deframer.push(data),
            Some(Err(error)) => return Err(Status::new(Code::Unavailable, error.to_string())),
            None => return Err(Status::new(Code::Internal, "the message is cut short")),
        }
    };
    if deframer.is_inside() {
        return Err(Status::new(Code::Internal, "more than one message in a unary call"));
    }
    // The client may say in a frame of its own that this was all. Leaving it unread
    // would reset the stream and could overtake the answer.
    while !body.is_end_stream() {
        match next_data(&mut body).await {
            Some(Ok(data)) if data.is_empty() => {}
            None => break,
            Some(Ok(_)) => {
                return Err(Status::new(Code::Internal, "more than one message in a unary call"));
            }
            Some(Err(error)) => return Err(Status::new(Code::Unavailable, error.to_string())),
        }
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use seawall_net::BodyBudget;

    use super::*;

    #[tokio::test]
    async fn a_message_that_does_not_end_holds_what_it_has_and_no_more_than_there_is() {
        let budget = BodyBudget::new(50);
        let half = |bytes: usize| {
            let start = [&[0, 0, 0, 1, 0][..], &vec![7; bytes]].concat();
            let begun = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(start))]);
            Body::from_stream(begun)
        };
        let refused = read_message(half(60), budget.hold(), 1_000).await.unwrap_err();
        assert_eq!(refused.code, Code::ResourceExhausted);
        let cut_short = read_message(half(10), budget.hold(), 1_000).await.unwrap_err();
        assert_eq!(cut_short.code, Code::Internal);
        assert_eq!(budget.held(), 0);
    }
}
