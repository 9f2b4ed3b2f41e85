//! Errors of the crate `sqlx`. Those of MySQL cannot be built by anybody else, so a
//! stand-in for a server says them.

use std::io;

use sqlx::{ConnectOptions as _, Error, mysql::MySqlConnectOptions};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use crate::classify::{Diagnose as _, Diagnosis, MySql};

fn diagnose(error: &Error) -> Diagnosis {
    MySql::default().diagnose(error)
}

/// What a client makes of a server that says this instead of its greeting.
async fn greeted_with(packet: &[u8]) -> Error {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(packet).await.unwrap();
    };
    let options = MySqlConnectOptions::new().host("127.0.0.1").port(port).username("root");
    let (connected, ()) = tokio::join!(options.connect(), server);
    connected.map(drop).unwrap_err()
}

/// An `ERR_Packet` with its head.
fn err_packet(code: u16, text: &str) -> Vec<u8> {
    let [low, high] = code.to_le_bytes();
    let length = u8::try_from(3 + text.len()).unwrap();
    [&[length, 0, 0, 0, 0xFF, low, high], text.as_bytes()].concat()
}

#[tokio::test]
async fn an_error_of_the_server_counts_by_its_number_state_and_text() {
    let of = async |code, text| diagnose(&greeted_with(&err_packet(code, text)).await);
    let full = of(1040, "Too many connections").await;
    assert_eq!(full, Diagnosis::OVERLOAD.unprocessed());
    assert_eq!(of(1053, "#08S01Server shutdown in progress").await, Diagnosis::FAILURE);
    let denied = of(1045, "#28000Access denied for user 'root'").await;
    assert_eq!(denied, Diagnosis::IGNORE.alarm().unprocessed());
    assert_eq!(of(7_777, "#08006of a proxy").await, Diagnosis::FAILURE);
    assert_eq!(
        of(1290, "#HY000running with the --secure-file-priv option").await,
        Diagnosis::IGNORE
    );
    let refused = of(1041, "#HY000seawall: breaker_open: use a fallback").await;
    assert_eq!(refused, Diagnosis::OVERLOAD.unprocessed(), "another hop of ours");
}

#[tokio::test]
async fn a_server_that_hangs_up_and_one_that_is_not_there_are_failures() {
    assert_eq!(diagnose(&greeted_with(b"").await), Diagnosis::FAILURE);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let options = MySqlConnectOptions::new().host("127.0.0.1").port(port);
    let refused = options.connect().await.map(drop).unwrap_err();
    assert_eq!(diagnose(&refused), Diagnosis::FAILURE.unprocessed());
}

#[test]
fn sockets_and_pools() {
    let of = |kind| diagnose(&Error::Io(io::Error::from(kind)));
    assert_eq!(of(io::ErrorKind::ConnectionReset), Diagnosis::FAILURE);
    assert_eq!(of(io::ErrorKind::TimedOut), Diagnosis::TIMEOUT);
    // A name that no address belongs to, as the client itself says it.
    assert_eq!(of(io::ErrorKind::AddrNotAvailable), Diagnosis::FAILURE);
    assert_eq!(diagnose(&Error::PoolTimedOut), Diagnosis::TIMEOUT.unprocessed());
    assert_eq!(diagnose(&Error::PoolClosed), Diagnosis::CANCELLED.unprocessed());
    assert_eq!(diagnose(&Error::Tls("the certificate is old".into())), Diagnosis::FAILURE);
    assert_eq!(diagnose(&Error::Protocol("nonsense".into())), Diagnosis::FAILURE);
}

#[test]
fn what_never_left_this_process_says_nothing_of_the_server() {
    let nothing = Diagnosis::CANCELLED.unprocessed();
    assert_eq!(diagnose(&Error::Encode("too long".into())), nothing);
    assert_eq!(diagnose(&Error::InvalidArgument("none".into())), nothing);
    assert_eq!(diagnose(&Error::InvalidSavePointStatement), nothing);
    assert_eq!(diagnose(&Error::Configuration("no such file".into())), nothing.alarm());
    assert_eq!(diagnose(&Error::WorkerCrashed), Diagnosis::CANCELLED);
}

#[test]
fn an_answer_that_the_caller_cannot_use_is_an_answer() {
    assert_eq!(diagnose(&Error::RowNotFound), Diagnosis::IGNORE);
    assert_eq!(diagnose(&Error::ColumnNotFound("total".into())), Diagnosis::IGNORE);
    assert_eq!(diagnose(&Error::Decode("not a number".into())), Diagnosis::IGNORE);
    // `begin_with` was given a statement that begins nothing.
    assert_eq!(diagnose(&Error::BeginFailed), Diagnosis::IGNORE);
}
