use proptest::prelude::*;

use super::{
    http::HTTP, mongo_codes::MONGO, mysql_codes::*, redis_codes::REDIS, table::assert_sorted,
    tidb_codes::TIDB, *,
};
use crate::{
    Classify as _, Outcome,
    Outcome::{Cancelled, Failure, Ignore, Overload, Success, Timeout, Topology},
    retry::{Answer, wire::Pushback},
};

fn no_header<'h>(_: &'static str) -> Option<&'h [u8]> {
    None
}

fn header<'h>(name: &'static str, value: &'h str) -> impl Fn(&'static str) -> Option<&'h [u8]> {
    move |asked| (asked == name).then_some(value.as_bytes())
}

#[test]
fn tables_rise_and_have_nothing_twice() {
    assert_sorted(HTTP);
    assert_sorted(MYSQL);
    assert_sorted(SQLSTATES);
    assert_sorted(SQLSTATE_CLASSES);
    assert_sorted(TIDB);
    assert_sorted(MONGO);
    assert_sorted(REDIS);
    assert!(MYSQL.iter().all(|(code, _)| *code < 8_000));
    assert!(TIDB.iter().all(|(code, _)| (8_000..10_000).contains(code)));
}

#[test]
fn http_statuses() {
    let table = [
        (Success, &[100, 101, 200, 204, 301, 304, 307][..]),
        (Ignore, &[400, 401, 403, 404, 409, 410, 412, 413, 414, 422, 423, 425, 426, 431, 451]),
        (Ignore, &[501, 505]),
        (Cancelled, &[408, 460, 499]),
        (Topology, &[421]),
        (Overload, &[429, 529]),
        (Failure, &[500, 502, 503, 507, 511, 520, 521, 523, 525, 599, 600, u16::MAX]),
        (Timeout, &[504, 522, 524]),
    ];
    for (outcome, statuses) in table {
        for status in statuses {
            assert_eq!(Http::default().classify(status), outcome, "{status}");
            assert_eq!(Http::default().diagnose(*status, no_header).outcome, outcome, "{status}");
        }
    }
}

#[test]
fn an_unavailable_that_says_when_to_come_back_is_an_overload() {
    let http = Http::default();
    assert_eq!(http.diagnose(503, no_header).outcome, Failure);
    assert_eq!(http.diagnose(503, header("retry-after", "120")).outcome, Overload);
    assert_eq!(http.diagnose(503, header("x-envoy-overloaded", "true")).outcome, Overload);
    assert_eq!(http.diagnose(503, header("x-envoy-local-overloaded", "true")).outcome, Overload);
    assert_eq!(http.diagnose(500, header("retry-after", "120")).outcome, Failure);
    let strict = http.with(503, Failure).with(429, Ignore);
    assert_eq!(strict.diagnose(503, header("retry-after", "120")).outcome, Failure);
    assert_eq!(strict.status(429).outcome, Ignore);
}

#[test]
fn grpc_codes() {
    let table = [
        (Success, &[0][..]),
        (Cancelled, &[1]),
        (Timeout, &[4]),
        (Ignore, &[3, 5, 6, 7, 9, 10, 11, 12, 16]),
        (Overload, &[8]),
        (Failure, &[2, 13, 14, 15]),
        // What is no code is UNKNOWN.
        (Failure, &[17, -1, i32::MAX, i32::MIN]),
    ];
    for (outcome, codes) in table {
        for code in codes {
            let status = GrpcStatus::of(GrpcCode::new(*code));
            assert_eq!(Grpc::default().classify(&status), outcome, "{code}");
        }
    }
}

#[test]
fn a_grpc_unavailable_with_retry_info_is_an_overload() {
    // google.rpc.Status { details: [Any { type_url, value: RetryInfo { 1 s } }] }
    let url = b"type.googleapis.com/google.rpc.RetryInfo";
    let value = [0x0A, 2, 0x08, 1];
    let any = [&[0x0A, url.len() as u8][..], url, &[0x12, value.len() as u8], &value].concat();
    let details = [&[0x1A, any.len() as u8][..], &any].concat();
    let of = |code| GrpcStatus { details: &details, ..GrpcStatus::of(code) };
    assert_eq!(Grpc::default().classify(&of(GrpcCode::UNAVAILABLE)), Overload);
    assert_eq!(Grpc::default().classify(&of(GrpcCode::UNKNOWN)), Failure);
}

#[test]
fn mysql_numbers() {
    let table = [
        (Ignore, &[1022, 1044, 1045, 1048, 1049, 1054, 1062, 1064, 1105, 1142, 1146, 1153][..]),
        (Ignore, &[1205, 1213, 1406, 1451, 1452, 1613, 1614, 1689, 3058, 3101, 3572, 4031]),
        (Failure, &[1042, 1043, 1053, 1080, 1129, 1158, 1159, 1160, 1161, 1184, 3168]),
        (Failure, &[2002, 2003, 2005, 2006, 2012, 2013, 2026, 2027, 2055]),
        (Overload, &[1037, 1040, 1041, 1135, 1203, 1206, 1226, 1461, 1637, 3015]),
        (Timeout, &[1969, 3024, 3781]),
        (Topology, &[1047, 1290, 1792, 1836, 1874, 3032, 3783, 4094]),
        (Cancelled, &[1317, 1927, 2001, 2004, 2008, 3169, 3782]),
        // Of nothing that any table knows: ER_SP_DOES_NOT_EXIST, and no number at all.
        (Ignore, &[1305, 4444, 0, 65_535]),
    ];
    for (outcome, codes) in table {
        for code in codes {
            assert_eq!(MySql::default().classify(&MySqlError::of(*code)), outcome, "{code}");
        }
    }
}

#[test]
fn tidb_numbers() {
    let table = [
        (Ignore, &[8001, 8002, 8004, 8005, 8022, 8028, 8175, 8229, 8253, 9004, 9006, 9007][..]),
        (Timeout, &[9001, 9002, 9012]),
        (Overload, &[8176, 8180, 8252, 9003, 9008, 9013]),
        (Failure, &[8027, 8120, 8251, 9005, 9010, 9011]),
        (Ignore, &[8200, 9009, 9999]),
    ];
    for (outcome, codes) in table {
        for code in codes {
            assert_eq!(MySql::default().classify(&MySqlError::of(*code)), outcome, "{code}");
        }
    }
}

#[test]
fn sqlstate_decides_where_the_number_says_nothing() {
    let of = |sqlstate| {
        let error = MySqlError { code: 7_777, sqlstate, message: b"" };
        MySql { unknown: Overload, ..MySql::default() }.diagnose(&error)
    };
    assert_eq!(of(b"08S01"), Diagnosis::FAILURE);
    assert_eq!(of(b"23000"), Diagnosis::IGNORE);
    assert_eq!(of(b"25001"), Diagnosis::IGNORE);
    assert_eq!(of(b"25006"), Diagnosis::TOPOLOGY.writes());
    assert_eq!(of(b"40001"), Diagnosis::IGNORE);
    assert_eq!(of(b"42S02"), Diagnosis::IGNORE);
    assert_eq!(of(b"45000"), Diagnosis::IGNORE);
    assert_eq!(of(b"70100"), Diagnosis::CANCELLED);
    assert_eq!(of(b"HY001"), Diagnosis::OVERLOAD);
    for says_nothing in [&b"HY000"[..], b"", b"08", b"08S011", b"zzzzz"] {
        assert_eq!(of(says_nothing), Diagnosis::OVERLOAD, "{says_nothing:?} is the setting's");
    }
}

#[test]
fn the_text_decides_where_a_number_says_two_things() {
    let of = |code, message: &str| {
        let message = message.as_bytes();
        MySql::default().classify(&MySqlError { code, sqlstate: b"HY000", message })
    };
    let option = "The MySQL server is running with the --secure-file-priv option so it \
                  cannot execute this statement";
    assert_eq!(of(1290, option), Ignore);
    assert_eq!(of(1290, &option.replace("secure-file-priv", "super-read-only")), Topology);
    assert_eq!(of(1290, "--read_only"), Topology);
    assert_eq!(of(1047, "WSREP has not yet prepared node for application use"), Topology);
    assert_eq!(of(1047, "Unknown command"), Ignore);
    assert_eq!(of(4081, "Unknown structured system variable"), Ignore);
    assert_eq!(of(4081, "Connection closed. Global connection memory limit 1 bytes"), Overload);
}

/// ProxySQL numbers its own errors as TiDB numbers others.
#[test]
fn the_text_decides_between_proxysql_and_tidb() {
    let of = |code, message: &str| {
        let message = message.as_bytes();
        MySql::default().diagnose(&MySqlError { code, sqlstate: b"HY000", message })
    };
    let locked = "Session trying to reach HG 2 while locked on HG 1 . Rejecting query: SELECT 1";
    assert_eq!(of(9005, "Region is unavailable"), Diagnosis::FAILURE);
    assert_eq!(of(9005, locked), Diagnosis::IGNORE);
    let locked = "ProxySQL Error: connection is locked to hostgroup 1 but trying to reach 2";
    assert_eq!(of(9006, locked), Diagnosis::IGNORE);
    assert_eq!(of(9003, "TiKV server is busy"), Diagnosis::OVERLOAD);
    assert_eq!(of(9003, "Command not supported"), Diagnosis::IGNORE);
    let late = "Max connect timeout reached while reaching hostgroup 0 after 10001ms";
    assert_eq!(of(9001, late), Diagnosis::TIMEOUT.unprocessed());
    let failed = "Max connect failure while reaching hostgroup 0";
    assert_eq!(of(9002, failed), Diagnosis::FAILURE.unprocessed());
    assert_eq!(of(9002, "TiKV server timeout"), Diagnosis::TIMEOUT);
    let slow = "Query execution was interrupted, query_timeout exceeded";
    assert_eq!(of(1907, slow), Diagnosis::TIMEOUT);
    assert_eq!(of(1907, "This is not yet supported for generated columns"), Diagnosis::IGNORE);
}

#[test]
fn a_locked_account_of_mariadb_is_told_to_somebody_and_a_bad_file_of_mysql_is_not() {
    let of = |code, message: &str| {
        let message = message.as_bytes();
        MySql::default().diagnose(&MySqlError { code, sqlstate: b"HY000", message })
    };
    let no_login = Diagnosis::IGNORE.alarm().unprocessed();
    assert_eq!(of(4150, "User is blocked because of too many credential errors"), no_login);
    assert_eq!(of(4151, "Access denied, this account is locked"), no_login);
    assert_eq!(of(4150, "Bulk load: unexpected character after column"), Diagnosis::IGNORE);
}

#[test]
fn an_error_packet_is_read_with_and_without_sqlstate() {
    // The vendor's own example.
    let payload = b"\xFF\x48\x04#HY000No tables used";
    let error = MySqlError { code: 1096, sqlstate: b"HY000", message: b"No tables used" };
    assert_eq!(MySqlError::parse(payload), Some(error));
    // A server that is full says so before capabilities are agreed on.
    let error = MySqlError { code: 1040, sqlstate: b"", message: b"Too many connections" };
    assert_eq!(MySqlError::parse(b"\xFF\x10\x04Too many connections"), Some(error));
    let cut = MySqlError { code: 1040, sqlstate: b"", message: b"#HY0" };
    assert_eq!(MySqlError::parse(b"\xFF\x10\x04#HY0"), Some(cut));
    for other in [&b""[..], b"\xFF", b"\xFF\x10", b"\x00\x00\x00", b"\xFF\xFF\xFF\x01\x02"] {
        assert_eq!(MySqlError::parse(other), None, "{other:?}");
    }
}

#[test]
fn mongo_numbers() {
    let table = [
        (Ignore, &[2, 9, 13, 18, 24, 26, 43, 100, 112, 121, 146, 225, 239, 251, 290, 11_000][..]),
        (Failure, &[6, 7, 91, 133, 134, 149, 264, 9_001, 11_600, 14_031, 91_331]),
        (Timeout, &[50, 64, 89, 202, 262]),
        (Overload, &[261, 365, 402, 407, 433, 449, 450, 462]),
        (Topology, &[94, 150, 189, 249, 303, 371, 10_058, 10_107, 11_602, 13_388, 13_435, 13_436]),
        (Cancelled, &[237, 279, 11_601, 46_841]),
        // What no table knows, as the numbers of assertions.
        (Ignore, &[0, -1, 1, 8, 51_075, i32::MAX, i32::MIN]),
    ];
    for (outcome, codes) in table {
        for code in codes {
            assert_eq!(Mongo::default().classify(&MongoError::of(*code)), outcome, "{code}");
        }
    }
}

#[test]
fn labels_decide_where_a_number_says_nothing_and_an_overloaded_server_always() {
    let of = |code, labels: &[&str]| {
        let labels = MongoLabels::of(labels.iter().copied());
        Mongo::default().classify(&MongoError { code, labels, message: b"" })
    };
    assert_eq!(of(51_075, &["RetryableWriteError"]), Failure);
    assert_eq!(of(51_075, &["TransientTransactionError"]), Ignore);
    assert_eq!(of(51_075, &["TransientTransactionError", "RetryableWriteError"]), Failure);
    assert_eq!(of(10_107, &["RetryableWriteError"]), Topology);
    assert_eq!(of(112, &["TransientTransactionError"]), Ignore);
    assert_eq!(of(6, &["SystemOverloadedError", "RetryableError"]), Overload);
    assert_eq!(of(51_075, &["NoWritesPerformed"]), Ignore);
}

#[test]
fn redis_words() {
    let table = [
        (Topology, "ASK 3999 127.0.0.1:6381"),
        (Failure, "BUSY Redis is busy running a script. You can only call SCRIPT KILL"),
        (Ignore, "BUSYGROUP Consumer Group name already exists"),
        (Ignore, "BUSYKEY Target key name already exists."),
        (Failure, "CLUSTERDOWN Hash slot not served"),
        (Ignore, "CROSSSLOT Keys in request don't hash to the same slot"),
        (Ignore, "DENIED Running in protected mode because protected mode is enabled"),
        (Ignore, "ERR unknown command 'FOO', with args beginning with:"),
        (Overload, "ERR max number of clients reached"),
        (Overload, "ERR max number of clients + cluster connections reached"),
        (Ignore, "EXECABORT Transaction discarded because of previous errors."),
        (Ignore, "IOERR error or timeout connecting to the client"),
        (Failure, "LOADING Redis is loading the dataset in memory"),
        (
            Topology,
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        ),
        (Failure, "MISCONF Errors writing to the AOF file: No space left on device"),
        (Topology, "MOVED 3999 127.0.0.1:6381"),
        (Ignore, "NOAUTH Authentication required."),
        (Ignore, "NOPERM User default has no permissions to run the 'get' command"),
        (Failure, "NOREPLICAS Not enough good replicas to write."),
        (Ignore, "NOSCRIPT No matching script. Please use EVAL."),
        (Failure, "OOM command not allowed when used memory > 'maxmemory'."),
        (Topology, "READONLY You can't write against a read only replica."),
        (Topology, "REDIRECT 127.0.0.1:6379"),
        (Topology, "TRYAGAIN Multiple keys request during rehashing of slot"),
        (Topology, "UNBLOCKED force unblock from blocking operation, instance state changed"),
        (Ignore, "UNKILLABLE Sorry the script already executed write commands"),
        (Ignore, "WRONGPASS invalid username-password pair or user is disabled."),
        (Ignore, "WRONGTYPE Operation against a key holding the wrong kind of value"),
        (Ignore, "MYSCRIPT made this up"),
        (Failure, "no upstream host"),
        (Failure, "upstream failure"),
        (Failure, "upstream protocol error"),
        (Ignore, "no such thing of a script"),
        (Ignore, "ABCDEFGHIJKLMNOPQRSTUVWXYZ is longer than any word of the table"),
        (Ignore, ""),
    ];
    let redis = Redis::default();
    for (outcome, line) in table {
        assert_eq!(redis.classify(line), outcome, "{line}");
        assert_eq!(redis.classify(&*format!("-{line}\r\n")), outcome, "{line}");
        let word = line.split(' ').next().unwrap();
        if !["ERR", "no"].contains(&word) {
            assert_eq!(redis.classify(word), outcome, "{word} alone");
        }
    }
}

#[test]
fn an_aborted_transaction_counts_as_what_aborted_it() {
    let because = |why| format!("EXECABORT Transaction discarded because of: {why}");
    let redis = Redis::default();
    assert_eq!(redis.classify(&*because("READONLY You can't write")), Topology);
    assert_eq!(redis.classify(&*because("LOADING Redis is loading")), Failure);
    assert_eq!(redis.classify(&*because("Command not allowed inside a transaction")), Ignore);
    let full = redis.diagnose(because("OOM command not allowed").as_bytes());
    assert_eq!(full, Diagnosis::FAILURE.writes().unprocessed());
}

#[test]
fn what_holds_for_writes_only_says_so() {
    let redis = |line: &str| Redis::default().diagnose(line.as_bytes()).impact;
    for line in ["OOM x", "MISCONF x", "NOREPLICAS x", "READONLY x"] {
        assert_eq!(redis(line), Impact::Writes, "{line}");
    }
    for line in ["LOADING x", "CLUSTERDOWN x", "MASTERDOWN x", "BUSY x"] {
        assert_eq!(redis(line), Impact::All, "{line}");
    }
    for code in [1021, 1290, 1792, 1836] {
        assert_eq!(MySql::default().diagnose(&MySqlError::of(code)).impact, Impact::Writes);
    }
    assert_eq!(Mongo::default().diagnose(&MongoError::of(10_107)).impact, Impact::Writes);
}

#[test]
fn what_only_a_person_can_mend_raises_an_alarm_and_opens_no_breaker_for_others() {
    let redis = Redis::default();
    for line in ["NOAUTH x", "WRONGPASS x", "DENIED x"] {
        assert_eq!(redis.diagnose(line.as_bytes()), Diagnosis::IGNORE.alarm(), "{line}");
    }
    assert!(!redis.diagnose("NOPERM x").alarm, "what one command may is the application's");
    for code in [1045, 1130, 1698, 1712, 2059, 2061, 8003, 8223] {
        let diagnosis = MySql::default().diagnose(&MySqlError::of(code));
        assert!(diagnosis.alarm && diagnosis.outcome == Ignore, "{code}");
    }
    assert_eq!(Mongo::default().diagnose(&MongoError::of(18)), Diagnosis::IGNORE.alarm());
}

#[test]
fn what_the_server_certainly_did_not_act_on_says_so() {
    let redis = |line: &str| Redis::default().diagnose(line).unprocessed;
    for line in ["MOVED 1 a:1", "LOADING x", "OOM x", "READONLY x", "ERR max number of clients r"] {
        assert!(redis(line), "{line}");
    }
    assert!(!redis("UNBLOCKED x") && !redis("ERR x"));
    let mysql = |code| MySql::default().diagnose(&MySqlError::of(code)).unprocessed;
    let before_there_was_a_connection =
        [1040, 1042, 1043, 1045, 1129, 1203, 2002, 2003, 2005, 2012];
    assert!(before_there_was_a_connection.into_iter().all(mysql));
    let perhaps = [1053, 1290, 1836, 2006, 2013, 2026, 3024, 9003];
    assert!(!perhaps.into_iter().any(mysql), "a procedure may have done something before");
    let mongo = |labels: &[&str]| {
        let labels = MongoLabels::of(labels.iter().copied());
        Mongo::default().diagnose(&MongoError { code: 462, labels, message: b"" })
    };
    let answer = mongo(&["SystemOverloadedError", "RetryableError"]).answer(Pushback::Never);
    assert_eq!(answer, Answer::new(Overload).pushback(Pushback::Never).unprocessed());
    assert!(!mongo(&["SystemOverloadedError"]).unprocessed);
    assert!(mongo(&["SystemOverloadedError", "NoWritesPerformed"]).unprocessed);
    assert!(Http::default().status(421).unprocessed && !Http::default().status(503).unprocessed);
}

#[test]
fn sockets() {
    use std::io::{Error, ErrorKind as Kind};
    let of = |kind| Io.classify(&Error::from(kind));
    assert_eq!(of(Kind::TimedOut), Timeout);
    for kind in [Kind::ConnectionRefused, Kind::ConnectionReset, Kind::UnexpectedEof] {
        assert_eq!(of(kind), Failure, "{kind:?}");
    }
    assert_eq!(of(Kind::AddrNotAvailable), Failure, "no system says so, but a client of a name");
    if cfg!(target_os = "linux") {
        let no_port = Io.diagnose(&Error::from_raw_os_error(99));
        assert_eq!(no_port, Diagnosis::CANCELLED.alarm().unprocessed());
    }
    if cfg!(unix) {
        let no_descriptor = Io.diagnose(&Error::from_raw_os_error(24));
        assert_eq!(no_descriptor, Diagnosis::CANCELLED.alarm().unprocessed());
    }
}

/// Scenario C4: a statement's own fault never counts against the server.
#[test]
fn c4_what_is_wrong_with_a_statement_is_accepted() {
    let mysql = [1064, 1062, 1213].map(|code| MySql::default().classify(&MySqlError::of(code)));
    let mongo = [11_000, 112].map(|code| Mongo::default().classify(&MongoError::of(code)));
    let redis = Redis::default().classify("WRONGTYPE Operation against a key");
    for outcome in mysql.into_iter().chain(mongo).chain([redis]) {
        assert!(outcome.is_accept() && !outcome.is_failure(), "{outcome:?}");
    }
}

/// Scenario C5: after a failover the endpoint is looked up again and no breaker opens.
#[test]
fn c5_a_server_that_is_no_longer_the_primary_says_so() {
    let mysql = [1290, 1836, 1792].map(|code| MySql::default().classify(&MySqlError::of(code)));
    let mongo = [10_107, 13_435, 189].map(|code| Mongo::default().classify(&MongoError::of(code)));
    let lines = ["READONLY You can't", "MOVED 1 a:1", "ASK 1 a:1", "MASTERDOWN Link"];
    let redis = lines.map(|line| Redis::default().classify(line));
    for outcome in mysql.into_iter().chain(mongo).chain(redis) {
        assert_eq!(outcome, Topology);
    }
}

/// go-zero, `core/stores/sqlx/mysql.go`: 1062 is accepted and nothing else, so 1064 in a
/// loop opens the breaker of the data source.
#[test]
fn gozero_sqlx_a_bad_statement_does_not_count_against_the_data_source() {
    for code in [1064, 1146, 1205, 1213, 1406, 1451] {
        assert_eq!(MySql::default().classify(&MySqlError::of(code)), Ignore, "{code}");
    }
}

/// go-zero, `core/stores/redis/breakerhook.go`: everything but a nil reply counts.
#[test]
fn gozero_redis_a_missing_script_and_a_moved_slot_do_not_count_against_the_server() {
    assert_eq!(Redis::default().classify("NOSCRIPT No matching script."), Ignore);
    assert_eq!(Redis::default().classify("MOVED 3999 127.0.0.1:6381"), Topology);
}

/// go-zero, `zrpc/internal/codes/accept.go`: `ResourceExhausted`, which its own shedder
/// answers, is one of six codes that are not accepted; `Unimplemented` is another.
#[test]
fn gozero_grpc_resource_exhausted_is_no_failure() {
    let of = |code| Grpc::default().classify(&GrpcStatus::of(GrpcCode::new(code)));
    assert_eq!(of(8), Overload);
    assert!(!of(8).is_failure());
    assert_eq!(of(12), Ignore);
}

/// go-zero, `rest/engine.go`: the breaker stands outside the shedder and counts each 503
/// of it; so does a caller's.
#[test]
fn gozero_http_the_503_of_a_shedder_is_no_failure() {
    let shed = Http::default().diagnose(503, header("x-seawall-rejected", "overloaded"));
    assert_eq!(shed.outcome, Overload);
    assert!(!shed.outcome.is_failure());
}

#[test]
fn settings_are_read_and_written_and_refuse_what_they_do_not_know() {
    let mysql = MySql::default().with(1205, Failure);
    let text = serde_json::to_string(&mysql).unwrap();
    assert_eq!(text, r#"{"codes":{"1205":"failure"},"unknown":"ignore"}"#);
    assert_eq!(serde_json::from_str::<MySql>(&text).unwrap(), mysql);
    assert_eq!(serde_yaml_ng::from_str::<MySql>("codes: { 1205: failure }").unwrap(), mysql);
    assert_eq!(mysql.classify(&MySqlError::of(1205)), Failure);

    let redis: Redis = serde_yaml_ng::from_str("codes: { TRYAGAIN: ignore }").unwrap();
    assert_eq!(redis, Redis::default().with("TRYAGAIN", Ignore));
    assert_eq!(redis.classify("TRYAGAIN Multiple keys"), Ignore);

    let grpc: Grpc = serde_yaml_ng::from_str("codes: { UNAVAILABLE: ignore, 2: ignore }").unwrap();
    assert_eq!(grpc.classify(&GrpcStatus::of(GrpcCode::UNKNOWN)), Ignore);
    assert_eq!(
        serde_json::to_string(&grpc).unwrap(),
        r#"{"codes":{"UNKNOWN":"ignore","UNAVAILABLE":"ignore"}}"#
    );

    let mongo: Mongo =
        serde_yaml_ng::from_str("codes: { 112: failure }\nunknown: failure").unwrap();
    assert_eq!(mongo.classify(&MongoError::of(112)), Failure);
    assert_eq!(mongo.classify(&MongoError::of(51_075)), Failure);

    assert!(serde_json::from_str::<Http>(r#"{"code": {}}"#).is_err());
    assert!(serde_json::from_str::<Grpc>(r#"{"codes": {"17": "ignore"}}"#).is_err());
}

#[test]
fn every_outcome_has_a_name_in_files() {
    let outcomes =
        [Success, Ignore, Failure, Timeout, Outcome::Slow, Overload, Topology, Cancelled];
    for outcome in outcomes {
        let name = serde_json::to_string(&outcome).unwrap();
        assert_eq!(name, format!("\"{}\"", format!("{outcome:?}").to_lowercase()));
        assert_eq!(serde_json::from_str::<Outcome>(&name).unwrap(), outcome);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes: Vec<u8>, code: u16, number: i32) {
        let _ = MySqlError::parse(&bytes);
        let _ = MySqlError::parse(&[&[0xFF], &*bytes].concat());
        let _ = MySql::default().diagnose(&MySqlError { code, sqlstate: &bytes, message: &bytes });
        let _ = Redis::default().with("ERR", Failure).diagnose(&*bytes);
        let _ = Mongo::default().diagnose(&MongoError { code: number, message: &bytes, ..MongoError::default() });
        let status = GrpcStatus { details: &bytes, rejected: Some(&bytes), ..GrpcStatus::of(GrpcCode::new(number)) };
        let _ = Grpc::default().diagnose(&status);
        let _ = Http::default().diagnose(code, |_| Some(&bytes));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "-?(EXECABORT Transaction discarded because of: |ERR |seawall: )?\\PC*") {
        let _ = Redis::default().diagnose(text.as_bytes());
        let error = MySqlError { code: 1290, sqlstate: b"HY000", message: text.as_bytes() };
        let _ = MySql::default().diagnose(&error);
        let _ = text.parse::<GrpcCode>();
    }

    #[test]
    fn a_single_code_can_always_be_made_to_count_otherwise(code: u16, number: i32) {
        let mysql = MySql::default().with(code, Outcome::Slow);
        prop_assert_eq!(mysql.classify(&MySqlError::of(code)), Outcome::Slow);
        let mongo = Mongo::default().with(number, Outcome::Slow);
        prop_assert_eq!(mongo.classify(&MongoError::of(number)), Outcome::Slow);
        let http = Http::default().with(code, Outcome::Slow);
        prop_assert_eq!(http.diagnose(code, header("retry-after", "1")).outcome, Outcome::Slow);
    }
}
