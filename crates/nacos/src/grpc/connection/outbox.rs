//! The bounded queue of messages to one client.

use std::time::Duration;

use parking_lot::Mutex;
use seawall_clock::Instant;
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::grpc::reply::Message;

/// The reading end: the stream's body.
pub(crate) type Outgoing = mpsc::Receiver<Message>;

/// The writing end. Never blocks.
#[derive(Debug)]
pub(crate) struct Outbox(Mutex<State>);

#[derive(Debug)]
struct State {
    /// `None` once closed.
    queue: Option<mpsc::Sender<Message>>,
    /// Since when nothing has fitted.
    blocked: Option<Instant>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posted {
    Queued,
    /// There is no room; `since` is how long there has been none.
    Full {
        since: Duration,
    },
    /// Nobody reads any more.
    Closed,
}

impl Outbox {
    /// A queue of at most `messages_max` messages, and its reading end.
    pub(crate) fn new(messages_max: usize) -> (Self, Outgoing) {
        let (queue, outgoing) = mpsc::channel(messages_max.max(1));
        (Self(Mutex::new(State { queue: Some(queue), blocked: None })), outgoing)
    }

    /// Puts a message into the queue if there is room.
    pub(crate) fn post(&self, now: Instant, message: Message) -> Posted {
        let mut state = self.0.lock();
        let Some(queue) = &state.queue else { return Posted::Closed };
        match queue.try_send(message) {
            Ok(()) => {
                state.blocked = None;
                Posted::Queued
            }
            Err(TrySendError::Full(_)) => {
                let since = *state.blocked.get_or_insert(now);
                Posted::Full { since: now - since }
            }
            Err(TrySendError::Closed(_)) => Posted::Closed,
        }
    }

    /// Ends the stream once what is queued is sent.
    pub(crate) fn close(&self) {
        self.0.lock().queue = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_says_for_how_long_and_a_closed_one_ends() {
        let (outbox, mut outgoing) = Outbox::new(1);
        let at = |seconds| Instant::from_start(Duration::from_secs(seconds));
        let message = || Message::done("A");
        assert_eq!(outbox.post(at(0), message()), Posted::Queued);
        assert_eq!(outbox.post(at(1), message()), Posted::Full { since: Duration::ZERO });
        assert_eq!(outbox.post(at(9), message()), Posted::Full { since: Duration::from_secs(8) });
        assert!(outgoing.recv().await.is_some());
        assert_eq!(outbox.post(at(9), message()), Posted::Queued);
        outbox.close();
        assert_eq!(outbox.post(at(9), message()), Posted::Closed);
        assert!(outgoing.recv().await.is_some(), "what was queued still goes out");
        assert!(outgoing.recv().await.is_none());
    }
}
