use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    Classify as _, Outcome, Scope,
    classify::{
        Grpc, GrpcCode, GrpcStatus, Http, Mongo, MongoError, MongoLabels, MySql, MySqlError, Redis,
    },
    retry::wire::parse_retry_info,
};

const REASONS: [Rejected; 10] = [
    Rejected::DeadlinePassed,
    Rejected::NotAllowed,
    Rejected::RateLimited,
    Rejected::ConcurrencyLimited,
    Rejected::Overloaded,
    Rejected::LowPriority,
    Rejected::QueueFull,
    Rejected::BreakerOpen,
    Rejected::RetryBudgetSpent,
    Rejected::NoEndpoint,
];
const SCOPES: [Scope; 5] =
    [Scope::Node, Scope::Resource, Scope::Endpoint, Scope::Key, Scope::Caller];

/// Every refusal there is, with and without a time to wait.
fn every() -> impl Iterator<Item = Rejection> {
    REASONS.into_iter().flat_map(|reason| {
        SCOPES.into_iter().flat_map(move |scope| {
            [0, 40, 1_200].map(|millis| {
                Rejection::new(reason, scope).retry_after(Duration::from_millis(millis))
            })
        })
    })
}

fn at_the_next_hop(rejection: &Rejection) -> Outcome {
    match rejection.reason {
        Rejected::NotAllowed => Outcome::Ignore,
        Rejected::DeadlinePassed => Outcome::Cancelled,
        _ => Outcome::Overload,
    }
}

#[test]
fn no_refusal_of_ours_is_a_failure_at_the_next_hop() {
    for rejection in every() {
        let expected = at_the_next_hop(&rejection);

        let answer = HttpRejection::of(&rejection);
        let header = |name| (name == REJECTED).then_some(answer.rejected.as_bytes());
        assert_eq!(Http::default().diagnose(answer.status, header).outcome, expected);

        let answer = GrpcRejection::of(&rejection);
        let rejected = Some(answer.rejected.as_bytes());
        let status = GrpcStatus { rejected, ..GrpcStatus::of(answer.code) };
        assert_eq!(Grpc::default().classify(&status), expected);

        for moment in [Moment::Connect, Moment::Statement] {
            let mut packet = Vec::new();
            MySqlRejection::of(&rejection, moment).write_packet(&rejection, 1, &mut packet);
            let error = MySqlError::parse(&packet[4..]).unwrap();
            assert_eq!(MySql::default().classify(&error), expected, "{error:?}");
        }

        let mut line = Vec::new();
        write_line(&rejection, &mut line);
        assert_eq!(Redis::default().classify(&*line), expected);

        let answer = MongoRejection::of(&rejection);
        let message = Message(&rejection).to_string();
        let labels = MongoLabels::of(answer.labels.iter().copied());
        let error = MongoError { code: answer.code, labels, message: message.as_bytes() };
        assert_eq!(Mongo::default().classify(&error), expected);
    }
}

/// A hop that does not know us and looks at codes alone.
#[test]
fn what_a_refusal_is_to_a_stranger() {
    let of = |reason, scope| {
        let rejection = Rejection::new(reason, scope);
        let statement = MySqlRejection::of(&rejection, Moment::Statement);
        (
            HttpRejection::of(&rejection).status,
            GrpcRejection::of(&rejection).code,
            statement.code,
            MongoRejection::of(&rejection).code,
        )
    };
    use Scope::{Caller, Endpoint, Key, Node, Resource};
    let busy = (503, GrpcCode::RESOURCE_EXHAUSTED, 1041, 433);
    assert_eq!(of(Rejected::Overloaded, Node), busy);
    assert_eq!(of(Rejected::LowPriority, Node), busy);
    assert_eq!(of(Rejected::QueueFull, Resource), busy);
    assert_eq!(of(Rejected::ConcurrencyLimited, Resource), busy);
    assert_eq!(of(Rejected::RetryBudgetSpent, Resource), busy);
    let greedy = (429, GrpcCode::RESOURCE_EXHAUSTED, 1226, 433);
    assert_eq!(of(Rejected::ConcurrencyLimited, Caller), greedy);
    assert_eq!(of(Rejected::QueueFull, Key), greedy);
    let fast = (429, GrpcCode::RESOURCE_EXHAUSTED, 1226, 462);
    assert_eq!(of(Rejected::RateLimited, Resource), fast);
    let broken = (503, GrpcCode::UNAVAILABLE, 3168, 133);
    assert_eq!(of(Rejected::BreakerOpen, Resource), broken);
    assert_eq!(of(Rejected::NoEndpoint, Endpoint), broken);
    assert_eq!(of(Rejected::NotAllowed, Caller), (403, GrpcCode::PERMISSION_DENIED, 1227, 13));
    assert_eq!(of(Rejected::DeadlinePassed, Node), (504, GrpcCode::DEADLINE_EXCEEDED, 3024, 50));
}

#[test]
fn retry_after_is_whole_seconds_and_never_too_few() {
    let of = |nanos| {
        let wait = Duration::from_nanos(nanos);
        let busy = Rejection::new(Rejected::Overloaded, Scope::Node).retry_after(wait);
        HttpRejection::of(&busy).retry_after.map(|text| text.to_string())
    };
    assert_eq!(of(0), None, "nobody knows");
    assert_eq!(of(1).as_deref(), Some("1"));
    assert_eq!(of(1_000_000_000).as_deref(), Some("1"));
    assert_eq!(of(1_000_000_001).as_deref(), Some("2"));
    let never = Rejection::new(Rejected::NotAllowed, Scope::Caller);
    let never = never.retry_after(Duration::from_secs(1));
    assert_eq!(HttpRejection::of(&never).retry_after, None, "403 is not about time");
}

#[test]
fn grpc_retries_are_told_when_and_whether() {
    let of = |reason, millis| {
        let rejection = Rejection::new(reason, Scope::Node);
        let rejection = rejection.retry_after(Duration::from_millis(millis));
        let mut status = Vec::new();
        write_status(&rejection, &mut status);
        let pushback = GrpcRejection::of(&rejection).pushback.map(|text| text.to_string());
        (pushback, parse_retry_info(&status))
    };
    let wait = Some(Duration::from_millis(1_200));
    assert_eq!(of(Rejected::Overloaded, 1_200), (Some("1200".to_owned()), wait));
    assert_eq!(of(Rejected::Overloaded, 0), (None, None));
    assert_eq!(of(Rejected::RetryBudgetSpent, 1_200), (Some("-1".to_owned()), None));
}

#[test]
fn a_grpc_status_is_what_google_writes() {
    let rejection =
        Rejection::new(Rejected::Overloaded, Scope::Node).retry_after(Duration::from_millis(1_500));
    let mut status = Vec::new();
    write_status(&rejection, &mut status);
    let text = b"seawall: overloaded: overloaded; ask another endpoint; try again after 1500 ms";
    let expected = [
        &[0x08, 8, 0x12, text.len() as u8][..],
        text,
        // details: Any { type_url, value: RetryInfo { retry_delay: 1 s, 500,000,000 ns } }
        &[0x1A, 54, 0x0A, 40],
        b"type.googleapis.com/google.rpc.RetryInfo",
        &[0x12, 10, 0x0A, 8, 0x08, 1, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01],
    ];
    assert_eq!(status, expected.concat());
}

#[test]
fn a_mysql_packet_has_its_length_and_sequence_before_it() {
    let full = Rejection::new(Rejected::ConcurrencyLimited, Scope::Node);
    let mut packet = b"before".to_vec();
    MySqlRejection::of(&full, Moment::Connect).write_packet(&full, 2, &mut packet);
    let text = "seawall: concurrency_limited: too many requests in flight; ask another endpoint";
    let head = [9 + text.len() as u8, 0, 0, 2, 0xFF, 0x10, 0x04];
    assert_eq!(packet, [b"before", &head[..], b"#08004", text.as_bytes()].concat());
}

/// HikariCP, `ProxyConnection.checkException`: class 08, class 0A and 1105 end a
/// connection, which would be opened again at once.
#[test]
fn hikari_keeps_its_connections_when_statements_are_refused() {
    for rejection in every() {
        let answer = MySqlRejection::of(&rejection, Moment::Statement);
        assert!(!answer.sqlstate.starts_with('0') && answer.code != 1105, "{answer:?}");
    }
}

/// MariaDB's client library takes a number of 2000 to 2999 or 5000 to 5999 for a
/// malformed packet (mariadb.com/kb/en/err_packet).
#[test]
fn mariadb_takes_no_refusal_for_a_malformed_packet() {
    for rejection in every() {
        for moment in [Moment::Connect, Moment::Statement] {
            let code = MySqlRejection::of(&rejection, moment).code;
            assert!(!(2_000..3_000).contains(&code) && !(5_000..6_000).contains(&code));
        }
    }
}

/// go-redis, `error.go`: asks again by itself at these, three times in a second.
#[test]
fn goredis_does_not_ask_again_at_once() {
    let again =
        ["LOADING ", "READONLY ", "CLUSTERDOWN ", "TRYAGAIN ", "MASTERDOWN ", "NOREPLICAS "];
    for rejection in every() {
        let mut line = Vec::new();
        write_line(&rejection, &mut line);
        let line = String::from_utf8(line).unwrap();
        assert!(line.starts_with('-') && line.ends_with("\r\n"), "{line:?}");
        assert_eq!(line.matches(['\r', '\n']).count(), 2, "{line:?}");
        let soon = rejection.reason == Rejected::RateLimited
            && rejection.retry_after == Duration::from_millis(40);
        assert_eq!(again.iter().any(|word| line[1..].starts_with(word)), soon, "{line:?}");
    }
}

/// mongodb/specifications, `retryable-reads.md`: drivers ask again at once after these.
#[test]
fn mongo_drivers_wait_or_do_not_ask_again() {
    let at_once = [6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436];
    for rejection in every() {
        let answer = MongoRejection::of(&rejection);
        assert!(!at_once.contains(&answer.code), "{answer:?}");
        assert!(!answer.labels.contains(&"RetryableWriteError"), "{answer:?}");
    }
    let busy = Rejection::new(Rejected::Overloaded, Scope::Node);
    let busy = MongoRejection::of(&busy.retry_after(Duration::from_micros(1_200_001)));
    assert_eq!(busy.labels, ["SystemOverloadedError", "RetryableError"]);
    assert_eq!(busy.base_backoff_ms, Some(1_201));
}

proptest! {
    #[test]
    fn retry_info_is_read_as_it_was_written(nanos: u64) {
        let wait = Duration::from_nanos(nanos);
        let busy = Rejection::new(Rejected::Overloaded, Scope::Node).retry_after(wait);
        let mut status = Vec::new();
        write_status(&busy, &mut status);
        prop_assert_eq!(parse_retry_info(&status), (nanos > 0).then_some(wait));
    }
}
