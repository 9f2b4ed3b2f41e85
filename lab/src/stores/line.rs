//! One direction of a connection through the proxy.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::proxy::Fault;

/// Pieces on their way at once; a sender that is faster waits.
const PIECES: usize = 256;

/// How long bytes are on their way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay {
    /// While all is well.
    pub(crate) well: Duration,
    /// While it is slow.
    pub(crate) slow: Duration,
}

impl Delay {
    /// None at all.
    pub(crate) const NONE: Self = Self { well: Duration::ZERO, slow: Duration::ZERO };

    fn under(self, fault: Fault) -> Duration {
        if fault == Fault::Slow { self.slow } else { self.well }
    }
}

/// Carries bytes until their sender has no more. While there is a black hole they stay
/// where they are, and go on afterwards. Those behind do not wait for those before: it is
/// a long way and not a narrow one.
pub(crate) async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    faults: &watch::Receiver<Fault>,
    delay: Delay,
) -> io::Result<()> {
    let (entrance, mut exit) = mpsc::channel::<(Instant, Bytes)>(PIECES);
    let (mut entering, mut leaving) = (faults.clone(), faults.clone());
    let enter = async move {
        let mut buffer = BytesMut::new();
        loop {
            let fault = until_open(&mut entering).await;
            buffer.reserve(16 * 1_024);
            if from.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            let piece = (Instant::now() + delay.under(fault), buffer.split().freeze());
            if entrance.send(piece).await.is_err() {
                return Ok(());
            }
        }
    };
    let leave = async move {
        while let Some((due, bytes)) = exit.recv().await {
            sleep_until(due).await;
            until_open(&mut leaving).await;
            to.write_all(&bytes).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(enter, leave).map(|_: ((), ())| ())
}

/// Waits while there is a black hole; says what else there is.
async fn until_open(faults: &mut watch::Receiver<Fault>) -> Fault {
    let is_open = |fault: &Fault| *fault != Fault::BlackHole;
    // The proxy is gone, and soon the connection as well.
    faults.wait_for(is_open).await.map_or(Fault::None, |fault| *fault)
}
