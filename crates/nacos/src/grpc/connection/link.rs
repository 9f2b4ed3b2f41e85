//! One registered connection.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use seawall_clock::{Clock, Instant};
use seawall_config::ListenerId;
use seawall_net::{ConnectionId, Peer};
use seawall_registry::{ClientId, PushId};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{
    ClientCard, News, Outbox,
    core::{Core, Effect, Event},
    outbox::Posted,
};
use crate::{
    GrpcSettings,
    grpc::reply::{Message, request_start},
};

/// Questions to one client that wait for their answer; more are refused.
const ASKED_MAX: usize = 64;

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client was silent and did not answer when asked.
    Silent,
    /// The client does not confirm what it is sent.
    Unresponsive,
    /// The client does not read what it is sent.
    Blocked,
    /// The client set up its connection anew on the same transport.
    Replaced,
    /// The node is being stopped.
    Drained,
}

/// What the client's answers are to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerTo {
    /// A push of the registry.
    Registry(PushId),
    /// News of a configuration.
    News(u64),
    /// A question of [`Link::ask`].
    Question(u64),
    /// Anything else, of which the sign of life is all that counts.
    Nothing,
}

impl AnswerTo {
    /// Reads a request id; its first letter says whose number follows.
    pub(crate) fn of(request_id: &str) -> Self {
        let number = |text: &str| text.parse::<u64>().ok();
        let read = match request_id.split_at_checked(1) {
            Some(("p", rest)) => number(rest).map(|n| Self::Registry(PushId::new(n))),
            Some(("c", rest)) => number(rest).map(Self::News),
            Some(("q", rest)) => number(rest).map(Self::Question),
            _ => None,
        };
        read.unwrap_or(Self::Nothing)
    }
}

/// A registered connection: what handlers, sinks and the watch over it share.
pub(crate) struct Link {
    /// The id the client was told.
    pub(crate) id: Arc<str>,
    pub(crate) peer: Arc<Peer>,
    pub(crate) card: ClientCard,
    /// Who the registry knows it as.
    pub(crate) client: ClientId,
    /// Who the configuration service knows it as.
    pub(crate) listener: ListenerId,
    outbox: Outbox,
    core: Mutex<Core>,
    clock: Arc<dyn Clock>,
    /// When it was registered.
    pub(crate) since: Instant,
    /// When the client was last heard of, in milliseconds of the clock.
    last_active_ms: AtomicU64,
    queue_blocked: Duration,
    last_number: AtomicU64,
    asked: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    ending: Mutex<Option<Ending>>,
    /// Until when answers to the client may be held back.
    held_until: OnceLock<Instant>,
    /// Cancelled when the server wants the connection to end.
    ended: CancellationToken,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a link is made of.
pub(crate) struct LinkParts {
    pub(crate) id: Arc<str>,
    pub(crate) peer: Arc<Peer>,
    pub(crate) card: ClientCard,
    pub(crate) client: ClientId,
    pub(crate) listener: ListenerId,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Link {
    pub(crate) fn new(parts: LinkParts, settings: &GrpcSettings) -> Self {
        let LinkParts { id, peer, card, client, listener, outbox, clock } = parts;
        let link = Self {
            id,
            peer,
            card,
            client,
            listener,
            outbox,
            core: Mutex::new(Core::new(settings.into())),
            last_active_ms: AtomicU64::new(0),
            since: clock.now(),
            clock,
            queue_blocked: Duration::from_millis(settings.queue_blocked_ms),
            last_number: AtomicU64::new(0),
            asked: Mutex::default(),
            ending: Mutex::new(None),
            held_until: OnceLock::new(),
            ended: CancellationToken::new(),
        };
        link.touch(link.clock.now());
        link
    }

    /// The transport it lives on.
    pub(crate) fn transport(&self) -> ConnectionId {
        self.peer.connection
    }

    /// The client was heard of at `now`.
    pub(crate) fn touch(&self, now: Instant) {
        let millis = u64::try_from(now.since_start().as_millis()).unwrap_or(u64::MAX);
        self.last_active_ms.store(millis, Ordering::Relaxed);
    }

    /// When the client was last heard of.
    pub(crate) fn last_active(&self) -> Instant {
        Instant::from_start(Duration::from_millis(self.last_active_ms.load(Ordering::Relaxed)))
    }

    /// How much longer answers to this client may be held back: `longest` from when one
    /// is for the first time, for all of them together.
    pub(crate) fn patience(&self, longest: Duration) -> Duration {
        let now = self.clock.now();
        *self.held_until.get_or_init(|| now + longest) - now
    }

    #[cfg(test)]
    pub(crate) fn is_held(&self) -> bool {
        self.held_until.get().is_some()
    }

    /// A number that this connection has not used before.
    pub(crate) fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Tells the client, now or when there is room.
    pub(crate) fn tell(&self, news: News) {
        self.handle(Event::News(news));
    }

    /// The client confirmed or refused news.
    pub(crate) fn answered(&self, number: u64, success: bool) {
        self.handle(Event::Answered { number, success });
    }

    /// Time has passed.
    pub(crate) fn tick(&self) {
        self.handle(Event::Tick { last_active: self.last_active() });
    }

    /// News that is not confirmed yet.
    pub(crate) fn pending(&self) -> usize {
        self.core.lock().pending()
    }

    fn handle(&self, event: Event) {
        let now = self.clock.now();
        // Posting under the lock keeps news in the order the core decided on.
        let mut core = self.core.lock();
        let mut effects = core.handle(now, event);
        while !effects.is_empty() {
            let mut undelivered = Vec::new();
            for effect in effects {
                if let Some(number) = self.perform(now, effect) {
                    undelivered.push(number);
                }
            }
            effects = undelivered
                .into_iter()
                .flat_map(|number| core.handle(now, Event::Undelivered { number }))
                .collect();
        }
    }

    /// Gives the number of news that found no room.
    fn perform(&self, now: Instant, effect: Effect) -> Option<u64> {
        match effect {
            Effect::Send { number, news } => match news.encode(&format!("c{number}")) {
                Ok(message) => (!self.post(now, message)).then_some(number),
                Err(error) => {
                    tracing::error!(connection = %self.id, %error, "news cannot be encoded");
                    None
                }
            },
            Effect::Detect => {
                let json = format!(r#"{},"module":"internal"}}"#, request_start("d1"));
                self.post(now, Message::of_json("ClientDetectionRequest", json.as_bytes()));
                None
            }
            Effect::Silent => {
                self.end(Ending::Silent);
                None
            }
            Effect::Unresponsive => {
                self.end(Ending::Unresponsive);
                None
            }
        }
    }

    /// Queues a message; `false` when there is no room. A queue that has been full for
    /// too long ends the connection.
    pub(crate) fn post(&self, now: Instant, message: Message) -> bool {
        match self.outbox.post(now, message) {
            Posted::Queued => true,
            Posted::Full { since } => {
                if since >= self.queue_blocked {
                    self.end(Ending::Blocked);
                }
                false
            }
            // The stream is gone, and the reader of its other half is about to notice.
            Posted::Closed => true,
        }
    }

    /// As [`Link::post`], at the present moment.
    pub(crate) fn post_now(&self, message: Message) -> bool {
        self.post(self.clock.now(), message)
    }

    /// Asks the client; the answer's JSON, or `None` when it does not answer in time.
    pub(crate) async fn ask(
        &self,
        kind: &'static str,
        fields: &str,
        within: Duration,
    ) -> Option<Bytes> {
        let number = self.next_number();
        let (answer, answered) = oneshot::channel();
        {
            let mut asked = self.asked.lock();
            if asked.len() >= ASKED_MAX {
                return None;
            }
            asked.insert(number, answer);
        }
        let json = format!("{}{fields}}}", request_start(&format!("q{number}")));
        let posted = self.post_now(Message::of_json(kind, json.as_bytes()));
        let answer = if posted {
            tokio::time::timeout(within, answered).await.ok().and_then(Result::ok)
        } else {
            None
        };
        self.asked.lock().remove(&number);
        answer
    }

    /// The client answered a question.
    pub(crate) fn replied(&self, number: u64, json: Bytes) {
        if let Some(answer) = self.asked.lock().remove(&number) {
            // Who asked may have stopped waiting.
            let _ = answer.send(json);
        }
    }

    /// Wants the connection to end; the first reason counts.
    pub(crate) fn end(&self, why: Ending) {
        self.ending.lock().get_or_insert(why);
        self.ended.cancel();
    }

    /// Waits until the server wants the connection to end.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Why the server wants it to end.
    pub(crate) fn ending(&self) -> Option<Ending> {
        *self.ending.lock()
    }

    /// Ends the stream once what is queued is sent.
    pub(crate) fn close(&self) {
        self.outbox.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_of_a_request_id_says_whose_it_is() {
        let table = [
            ("p17", AnswerTo::Registry(PushId::new(17))),
            ("c3", AnswerTo::News(3)),
            ("q9", AnswerTo::Question(9)),
            ("d1", AnswerTo::Nothing),
            ("", AnswerTo::Nothing),
            ("p", AnswerTo::Nothing),
            ("p-1", AnswerTo::Nothing),
            ("é1", AnswerTo::Nothing),
        ];
        for (id, expected) in table {
            assert_eq!(AnswerTo::of(id), expected, "{id:?}");
        }
    }
}
