//! The pushes of one event on their way to the wire.

use super::Sink;
use crate::{EncodedPush, Push};

/// Bytes of encoded messages that wait before those so far are sent.
const WAITING_BYTES_MAX: usize = 4 << 20;

/// Encodes every push before it sends the first.
///
/// Whoever gets a push answers at once. With thousands of subscribers those answers
/// would compete for the processor with the encoding of what the others wait for.
#[derive(Default)]
pub(super) struct Pushes {
    encoded: Vec<(Sink, Push, EncodedPush)>,
    bytes: usize,
}

impl Pushes {
    /// Encodes a push. What waits is sent when there is too much of it.
    pub(super) fn add(&mut self, to: Sink, push: Push) {
        let Some(message) = to.encode(&push) else { return };
        self.bytes += message.head.len();
        self.encoded.push((to, push, message));
        if self.bytes > WAITING_BYTES_MAX {
            self.send();
        }
    }

    /// Sends all that waits, in the order it was added.
    pub(super) fn send(&mut self) {
        for (to, push, message) in self.encoded.drain(..) {
            to.send(&push, message);
        }
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;
    use crate::{FuzzySync, PushBody, PushId, PushSink, ServicePattern};

    /// Notes when it encodes and when it sends; its messages have `bytes`.
    struct Noted {
        notes: Mutex<Vec<String>>,
        bytes: usize,
    }

    impl PushSink for Noted {
        fn encode(&self, push: &Push) -> Option<EncodedPush> {
            self.notes.lock().push(format!("encode {}", push.id.get()));
            Some(EncodedPush { head: vec![0; self.bytes].into(), ..EncodedPush::default() })
        }

        fn send(&self, push: &Push, _: EncodedPush) {
            self.notes.lock().push(format!("send {}", push.id.get()));
        }

        fn stalled(&self) {}
    }

    fn noted(bytes: usize) -> Vec<String> {
        let sink = Arc::new(Noted { notes: Mutex::default(), bytes });
        let pattern = ServicePattern {
            namespace: seawall_topology::Namespace::public(),
            group: crate::NamePattern::Any,
            name: crate::NamePattern::Any,
        };
        let body = PushBody::FuzzySync(FuzzySync {
            pattern,
            changes: Vec::new(),
            batch: 1,
            batches: 1,
            initial: false,
        });
        let mut pushes = Pushes::default();
        for id in 1..=2 {
            let push = Push { id: PushId::new(id), body: body.clone() };
            pushes.add(sink.clone(), push);
        }
        pushes.send();
        pushes.send();
        let notes = sink.notes.lock();
        notes.clone()
    }

    #[test]
    fn all_are_encoded_before_the_first_is_sent() {
        assert_eq!(noted(10), ["encode 1", "encode 2", "send 1", "send 2"]);
    }

    #[test]
    fn too_many_bytes_do_not_wait() {
        assert_eq!(noted(WAITING_BYTES_MAX + 1), ["encode 1", "send 1", "encode 2", "send 2"]);
    }
}
