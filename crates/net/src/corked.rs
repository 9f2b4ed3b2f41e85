//! A stream that gathers what is written during one turn of a connection's task.
//!
//! HTTP/2 libraries write an answer in pieces: head and message, then trailers. Each
//! piece would be a system call and a packet of its own, which is half of what a small
//! answer costs.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Most bytes that are gathered; more wait for the peer to read.
const GATHERED_BYTES_MAX: usize = 64 * 1024;

/// A write of so many bytes goes out at once, for gathering would copy it.
const DIRECT_BYTES_MIN: usize = 16 * 1024;

/// The half that is given away as a stream. Flushing it does nothing: that is for
/// [`Cork::pull`], which must be called before the task goes to sleep.
#[derive(Debug)]
pub(crate) struct Corked<S>(Arc<Mutex<Gathered<S>>>);

/// The half that lets out what was gathered.
#[derive(Debug)]
pub(crate) struct Cork<S>(Arc<Mutex<Gathered<S>>>);

#[derive(Debug)]
struct Gathered<S> {
    stream: S,
    /// Freed when it is empty: thousands of idle connections have none.
    bytes: Vec<u8>,
    /// How many of them went out already.
    sent: usize,
}

/// Both halves of a stream.
pub(crate) fn corked<S>(stream: S) -> (Corked<S>, Cork<S>) {
    let shared = Arc::new(Mutex::new(Gathered { stream, bytes: Vec::new(), sent: 0 }));
    (Corked(Arc::clone(&shared)), Cork(shared))
}

impl<S: AsyncWrite + Unpin> Cork<S> {
    /// Writes out what was gathered. When the peer does not read, the task of `cx` is
    /// woken as soon as it does.
    pub(crate) fn pull(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.0.lock();
        ready!(gathered.poll_send(cx))?;
        Pin::new(&mut gathered.stream).poll_flush(cx)
    }
}

impl<S: AsyncWrite + Unpin> Gathered<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        if self.sent > 0 {
            (self.bytes, self.sent) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_gather(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if self.bytes.len() + length > GATHERED_BYTES_MAX {
            ready!(self.poll_send(cx))?;
        }
        if self.bytes.is_empty() && length >= DIRECT_BYTES_MIN {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        }
        for piece in pieces {
            self.bytes.extend_from_slice(piece);
        }
        Poll::Ready(Ok(length))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Corked<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.lock().stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Corked<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().poll_gather(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().poll_gather(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.0.lock();
        ready!(gathered.poll_send(cx))?;
        Pin::new(&mut gathered.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn read_all(mut from: tokio::io::DuplexStream) -> Vec<u8> {
        let mut all = Vec::new();
        from.read_to_end(&mut all).await.unwrap();
        all
    }

    #[tokio::test]
    async fn nothing_goes_out_before_the_cork_is_pulled() {
        let (near, mut far) = tokio::io::duplex(1_024);
        let (mut stream, cork) = corked(near);
        stream.write_all(b"head").await.unwrap();
        stream.flush().await.unwrap();
        stream.write_all(b"trailers").await.unwrap();
        let mut buf = [0; 32];
        let early = tokio::time::timeout(std::time::Duration::ZERO, far.read(&mut buf)).await;
        assert!(early.is_err());
        poll_fn(|cx| cork.pull(cx)).await.unwrap();
        let read = far.read(&mut buf).await.unwrap();
        assert_eq!(&buf[..read], b"headtrailers");
    }

    #[tokio::test]
    async fn a_peer_that_does_not_read_makes_the_writer_wait() {
        let (near, far) = tokio::io::duplex(64);
        let (mut stream, cork) = corked(near);
        let piece = vec![7; 10_000];
        let mut taken = 0;
        let full = std::time::Duration::from_millis(20);
        while tokio::time::timeout(full, stream.write_all(&piece)).await.is_ok() {
            taken += piece.len();
            assert!(taken <= GATHERED_BYTES_MAX, "{taken} bytes were gathered");
        }
        let reading = tokio::spawn(read_all(far));
        poll_fn(|cx| cork.pull(cx)).await.unwrap();
        stream.shutdown().await.unwrap();
        drop((stream, cork));
        assert_eq!(reading.await.unwrap().len(), taken);
    }

    #[tokio::test]
    async fn the_end_comes_after_all_that_was_written() {
        let (near, far) = tokio::io::duplex(16);
        let (mut stream, cork) = corked(near);
        let reading = tokio::spawn(read_all(far));
        stream.write_all(b"a goodbye that is longer than the pipe").await.unwrap();
        stream.shutdown().await.unwrap();
        drop((stream, cork));
        assert_eq!(reading.await.unwrap(), b"a goodbye that is longer than the pipe");
    }

    proptest! {
        #[test]
        fn bytes_keep_their_order_whatever_their_portions(
            portions in prop::collection::vec((0usize..40_000, any::<bool>()), 0..12),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let (near, far) = tokio::io::duplex(10_000);
                let (mut stream, cork) = corked(near);
                let reading = tokio::spawn(read_all(far));
                let mut expected = Vec::new();
                for (number, (length, pull)) in portions.into_iter().enumerate() {
                    let piece = vec![u8::try_from(number).unwrap(); length];
                    stream.write_all(&piece).await.unwrap();
                    expected.extend(piece);
                    if pull {
                        poll_fn(|cx| cork.pull(cx)).await.unwrap();
                    }
                }
                stream.shutdown().await.unwrap();
                drop((stream, cork));
                prop_assert_eq!(reading.await.unwrap(), expected);
                Ok(())
            })?;
        }
    }
}
