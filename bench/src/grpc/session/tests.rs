//! The server's side of a connection, written frame by frame.

use proptest::prelude::*;

use super::super::frame::{PADDED, put};
use super::super::incoming::tests::read_in_pieces;
use super::super::payload;
use super::*;

const PUSHES: u32 = 1;
const CALL: u32 = 3;

/// A connection with its push stream open and a call under way, the bytes that a
/// server sent on it, and what came of them.
struct World {
    session: Session,
    server: Vec<u8>,
    pushed: Vec<(String, String)>,
}

impl World {
    fn new() -> Self {
        let mut session = Session::new().unwrap();
        session.open_push_stream("/stream", b"setup").unwrap();
        session.call("/call", b"question").unwrap();
        session.outgoing().clear();
        let mut world = Self { session, server: Vec::new(), pushed: Vec::new() };
        world.sends(Kind::Settings, 0, 0, b"");
        world
    }

    fn sends(&mut self, kind: Kind, flags: u8, stream: u32, payload: &[u8]) {
        put(&mut self.server, kind, flags, stream, payload).unwrap();
    }

    fn sends_data(&mut self, stream: u32, data: &[u8]) {
        for piece in data.chunks(frame::PAYLOAD_BYTES_MAX) {
            self.sends(Kind::Data, 0, stream, piece);
        }
    }

    fn takes(&mut self, pieces: &[usize]) -> anyhow::Result<()> {
        let bytes = std::mem::take(&mut self.server);
        let Self { session, pushed, .. } = self;
        read_in_pieces(&bytes, pieces, |frame| {
            session.handle(frame, &mut |push| {
                let json = std::str::from_utf8(push.json).unwrap();
                pushed.push((push.kind.to_owned(), json.to_owned()));
            })
        })
    }

    fn takes_all(&mut self) -> anyhow::Result<()> {
        self.takes(&[usize::MAX])
    }

    fn fails_with(&mut self, what: &str) {
        let error = self.takes_all().unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }

    /// Frames that we want to send.
    fn sent(&mut self) -> Vec<(Kind, u8, u32, Vec<u8>)> {
        let bytes = std::mem::take(self.session.outgoing());
        let mut sent = Vec::new();
        read_in_pieces(&bytes, &[usize::MAX], |frame| {
            sent.push((frame.kind, frame.flags, frame.stream, frame.payload.to_vec()));
            Ok(())
        })
        .unwrap();
        sent
    }
}

fn push(id: usize, bytes: usize) -> (String, Vec<u8>) {
    let json = format!(r#"{{"requestId":"{id}","hosts":"{}"}}"#, "h".repeat(bytes));
    let message = payload::message("NotifySubscriberRequest", json.clone()).unwrap();
    (json, message.to_vec())
}

fn answer_to(id: usize) -> Vec<u8> {
    let json = format!(r#"{{"requestId":"{id}","resultCode":200,"errorCode":0,"success":true}}"#);
    payload::message("NotifySubscriberResponse", json).unwrap().to_vec()
}

#[test]
fn a_connection_begins_with_preface_settings_and_a_wide_window() {
    let mut session = Session::new().unwrap();
    let bytes = std::mem::take(session.outgoing());
    let frames = bytes.strip_prefix(PREFACE).unwrap();
    let mut kinds = Vec::new();
    read_in_pieces(frames, &[7], |frame| {
        kinds.push(frame.kind);
        Ok(())
    })
    .unwrap();
    assert_eq!(kinds, [Kind::Settings, Kind::WindowUpdate]);
}

#[test]
fn an_answer_is_there_once_its_stream_has_ended() {
    let mut world = World::new();
    world.sends(Kind::Headers, END_HEADERS, CALL, b"headers");
    world.sends_data(CALL, b"\0\0\0\0\x06answer");
    world.takes_all().unwrap();
    assert!(world.session.take_answer().is_none());
    world.sends(Kind::Headers, END_HEADERS | END_STREAM, CALL, b"trailers");
    world.takes_all().unwrap();
    assert_eq!(world.session.take_answer().unwrap().unwrap(), b"answer");
    world.session.call("/call", b"the next question").unwrap();
}

#[test]
fn only_trailers_are_an_error_of_the_call_alone() {
    let mut world = World::new();
    world.sends(Kind::Headers, END_HEADERS | END_STREAM, CALL, b"trailers");
    world.takes_all().unwrap();
    assert!(world.session.take_answer().unwrap().is_err());
}

#[test]
fn a_reset_is_an_error_of_the_call_alone() {
    let mut world = World::new();
    world.sends(Kind::Reset, 0, CALL, &[0, 0, 0, 7]);
    world.takes_all().unwrap();
    let error = world.session.take_answer().unwrap().unwrap_err();
    assert!(error.to_string().contains("code 7"), "{error}");
}

#[test]
fn a_header_block_may_go_on_in_more_frames() {
    let mut world = World::new();
    world.sends(Kind::Headers, END_STREAM, CALL, b"trail");
    world.sends(Kind::Continuation, 0, CALL, b"er");
    world.takes_all().unwrap();
    assert!(world.session.take_answer().is_none());
    world.sends(Kind::Continuation, END_HEADERS, CALL, b"s");
    world.takes_all().unwrap();
    assert!(world.session.take_answer().is_some());
}

#[test]
fn nothing_else_may_stand_inside_a_header_block() {
    let mut world = World::new();
    world.sends(Kind::Headers, 0, CALL, b"head");
    world.sends(Kind::Ping, 0, 0, &[0; 8]);
    world.fails_with("Ping inside a header block");
    let mut world = World::new();
    world.sends(Kind::Continuation, END_HEADERS, CALL, b"");
    world.fails_with("CONTINUATION of nothing");
}

#[test]
fn headers_without_end_are_refused() {
    let mut world = World::new();
    world.sends(Kind::Headers, 0, CALL, b"");
    for _ in 0..5 {
        world.sends(Kind::Continuation, 0, CALL, &[0; frame::PAYLOAD_BYTES_MAX]);
    }
    world.fails_with("headers of");
}

#[test]
fn what_ends_the_push_stream_ends_the_connection() {
    let mut world = World::new();
    world.sends(Kind::Headers, END_HEADERS | END_STREAM, PUSHES, b"trailers");
    world.fails_with("ended the stream of pushes");
    let mut world = World::new();
    world.sends(Kind::Reset, 0, PUSHES, &[0, 0, 0, 8]);
    world.fails_with("reset the stream of pushes with code 8");
    let mut world = World::new();
    world.sends(Kind::GoAway, 0, 0, b"\0\0\0\0\0\0\0\x0Btoo many");
    world.fails_with("code 11, too many");
}

#[test]
fn settings_and_pings_are_acknowledged() {
    let mut world = World::new();
    world.sends(Kind::Ping, 0, 0, b"12345678");
    world.sends(Kind::Ping, ACK, 0, b"87654321");
    world.sends(Kind::Settings, ACK, 0, b"");
    world.takes_all().unwrap();
    let expected =
        [(Kind::Settings, ACK, 0, Vec::new()), (Kind::Ping, ACK, 0, b"12345678".to_vec())];
    assert_eq!(world.sent(), expected);
}

#[test]
fn a_server_must_begin_with_settings() {
    let mut world = World::new();
    world.server.clear();
    world.sends(Kind::Ping, 0, 0, &[0; 8]);
    world.fails_with("began with Ping");
}

#[test]
fn what_was_consumed_is_told_once_a_mebibyte() {
    let mut world = World::new();
    let (_, message) = push(1, 1024 * 1024);
    world.sends_data(PUSHES, &message);
    world.takes_all().unwrap();
    let told: Vec<u32> = world
        .sent()
        .iter()
        .filter(|(kind, ..)| *kind == Kind::WindowUpdate)
        .map(|(_, _, stream, _)| *stream)
        .collect();
    assert_eq!(told, [0, PUSHES]);
}

#[test]
fn a_server_that_takes_no_acknowledgements_is_named() {
    let mut world = World::new();
    let mut setting = INITIAL_WINDOW_SIZE.to_be_bytes().to_vec();
    setting.extend_from_slice(&20_u32.to_be_bytes());
    world.sends(Kind::Settings, 0, 0, &setting);
    world.sends_data(PUSHES, &push(1, 10).1);
    world.fails_with("bytes more of the push stream");
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_pushes_and_acknowledgements(
        sizes in prop::collection::vec(0..40_000_usize, 1..6),
        cut in 1..20_000_usize,
        padding in any::<u8>(),
        pieces in prop::collection::vec(1..20_000_usize, 1..8),
    ) {
        let mut world = World::new();
        world.sends(Kind::Headers, END_HEADERS, PUSHES, b"headers");
        let mut expected = Vec::new();
        for (id, size) in sizes.iter().enumerate() {
            let (json, message) = push(id, *size);
            expected.push(("NotifySubscriberRequest".to_owned(), json));
            // A padded frame, and frames of other streams between those of a push.
            let (first, rest) = message.split_at(cut.min(message.len()).min(16_000));
            let mut padded = vec![padding];
            padded.extend_from_slice(first);
            padded.resize(padded.len() + usize::from(padding), 0);
            world.sends(Kind::Data, PADDED, PUSHES, &padded);
            world.sends(Kind::WindowUpdate, 0, 0, &[0, 0, 0, 1]);
            world.sends(Kind::Other(99), 0xFF, 77, b"an extension");
            world.sends_data(PUSHES, rest);
        }
        world.takes(&pieces).unwrap();
        prop_assert_eq!(&world.pushed, &expected);
        let answers: Vec<_> =
            world.sent().into_iter().filter(|(kind, ..)| *kind == Kind::Data).collect();
        let expected: Vec<_> =
            (0..sizes.len()).map(|id| (Kind::Data, 0, PUSHES, answer_to(id))).collect();
        prop_assert_eq!(answers, expected);
    }

    #[test]
    fn whatever_comes_is_taken_or_refused(
        frames in prop::collection::vec(
            (0..11_u8, any::<u8>(), 0..5_u32, prop::collection::vec(any::<u8>(), 0..40)), 0..20),
    ) {
        let mut world = World::new();
        for (kind, flags, stream, payload) in &frames {
            let mut frame = Vec::new();
            put(&mut frame, Kind::Other(*kind), *flags, *stream, payload).unwrap();
            world.server.extend_from_slice(&frame);
        }
        let _ = world.takes_all();
    }
}
