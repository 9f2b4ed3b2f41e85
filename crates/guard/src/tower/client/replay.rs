//! Bodies of requests that may be sent again.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;

/// The body of one attempt. The first one reads the request's own body, which is neither
/// copied nor waited for, and what it reads is kept; later ones get what was kept and then
/// the rest. So a body need not be `Clone`, and one that is a stream of unknown length
/// starts at once, as a call of gRPC in which both sides stream has to.
///
/// A body can be sent again while no more than
/// [`replay_bytes_max`](super::ClientSettings::replay_bytes_max) of it was read, unless
/// somebody still reads the rest of it; an empty one always. One that says before that it
/// is longer is not kept at all.
#[derive(Debug)]
pub struct ReplayBody<B>(Kind<B>);

#[derive(Debug)]
enum Kind<B> {
    Empty,
    Once(B),
    Kept(Reader<B>),
}

/// The body of a request, of which the bodies of its attempts are made.
#[derive(Debug)]
pub(super) enum Original<B> {
    Empty,
    /// Until it is sent.
    Once(Mutex<Option<B>>),
    Kept(Arc<Mutex<Tape<B>>>),
}

/// What was read of a body, and the rest of it.
#[derive(Debug)]
pub(super) struct Tape<B> {
    rest: Option<B>,
    frames: Vec<Bytes>,
    trailers: Option<HeaderMap>,
    bytes: usize,
    bytes_max: usize,
    /// Whether it was too long to be kept, or could not be read.
    lost: bool,
    /// Whether somebody reads the rest. Only one does: its waker is all that `rest` knows.
    read: bool,
}

#[derive(Debug)]
struct Reader<B> {
    tape: Arc<Mutex<Tape<B>>>,
    next: usize,
    ended: bool,
    reads_rest: bool,
}

impl<B: Body> Original<B> {
    pub(super) fn new(body: B, bytes_max: u32) -> Self {
        let bytes_max = bytes_max as usize;
        if body.is_end_stream() {
            return Self::Empty;
        }
        if body.size_hint().lower() > bytes_max as u64 || bytes_max == 0 {
            return Self::Once(Mutex::new(Some(body)));
        }
        Self::Kept(Arc::new(Mutex::new(Tape {
            rest: Some(body),
            frames: Vec::new(),
            trailers: None,
            bytes: 0,
            bytes_max,
            lost: false,
            read: false,
        })))
    }

    /// Whether there is a body for another attempt.
    pub(super) fn can_be_sent(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Once(body) => body.lock().is_some(),
            Self::Kept(tape) => tape.lock().can_be_read(),
        }
    }

    /// The body of another attempt, if there is one.
    pub(super) fn send(&self) -> Option<ReplayBody<B>> {
        let kind = match self {
            Self::Empty => Kind::Empty,
            Self::Once(body) => Kind::Once(body.lock().take()?),
            Self::Kept(kept) => {
                let mut tape = kept.lock();
                if !tape.can_be_read() {
                    return None;
                }
                let reads_rest = tape.rest.is_some();
                tape.read |= reads_rest;
                let tape = Arc::clone(kept);
                Kind::Kept(Reader { tape, next: 0, ended: false, reads_rest })
            }
        };
        Some(ReplayBody(kind))
    }
}

impl<B> Tape<B> {
    const fn can_be_read(&self) -> bool {
        !self.lost && (self.rest.is_none() || !self.read)
    }

    fn keep(&mut self, data: &Bytes) {
        self.bytes = self.bytes.saturating_add(data.len());
        if self.bytes <= self.bytes_max {
            self.frames.push(data.clone());
        } else {
            self.lost = true;
            self.frames = Vec::new();
        }
    }
}

impl<B: Body + Unpin> Tape<B> {
    /// Reads the rest on.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let Some(frame) = ready!(Pin::new(&mut *rest).poll_frame(cx)) else {
            self.rest = None;
            return Poll::Ready(None);
        };
        let frame = match frame {
            Ok(frame) => frame.map_data(|mut data| data.copy_to_bytes(data.remaining())),
            Err(error) => {
                (self.rest, self.lost) = (None, true);
                return Poll::Ready(Some(Err(error)));
            }
        };
        // Known without another look, so that a short body is kept whole at once.
        let ended = rest.is_end_stream();
        if let Some(trailers) = frame.trailers_ref() {
            self.trailers = Some(trailers.clone());
        }
        if ended || frame.is_trailers() {
            self.rest = None;
        }
        if let Some(data) = frame.data_ref()
            && !self.lost
        {
            self.keep(data);
        }
        Poll::Ready(Some(Ok(frame)))
    }
}

impl<B: Body + Unpin> Reader<B> {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut tape = self.tape.lock();
        if let Some(data) = tape.frames.get(self.next).filter(|_| !self.ended) {
            self.next += 1;
            return Poll::Ready(Some(Ok(Frame::data(data.clone()))));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        if tape.rest.is_none() {
            self.ended = true;
            let trailers = tape.trailers.clone();
            return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        }
        let frame = ready!(tape.poll_rest(cx));
        match &frame {
            Some(Ok(frame)) if frame.is_data() => self.next += 1,
            _ => self.ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let tape = self.tape.lock();
        let all = tape.rest.is_none() && self.next >= tape.frames.len();
        self.ended || all && tape.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let tape = self.tape.lock();
        let kept: usize = tape.frames.iter().skip(self.next).map(Bytes::len).sum();
        let rest = match &tape.rest {
            Some(rest) => rest.size_hint(),
            None => SizeHint::with_exact(0),
        };
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(kept as u64));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(kept as u64));
        }
        hint
    }
}

impl<B> Drop for Reader<B> {
    fn drop(&mut self) {
        if self.reads_rest {
            self.tape.lock().read = false;
        }
    }
}

impl<B: Body + Unpin> Body for ReplayBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Once(body) => Pin::new(body).poll_frame(cx).map(|frame| {
                let whole = |mut data: B::Data| data.copy_to_bytes(data.remaining());
                frame.map(|frame| frame.map(|frame| frame.map_data(whole)))
            }),
            Kind::Kept(reader) => reader.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Once(body) => body.is_end_stream(),
            Kind::Kept(reader) => reader.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Once(body) => body.size_hint(),
            Kind::Kept(reader) => reader.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::executor::block_on;
    use http::HeaderValue;
    use http_body_util::{BodyExt as _, StreamBody};
    use proptest::prelude::*;

    use super::*;

    type Frames = std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>;
    type Stream = StreamBody<futures::stream::Iter<Frames>>;

    /// A stream whose length nobody knows before.
    fn stream(parts: &[&'static str], trailers: bool) -> Stream {
        let data = parts.iter().map(|part| Ok(Frame::data(Bytes::from_static(part.as_bytes()))));
        let mut frames: Vec<_> = data.collect();
        if trailers {
            let mut trailers = HeaderMap::new();
            trailers.insert("sum", HeaderValue::from_static("1"));
            frames.push(Ok(Frame::trailers(trailers)));
        }
        StreamBody::new(futures::stream::iter(frames))
    }

    fn read(body: ReplayBody<Stream>) -> (Bytes, bool) {
        let read = block_on(body.collect()).unwrap();
        let trailers = read.trailers().is_some();
        (read.to_bytes(), trailers)
    }

    fn read_one(body: &mut ReplayBody<Stream>) -> Bytes {
        block_on(body.frame()).unwrap().unwrap().into_data().unwrap()
    }

    #[test]
    fn a_stream_is_read_again_with_its_trailers_as_often_as_one_likes() {
        let original = Original::new(stream(&["one ", "two"], true), 100);
        for _ in 0..3 {
            assert_eq!(read(original.send().unwrap()), (Bytes::from("one two"), true));
        }
    }

    #[test]
    fn whoever_comes_after_one_that_stopped_reads_what_it_read_and_the_rest() {
        let original = Original::new(stream(&["one ", "two ", "three"], false), 100);
        let mut first = original.send().unwrap();
        assert_eq!(read_one(&mut first), "one ");
        assert!(!original.can_be_sent(), "somebody reads it");
        assert!(original.send().is_none());
        drop(first);
        assert_eq!(read(original.send().unwrap()), (Bytes::from("one two three"), false));
    }

    #[test]
    fn what_is_longer_than_may_be_kept_is_passed_on_whole_and_once() {
        let original = Original::new(stream(&["one ", "two ", "three"], true), 6);
        assert_eq!(read(original.send().unwrap()), (Bytes::from("one two three"), true));
        assert!(!original.can_be_sent());
        assert!(original.send().is_none());
        let none = Original::new(stream(&["one"], false), 0);
        assert_eq!(read(none.send().unwrap()).0, "one");
        assert!(none.send().is_none(), "nothing is kept");
    }

    proptest! {
        /// Readers that stop anywhere change nothing for the one that reads it all.
        #[test]
        fn every_reader_reads_the_same(
            lengths in proptest::collection::vec(0_usize..5, 0..6),
            stops in proptest::collection::vec(0_usize..7, 0..5),
            trailers: bool,
        ) {
            const TEXT: &str = "abcde";
            let parts: Vec<_> = lengths.iter().map(|length| &TEXT[..*length]).collect();
            let original = Original::new(stream(&parts, trailers), 100);
            for stop in stops {
                let mut body = original.send().unwrap();
                for _ in 0..stop {
                    let _ = block_on(body.frame());
                }
            }
            prop_assert_eq!(read(original.send().unwrap()), (Bytes::from(parts.concat()), trailers));
        }
    }
}
