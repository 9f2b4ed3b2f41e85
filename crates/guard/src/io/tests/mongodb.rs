//! Errors of the crate `mongodb`. What it lets nobody build is read from documents, as it
//! reads it, or said by a stand-in for a server.

mod stand_in;

use std::io;

use mongodb::{
    Client,
    bson::{Bson, Document, deserialize_from_document, doc},
    error::{BulkWriteError, Error, ErrorKind, WriteFailure},
    options::ClientOptions,
};
use stand_in::{Script, StandIn};

use crate::classify::{Diagnose as _, Diagnosis, Mongo};

fn diagnose(error: impl Into<Error>) -> Diagnosis {
    Mongo::default().diagnose(&error.into())
}

fn command(code: i32) -> ErrorKind {
    let said = doc! { "code": code, "codeName": "Name", "errmsg": "text" };
    ErrorKind::Command(deserialize_from_document(said).unwrap())
}

fn write_error(code: i32) -> ErrorKind {
    let said = doc! { "code": code, "errmsg": "text" };
    ErrorKind::Write(WriteFailure::WriteError(deserialize_from_document(said).unwrap()))
}

fn insert_many(said: Document) -> ErrorKind {
    ErrorKind::InsertMany(deserialize_from_document(said).unwrap())
}

#[test]
fn an_error_of_the_server_counts_by_its_number() {
    assert_eq!(diagnose(command(11_000)), Diagnosis::IGNORE);
    assert_eq!(diagnose(command(91)), Diagnosis::FAILURE);
    assert_eq!(diagnose(command(50)), Diagnosis::TIMEOUT);
    assert_eq!(diagnose(command(10_107)), Diagnosis::TOPOLOGY.writes());
    assert_eq!(diagnose(write_error(11_000)), Diagnosis::IGNORE);
    assert_eq!(diagnose(write_error(14_031)), Diagnosis::FAILURE.writes().alarm());
}

/// go-zero, `core/stores/mon/collection.go`: of what a server says it accepts a duplicate
/// key and nothing else, in one breaker for all collections of all databases.
#[test]
fn gozero_mon_a_write_conflict_does_not_count_against_the_server() {
    for code in [112, 121, 251] {
        assert_eq!(diagnose(command(code)), Diagnosis::IGNORE, "{code}");
        assert_eq!(diagnose(write_error(code)), Diagnosis::IGNORE, "{code}");
    }
    assert_eq!(diagnose(command(11_601)), Diagnosis::CANCELLED, "killed, as its caller asked");
}

#[test]
fn a_write_concern_counts_by_its_number_and_its_own_labels() {
    let concern = |said: Document| {
        let concern = deserialize_from_document(said).unwrap();
        diagnose(ErrorKind::Write(WriteFailure::WriteConcernError(concern)))
    };
    assert_eq!(concern(doc! { "code": 64, "errmsg": "waiting" }), Diagnosis::TIMEOUT.writes());
    assert_eq!(concern(doc! { "code": 100, "errmsg": "too few" }), Diagnosis::IGNORE);
    let labels = ["RetryableWriteError"];
    assert_eq!(concern(doc! { "code": 51_075, "errorLabels": labels }), Diagnosis::FAILURE);
}

#[test]
fn many_writes_say_the_worst_of_their_errors() {
    let duplicate = doc! { "index": 0, "code": 11_000, "errmsg": "text" };
    let full = doc! { "index": 1, "code": 14_031, "errmsg": "text" };
    let one = insert_many(doc! { "writeErrors": [duplicate.clone()] });
    assert_eq!(diagnose(one), Diagnosis::IGNORE);
    let two = insert_many(doc! { "writeErrors": [duplicate.clone(), full] });
    assert_eq!(diagnose(two), Diagnosis::FAILURE.writes().alarm());
    let concern = doc! { "code": 91, "errmsg": "going" };
    let both = doc! { "writeErrors": [duplicate], "writeConcernError": concern };
    assert_eq!(diagnose(insert_many(both)), Diagnosis::FAILURE);

    // Those that went well are done, whatever a label says of the rest.
    let labels = ["SystemOverloadedError", "RetryableError"];
    let concern = doc! { "code": 462, "errmsg": "busy", "errorLabels": labels };
    let overloaded = insert_many(doc! { "writeConcernError": concern });
    assert_eq!(diagnose(overloaded), Diagnosis::OVERLOAD);

    let mut bulk = BulkWriteError::default();
    let said = doc! { "code": 112, "errmsg": "conflict" };
    bulk.write_errors.insert(0, deserialize_from_document(said).unwrap());
    assert_eq!(diagnose(ErrorKind::BulkWrite(bulk.clone())), Diagnosis::IGNORE);
    let said = doc! { "code": 64, "errmsg": "waiting" };
    bulk.write_concern_errors.push(deserialize_from_document(said).unwrap());
    assert_eq!(diagnose(ErrorKind::BulkWrite(bulk)), Diagnosis::TIMEOUT.writes());
}

#[test]
fn sockets_say_what_they_say_everywhere() {
    let of = |kind: io::ErrorKind| diagnose(io::Error::from(kind));
    assert_eq!(of(io::ErrorKind::TimedOut), Diagnosis::TIMEOUT);
    assert_eq!(of(io::ErrorKind::ConnectionRefused), Diagnosis::FAILURE.unprocessed());
    assert_eq!(of(io::ErrorKind::ConnectionReset), Diagnosis::FAILURE);
    assert_eq!(diagnose(Error::custom("a callback gave up")), Diagnosis::CANCELLED);
    assert_eq!(diagnose(ErrorKind::Shutdown), Diagnosis::CANCELLED.unprocessed());
    assert_eq!(diagnose(ErrorKind::MissingResumeToken), Diagnosis::IGNORE);
}

#[tokio::test]
async fn what_never_left_this_process_says_nothing_of_the_server() {
    let wrong = ClientOptions::parse("mongodb://localhost/?maxPoolSize=many").await.unwrap_err();
    assert_eq!(diagnose(wrong), Diagnosis::CANCELLED.unprocessed());
    let unreadable = deserialize_from_document::<u32>(doc! { "a": 1 }).unwrap_err();
    assert_eq!(diagnose(unreadable), Diagnosis::IGNORE, "an answer of another shape");
}

#[tokio::test]
async fn what_a_server_says_counts_with_its_labels() {
    let of = async |code: i32, labels: &[&str]| {
        let labels = labels.iter().copied().map(Bson::from).collect::<Vec<_>>();
        let said = doc! { "ok": 0, "code": code, "errmsg": "text", "errorLabels": labels };
        diagnose(StandIn::start(Script::Says(said)).await.insert().await)
    };
    let overloaded = &["SystemOverloadedError", "RetryableError"];
    assert_eq!(of(462, overloaded).await, Diagnosis::OVERLOAD.unprocessed());
    assert_eq!(of(51_075, overloaded).await, Diagnosis::OVERLOAD.unprocessed());
    assert_eq!(of(462, &["SystemOverloadedError"]).await, Diagnosis::OVERLOAD);
    assert_eq!(of(112, &["TransientTransactionError"]).await, Diagnosis::IGNORE);
    assert_eq!(of(51_075, &["RetryableWriteError"]).await, Diagnosis::FAILURE);
    assert_eq!(of(10_107, &["RetryableWriteError"]).await, Diagnosis::TOPOLOGY.writes());
}

#[tokio::test]
async fn a_server_that_hangs_up_may_have_done_it() {
    let error = StandIn::start(Script::HangsUp).await.insert().await;
    assert_eq!(diagnose(error), Diagnosis::FAILURE);
}

/// The driver labels whatever goes wrong before there is a connection as an overload and
/// as retryable. It guesses: a server that is gone looks the same.
#[tokio::test]
async fn a_server_that_lets_nobody_in_is_a_failure_of_which_nothing_was_sent() {
    let error = StandIn::start(Script::LetsNobodyIn).await.insert().await;
    assert!(error.contains_label("SystemOverloadedError"), "{error}");
    assert_eq!(diagnose(error), Diagnosis::FAILURE.unprocessed());
}

#[tokio::test]
async fn no_server_to_ask_is_a_failure_of_which_nothing_was_sent() {
    let uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50";
    let client = Client::with_uri_str(uri).await.unwrap();
    let error = client.list_database_names().await.unwrap_err();
    assert!(matches!(&*error.kind, ErrorKind::ServerSelection { .. }), "{error}");
    assert_eq!(diagnose(error), Diagnosis::FAILURE.unprocessed());
}

/// The driver says it as an error without any of a single write, whose source says why.
#[tokio::test]
async fn a_bulk_write_that_was_cut_off_counts_as_what_cut_it_off() {
    let error = StandIn::start(Script::HangsUpAfterOne).await.bulk_write().await;
    let ErrorKind::BulkWrite(bulk) = &*error.kind else { panic!("{error}") };
    assert!(bulk.write_errors.is_empty() && bulk.partial_result.is_some(), "{error}");
    assert_eq!(diagnose(error), Diagnosis::FAILURE);
}

#[tokio::test]
async fn a_refused_login_counts_as_what_the_server_said_of_it() {
    let of = async |code: i32| {
        let said = doc! { "ok": 0, "code": code, "errmsg": "text" };
        let error = StandIn::start(Script::Says(said)).await.log_in().await;
        assert!(matches!(&*error.kind, ErrorKind::Authentication { .. }), "{error}");
        diagnose(error)
    };
    assert_eq!(of(18).await, Diagnosis::IGNORE.alarm().unprocessed());
    assert_eq!(
        of(91).await,
        Diagnosis::FAILURE.unprocessed(),
        "it is going, and the password fits"
    );
}
