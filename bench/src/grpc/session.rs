//! One connection as plain code: frames in, pushes and answers and bytes to send out.
//!
//! As much HTTP/2 (RFC 9113) as a client needs that has one stream for pushes and
//! makes one call after the other. The server's headers are skipped, not decoded: that
//! a call failed shows in its stream, which ends without a message.

use anyhow::{Context as _, bail, ensure};

use super::acknowledgement::Acknowledgement;
use super::frame::{self, ACK, END_HEADERS, END_STREAM, Frame, Kind};
use super::messages::{MESSAGE_BYTES_MAX, Messages};
use super::payload::Payload;
use super::request;
use super::window::{Consumed, DEFAULT_BYTES, Room};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Windows of ours: a whole message fits into that of a stream.
const STREAM_WINDOW_BYTES: u32 = 8 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;

/// Numbers of settings (RFC 9113 §6.5.2).
const ENABLE_PUSH: u16 = 2;
const INITIAL_WINDOW_SIZE: u16 = 4;

/// Far above the headers of any answer here.
const HEADER_BLOCK_BYTES_MAX: usize = 64 * 1024;

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Session {
    outgoing: Vec<u8>,
    next_stream: u32,
    greeted: bool,
    /// Of which more CONTINUATION frames must follow.
    header_block: Option<HeaderBlock>,
    push_stream: Option<u32>,
    pushed: Messages,
    call: Option<Call>,
    room: Room,
    consumed: Consumed,
    pushes_consumed: Consumed,
}

#[derive(Debug)]
struct HeaderBlock {
    stream: u32,
    ends_stream: bool,
    bytes: usize,
}

#[derive(Debug)]
struct Call {
    stream: u32,
    messages: Messages,
    answer: Option<Vec<u8>>,
    ended: bool,
    failed: Option<anyhow::Error>,
}

impl Session {
    /// A connection that was just opened.
    ///
    /// # Errors
    ///
    /// None that can happen: frames of ours are short.
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut outgoing = PREFACE.to_vec();
        let mut settings = Vec::new();
        for (number, value) in [(ENABLE_PUSH, 0), (INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES)] {
            settings.extend_from_slice(&number.to_be_bytes());
            settings.extend_from_slice(&value.to_be_bytes());
        }
        frame::put(&mut outgoing, Kind::Settings, 0, 0, &settings)?;
        put_window_update(&mut outgoing, 0, CONNECTION_WINDOW_BYTES - DEFAULT_BYTES)?;
        Ok(Self {
            outgoing,
            next_stream: 1,
            greeted: false,
            header_block: None,
            push_stream: None,
            pushed: Messages::default(),
            call: None,
            room: Room::new(),
            consumed: Consumed::default(),
            pushes_consumed: Consumed::default(),
        })
    }

    /// What is to be sent; the caller removes what it sent.
    pub(super) const fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// Opens the stream for pushes with a first message, which has its prefix.
    ///
    /// # Errors
    ///
    /// When the server has no room for it, or there is such a stream.
    pub(super) fn open_push_stream(&mut self, path: &str, first: &[u8]) -> anyhow::Result<()> {
        ensure!(self.push_stream.is_none(), "a second stream for pushes");
        self.room.take_for_push_stream(first.len())?;
        self.push_stream = Some(self.request(path, 0, first)?);
        Ok(())
    }

    /// Makes a call with a message, which has its prefix.
    ///
    /// # Errors
    ///
    /// When the server has no room for it, or a call waits for its answer.
    pub(super) fn call(&mut self, path: &str, message: &[u8]) -> anyhow::Result<()> {
        ensure!(self.call.is_none(), "a call while another waits for its answer");
        self.room.take_for_call(message.len())?;
        let stream = self.request(path, END_STREAM, message)?;
        self.call = Some(Call {
            stream,
            messages: Messages::default(),
            answer: None,
            ended: false,
            failed: None,
        });
        Ok(())
    }

    /// The answer to the call, a message without its prefix, once it is whole.
    pub(super) fn take_answer(&mut self) -> Option<anyhow::Result<Vec<u8>>> {
        let call = self.call.take_if(|call| call.ended || call.failed.is_some())?;
        Some(match (call.failed, call.answer) {
            (Some(error), _) => Err(error),
            (None, Some(answer)) => Ok(answer),
            (None, None) => Err(anyhow::anyhow!("a gRPC error for an answer (only trailers)")),
        })
    }

    /// Takes in a frame. Hands each push to `pushed` and acknowledges it.
    ///
    /// # Errors
    ///
    /// When the connection cannot go on.
    pub(super) fn handle(
        &mut self,
        frame: Frame<'_>,
        pushed: &mut impl FnMut(&Payload<'_>),
    ) -> anyhow::Result<()> {
        if !self.greeted {
            ensure!(frame.kind == Kind::Settings, "the server began with {:?}", frame.kind);
            self.greeted = true;
        }
        if let Some(block) = &self.header_block {
            let goes_on = frame.kind == Kind::Continuation && frame.stream == block.stream;
            ensure!(goes_on, "{:?} inside a header block", frame.kind);
        }
        match frame.kind {
            Kind::Data => self.data(frame, pushed),
            Kind::Headers => self.headers(frame),
            Kind::Continuation => self.continuation(frame),
            Kind::Reset => self.reset(frame),
            Kind::Settings => self.settings(frame),
            Kind::Ping if frame.has(ACK) => Ok(()),
            Kind::Ping => frame::put(&mut self.outgoing, Kind::Ping, ACK, 0, frame.payload),
            Kind::WindowUpdate => self.window_update(frame),
            Kind::PushPromise => bail!("a push of HTTP/2, which was switched off"),
            Kind::GoAway => bail!("the server closes the connection: {}", last_words(frame)),
            Kind::Other(_) => Ok(()),
        }
    }

    fn request(&mut self, path: &str, flags: u8, message: &[u8]) -> anyhow::Result<u32> {
        let stream = self.next_stream;
        self.next_stream = stream.checked_add(2).context("no streams left")?;
        let block = request::header_block(path)?;
        frame::put(&mut self.outgoing, Kind::Headers, END_HEADERS, stream, &block)?;
        frame::put(&mut self.outgoing, Kind::Data, flags, stream, message)?;
        Ok(stream)
    }

    fn data(
        &mut self,
        frame: Frame<'_>,
        pushed: &mut impl FnMut(&Payload<'_>),
    ) -> anyhow::Result<()> {
        let data = frame.data()?;
        // Padding counts too.
        if let Some(bytes) = self.consumed.more(frame.payload.len()) {
            put_window_update(&mut self.outgoing, 0, bytes)?;
        }
        if self.push_stream == Some(frame.stream) {
            if let Some(bytes) = self.pushes_consumed.more(frame.payload.len()) {
                put_window_update(&mut self.outgoing, frame.stream, bytes)?;
            }
            self.pushes(frame.stream, data, pushed)?;
        } else if let Some(call) = self.call.as_mut().filter(|call| call.stream == frame.stream) {
            call.data(data)?;
        }
        if frame.has(END_STREAM) { self.stream_ended(frame.stream) } else { Ok(()) }
    }

    fn pushes(
        &mut self,
        stream: u32,
        data: &[u8],
        pushed: &mut impl FnMut(&Payload<'_>),
    ) -> anyhow::Result<()> {
        let Self { pushed: messages, outgoing, room, .. } = self;
        messages.push(data, |message| {
            let push = Payload::read(message)?;
            pushed(&push);
            let Some(answer) = Acknowledgement::of(&push)? else { return Ok(()) };
            let length = answer.message_len();
            room.take_for_push_stream(length)?;
            frame::put_header(outgoing, Kind::Data, 0, stream, length)?;
            answer.write(outgoing)
        })
    }

    fn headers(&mut self, frame: Frame<'_>) -> anyhow::Result<()> {
        let block = HeaderBlock {
            stream: frame.stream,
            ends_stream: frame.has(END_STREAM),
            bytes: frame.payload.len(),
        };
        self.header_block_went_on(block, frame)
    }

    fn continuation(&mut self, frame: Frame<'_>) -> anyhow::Result<()> {
        let mut block = self.header_block.take().context("CONTINUATION of nothing")?;
        block.bytes += frame.payload.len();
        ensure!(block.bytes <= HEADER_BLOCK_BYTES_MAX, "headers of {} bytes", block.bytes);
        self.header_block_went_on(block, frame)
    }

    fn header_block_went_on(&mut self, block: HeaderBlock, frame: Frame<'_>) -> anyhow::Result<()> {
        if !frame.has(END_HEADERS) {
            self.header_block = Some(block);
        } else if block.ends_stream {
            return self.stream_ended(block.stream);
        }
        Ok(())
    }

    fn stream_ended(&mut self, stream: u32) -> anyhow::Result<()> {
        if self.push_stream == Some(stream) {
            bail!("the server ended the stream of pushes");
        }
        if let Some(call) = self.call.as_mut().filter(|call| call.stream == stream) {
            ensure!(call.messages.is_between(), "an answer was cut off");
            call.ended = true;
        }
        Ok(())
    }

    fn reset(&mut self, frame: Frame<'_>) -> anyhow::Result<()> {
        let code = frame.number()?;
        if self.push_stream == Some(frame.stream) {
            bail!("the server reset the stream of pushes with code {code}");
        }
        if let Some(call) = self.call.as_mut().filter(|call| call.stream == frame.stream)
            && !call.ended
        {
            call.failed = Some(anyhow::anyhow!("the server reset the call with code {code}"));
        }
        Ok(())
    }

    fn settings(&mut self, frame: Frame<'_>) -> anyhow::Result<()> {
        if frame.has(ACK) {
            return Ok(());
        }
        let mut rest = frame.payload;
        while let Some((setting, more)) = rest.split_first_chunk::<6>() {
            let [n0, n1, value @ ..] = *setting;
            if u16::from_be_bytes([n0, n1]) == INITIAL_WINDOW_SIZE {
                self.room.starts_with(u32::from_be_bytes(value))?;
            }
            rest = more;
        }
        ensure!(rest.is_empty(), "SETTINGS of {} bytes", frame.payload.len());
        frame::put(&mut self.outgoing, Kind::Settings, ACK, 0, &[])
    }

    fn window_update(&mut self, frame: Frame<'_>) -> anyhow::Result<()> {
        // The first bit is reserved.
        let bytes = frame.number()? & 0x7FFF_FFFF;
        if frame.stream == 0 {
            self.room.grow_connection(bytes)
        } else if self.push_stream == Some(frame.stream) {
            self.room.grow_push_stream(bytes)
        } else {
            Ok(())
        }
    }
}

impl Call {
    fn data(&mut self, data: &[u8]) -> anyhow::Result<()> {
        let Self { messages, answer, .. } = self;
        messages.push(data, |message| {
            ensure!(answer.is_none(), "two answers to one call");
            *answer = Some(message.to_vec());
            Ok(())
        })
    }
}

fn put_window_update(out: &mut Vec<u8>, stream: u32, bytes: u32) -> anyhow::Result<()> {
    frame::put(out, Kind::WindowUpdate, 0, stream, &bytes.to_be_bytes())
}

/// Code and text of a GOAWAY.
fn last_words(frame: Frame<'_>) -> String {
    let Some((numbers, text)) = frame.payload.split_first_chunk::<8>() else {
        return "without a code".to_owned();
    };
    let [_, _, _, _, code @ ..] = *numbers;
    format!("code {}, {}", u32::from_be_bytes(code), text.escape_ascii())
}

const _: () = assert!(MESSAGE_BYTES_MAX < STREAM_WINDOW_BYTES as usize);

#[cfg(test)]
mod tests;
