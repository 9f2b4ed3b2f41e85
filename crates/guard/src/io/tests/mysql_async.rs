//! Errors of the crate `mysql_async`, built as it builds them.

use std::io;

use mysql_async::{DriverError, Error, IoError, LocalInfileError, ServerError, UrlError, Value};

use crate::classify::{Diagnose as _, Diagnosis, MySql};

fn diagnose(error: impl Into<Error>) -> Diagnosis {
    MySql::default().diagnose(&error.into())
}

fn server(code: u16, state: &str, message: &str) -> ServerError {
    ServerError { code, state: state.to_owned(), message: message.to_owned() }
}

#[test]
fn an_error_of_the_server_counts_by_its_number_state_and_text() {
    assert_eq!(diagnose(server(1064, "42000", "You have an error")), Diagnosis::IGNORE);
    assert_eq!(diagnose(server(1053, "08S01", "Server shutdown in progress")), Diagnosis::FAILURE);
    let full = server(1040, "HY000", "Too many connections");
    assert_eq!(diagnose(full), Diagnosis::OVERLOAD.unprocessed());
    let replica = "The MySQL server is running with the --read-only option so it cannot execute";
    assert_eq!(diagnose(server(1290, "HY000", replica)), Diagnosis::TOPOLOGY.writes());
    let files = replica.replace("--read-only", "--secure-file-priv");
    assert_eq!(diagnose(server(1290, "HY000", &files)), Diagnosis::IGNORE);
    assert_eq!(diagnose(server(7_777, "08006", "of a proxy")), Diagnosis::FAILURE);
}

#[test]
fn sockets_say_what_they_say_everywhere() {
    let of = |kind: io::ErrorKind| diagnose(io::Error::from(kind));
    assert_eq!(of(io::ErrorKind::ConnectionRefused), Diagnosis::FAILURE.unprocessed());
    assert_eq!(of(io::ErrorKind::ConnectionReset), Diagnosis::FAILURE);
    assert_eq!(of(io::ErrorKind::UnexpectedEof), Diagnosis::FAILURE);
    assert_eq!(of(io::ErrorKind::TimedOut), Diagnosis::TIMEOUT);
    let nested = Error::Io(IoError::Io(io::Error::from(io::ErrorKind::BrokenPipe)));
    assert_eq!(diagnose(nested), Diagnosis::FAILURE);
}

/// Sent or received: a packet above the limit is that statement's, and it comes as an I/O
/// error of no kind.
#[test]
fn a_packet_that_is_too_large_is_the_statement_s_own() {
    assert_eq!(diagnose(DriverError::PacketTooLarge), Diagnosis::IGNORE);
    let too_large = mysql_common::proto::codec::error::PacketCodecError::PacketTooLarge;
    assert_eq!(diagnose(Error::from(too_large)), Diagnosis::IGNORE);
    let out_of_sync = mysql_common::proto::codec::error::PacketCodecError::PacketsOutOfSync;
    assert_eq!(diagnose(Error::from(out_of_sync)), Diagnosis::FAILURE);
}

#[test]
fn a_connection_that_ended_or_speaks_nonsense_is_a_failure() {
    assert_eq!(diagnose(DriverError::ConnectionClosed), Diagnosis::FAILURE);
    assert_eq!(diagnose(DriverError::PacketOutOfOrder), Diagnosis::FAILURE);
    let unexpected = DriverError::UnexpectedPacket { payload: vec![1] };
    assert_eq!(diagnose(unexpected), Diagnosis::FAILURE);
}

/// Counting them as accepted would close a breaker over a server that nobody asked, and
/// make a latency of no time at all.
#[test]
fn what_never_left_this_process_says_nothing_of_the_server() {
    let nothing = Diagnosis::CANCELLED.unprocessed();
    assert_eq!(diagnose(DriverError::MixedParams), nothing);
    assert_eq!(diagnose(DriverError::NestedTransaction), nothing);
    assert_eq!(diagnose(DriverError::PoolDisconnected), nothing);
    let mismatch = DriverError::StmtParamsMismatch { required: 1, supplied: 2 };
    assert_eq!(diagnose(mismatch), nothing);
    assert_eq!(diagnose(DriverError::NoKeyFound), nothing.alarm());
    assert_eq!(diagnose(UrlError::Invalid), nothing.alarm());
    assert_eq!(diagnose(Error::Other("of a callback".into())), Diagnosis::CANCELLED);
}

#[test]
fn an_answer_that_the_caller_cannot_use_is_an_answer() {
    assert_eq!(diagnose(DriverError::FromValue { value: Value::NULL }), Diagnosis::IGNORE);
    assert_eq!(diagnose(LocalInfileError::NoHandler), Diagnosis::IGNORE);
}

#[test]
fn a_login_that_cannot_work_is_told_to_somebody() {
    let no_login = Diagnosis::IGNORE.alarm().unprocessed();
    assert_eq!(diagnose(DriverError::NoClientSslFlagFromServer), no_login);
    assert_eq!(diagnose(DriverError::CleartextPluginDisabled), no_login);
    assert_eq!(diagnose(DriverError::MysqlOldPasswordDisabled), no_login);
    let plugin = DriverError::UnknownAuthPlugin { name: "kerberos".to_owned() };
    assert_eq!(diagnose(plugin), no_login);
    assert_eq!(diagnose(server(1045, "28000", "Access denied for user")), no_login);
}
