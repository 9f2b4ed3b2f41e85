//! The stream: the client sets up its connection and confirms what it is pushed.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::Frame as HttpFrame;
use prost::Message as _;
use seawall_net::{HeldBytes, Peer, Trace};
use serde::Deserialize;

use super::{
    connection::{AnswerTo, ClientCard, ConnectionSetup, Ending, Link, Outbox, Outgoing},
    frame::Deframer,
    payload::{Metadata, Payload},
    status::{Code, Status, response},
    unary::next_data,
};
use crate::{Nacos, wire::Text};

const SETUP: &str = "ConnectionSetupRequest";

/// Time for what is queued to go out before the transport of an ended connection is cut.
const CUT_AFTER: Duration = Duration::from_secs(1);

/// Where streams are opened.
pub(crate) const PATH: &str = "/BiRequestStream/requestBiStream";

/// Opens the stream. It stays until the client, the transport or the server ends it.
pub(crate) async fn serve(nacos: Arc<Nacos>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(peer) = parts.extensions.get::<Arc<Peer>>().map(Arc::clone) else {
        return Status::new(Code::Internal, "the transport is not known").into_response();
    };
    let (outbox, outgoing) = Outbox::new(nacos.settings.grpc.queue_messages_max);
    let deframer = Deframer::new(nacos.settings.grpc.message_bytes_max);
    let held = peer.bodies.hold();
    let reader = Reader { nacos, peer, body, deframer, held, outbox: Some(outbox), link: None };
    tokio::spawn(Trace::carried(reader.run()));
    response(Body::new(Pushes { outgoing, rest: None, ended: false }))
}

/// Reads what the client sends.
struct Reader {
    nacos: Arc<Nacos>,
    peer: Arc<Peer>,
    body: Body,
    deframer: Deframer,
    /// What waits in the deframer, as counted for the node.
    held: HeldBytes,
    /// Given to the link once there is one.
    outbox: Option<Outbox>,
    link: Option<Arc<Link>>,
}

/// Whether the stream goes on.
enum Next {
    Read,
    End,
}

impl Reader {
    async fn run(mut self) {
        while let Next::Read = self.read().await {}
        let Some(link) = self.link.take() else { return };
        self.nacos.connections.remove(&link);
        let ending = link.ending();
        tracing::debug!(connection = %link.id, remote = %self.peer.remote, ?ending, "client gone");
        if ending.is_some_and(|why| why != Ending::Replaced) {
            tokio::time::sleep(CUT_AFTER).await;
            self.peer.cut.cancel();
        }
    }

    async fn read(&mut self) -> Next {
        match self.deframer.next() {
            Ok(Some(message)) => return self.take(message),
            Ok(None) => {
                if let Err(error) = self.held.set(self.deframer.waiting_bytes()) {
                    tracing::debug!(connection = %self.peer.connection, %error, "stream refused");
                    return Next::End;
                }
            }
            Err(status) => {
                tracing::debug!(connection = %self.peer.connection, error = %status.message, "stream refused");
                return Next::End;
            }
        }
        let ended = async {
            match &self.link {
                Some(link) => link.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            data = next_data(&mut self.body) => match data {
                Some(Ok(data)) => {
                    self.deframer.push(data);
                    Next::Read
                }
                Some(Err(_)) | None => Next::End,
            },
            () = self.peer.closed.cancelled() => Next::End,
            () = ended => Next::End,
        }
    }

    /// A message that cannot be read is left aside, as in Nacos; the stream goes on.
    fn take(&mut self, message: Bytes) -> Next {
        let payload = match Payload::decode(message) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::debug!(connection = %self.peer.connection, %error, "message cannot be read");
                return Next::Read;
            }
        };
        let (metadata, json) = payload.into_parts();
        if let Some(link) = &self.link {
            link.touch(self.nacos.clock.now());
        }
        match metadata.r#type.as_str() {
            SETUP => self.set_up(&metadata, &json),
            name if name.ends_with("Response") => {
                self.answered(&json);
                Next::Read
            }
            name => {
                tracing::debug!(connection = %self.peer.connection, request = name, "unknown on the stream");
                Next::Read
            }
        }
    }

    /// Registers the connection before anything else is read: clients send requests
    /// right after this, and they must find it.
    fn set_up(&mut self, metadata: &Metadata, json: &[u8]) -> Next {
        let setup = match serde_json::from_slice::<ConnectionSetup<'_>>(json) {
            Ok(setup) => setup,
            Err(error) => {
                tracing::debug!(connection = %self.peer.connection, %error, "set-up cannot be read");
                return Next::Read;
            }
        };
        // A second set-up on one stream changes nothing.
        let Some(outbox) = self.outbox.take() else { return Next::Read };
        if !self.nacos.ready() {
            return Next::End;
        }
        let card = ClientCard::new(setup, &metadata.client_ip, &self.peer);
        let rule = self.nacos.control.connection_rule();
        match self.nacos.connections.register(&self.peer, card, outbox, &rule) {
            Ok(link) => {
                tracing::debug!(connection = %link.id, remote = %self.peer.remote, agent = %link.card.version, module = %link.card.module, "client connected");
                self.link = Some(link);
                Next::Read
            }
            Err(reason) => {
                tracing::debug!(connection = %self.peer.connection, ?reason, "client not taken");
                Next::End
            }
        }
    }

    fn answered(&self, json: &Bytes) {
        let Some(link) = &self.link else { return };
        let Ok(answer) = serde_json::from_slice::<Answer<'_>>(json) else {
            tracing::debug!(connection = %link.id, "answer cannot be read");
            return;
        };
        let request_id = answer.request_id.as_deref().unwrap_or_default();
        match AnswerTo::of(request_id) {
            AnswerTo::Registry(push) if answer.is_success() => {
                self.nacos.registry.acknowledge(&link.client, push);
            }
            AnswerTo::Registry(push) => self.nacos.registry.reject(&link.client, push),
            AnswerTo::News(number) => link.answered(number, answer.is_success()),
            AnswerTo::Question(number) => link.replied(number, json.clone()),
            AnswerTo::Nothing => {}
        }
    }
}

/// A client's answer to a push.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow, default)]
    request_id: Option<Text<'a>>,
    #[serde(default)]
    result_code: Option<i64>,
}

impl Answer<'_> {
    /// By the result code alone: the Go client leaves `success` false in answers that
    /// mean success.
    fn is_success(&self) -> bool {
        self.result_code.is_none_or(|code| code == 200)
    }
}

/// The stream's other half: what the client is pushed, until the queue is closed.
struct Pushes {
    outgoing: Outgoing,
    /// The second part of the message whose first part went out.
    rest: Option<Bytes>,
    ended: bool,
}

impl HttpBody for Pushes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, Infallible>>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Some(Ok(HttpFrame::data(rest))));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(match ready!(self.outgoing.poll_recv(cx)) {
            Some(message) => {
                let (head, tail) = message.into_parts();
                self.rest = (!tail.is_empty()).then_some(tail);
                HttpFrame::data(head)
            }
            None => {
                self.ended = true;
                // Never as if all went well: Python's client goes elsewhere only when the
                // stream fails.
                let gone =
                    Status::new(Code::Unavailable, "the connection was ended; connect again");
                HttpFrame::trailers(gone.trailers())
            }
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.rest.is_none()
    }
}
