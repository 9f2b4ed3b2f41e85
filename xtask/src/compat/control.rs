//! The door through which a suite restarts its server: `POST /restart`, `/kill`,
//! `/start` on a loopback port. It answers when the server is ready again, or gone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;

/// What a suite may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A graceful end and a new start on the same data and ports.
    Restart,
    /// `kill -9`.
    Kill,
    /// A start after a kill.
    Start,
}

/// A running control door. Dropping it closes the door and waits for its thread.
#[derive(Debug)]
pub(crate) struct Control {
    address: SocketAddr,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Opens the door; `act` performs what is asked, one request at a time.
    pub(crate) fn open(
        mut act: impl FnMut(Action) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("opening the control door")?;
        let address = listener.local_addr().context("opening the control door")?;
        let closing = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&closing);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if closed.load(Ordering::Acquire) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if let Err(error) = serve(stream, &mut act) {
                    eprintln!("control: {error:#}");
                }
            }
        });
        Ok(Self { address, closing, thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        // Wakes the thread out of accept; it fails only when the thread is gone.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    stream: TcpStream,
    act: &mut impl FnMut(Action) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).context("setting a time limit")?;
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).context("reading a request")?;
    loop {
        let mut header = String::new();
        let bytes = reader.read_line(&mut header).context("reading headers")?;
        if bytes == 0 || header.trim().is_empty() {
            break;
        }
    }
    let (status, body) = match action(&request) {
        None => ("404 Not Found", "no such action".to_owned()),
        Some(action) => match act(action) {
            Ok(()) => ("200 OK", "ok".to_owned()),
            Err(error) => ("500 Internal Server Error", format!("{error:#}")),
        },
    };
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .context("answering")
}

fn action(request: &str) -> Option<Action> {
    let path = request.strip_prefix("POST ")?.split(' ').next()?;
    match path {
        "/restart" => Some(Action::Restart),
        "/kill" => Some(Action::Kill),
        "/start" => Some(Action::Start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn post(url: &str, path: &str) -> u16 {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.post(format!("{url}{path}")).send_empty().unwrap().status().as_u16()
    }

    #[test]
    fn actions_reach_the_server_in_order_and_errors_come_back() {
        let (asked, actions) = mpsc::channel();
        let control = Control::open(move |action| {
            asked.send(action).unwrap();
            anyhow::ensure!(action != Action::Start, "the port is taken");
            Ok(())
        })
        .unwrap();
        let url = control.url();
        assert_eq!(post(&url, "/kill"), 200);
        assert_eq!(post(&url, "/start"), 500);
        assert_eq!(post(&url, "/restart"), 200);
        assert_eq!(post(&url, "/format"), 404);
        drop(control);
        let seen: Vec<Action> = actions.iter().collect();
        assert_eq!(seen, [Action::Kill, Action::Start, Action::Restart]);
    }
}
