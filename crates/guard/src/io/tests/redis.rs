//! Errors of the crate `redis`, made by its own parser and by what it makes of answers.

use std::io;

use redis::{
    Cmd, ConnectionLike, ErrorKind, FromRedisValue, RedisError, RedisResult, Value, cmd,
    parse_redis_value, pipe,
};

use crate::classify::{Diagnose as _, Diagnosis, Redis};

fn diagnose(error: impl Into<RedisError>) -> Diagnosis {
    Redis::default().diagnose(&error.into())
}

/// What a line of the server is to who asked.
fn line(line: &str) -> Diagnosis {
    let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
    diagnose(value.extract_error().unwrap_err())
}

/// A connection with answers that are known beforehand.
struct Answers(Vec<Value>);

impl Answers {
    fn of(lines: &[&str]) -> Self {
        let parsed = lines.iter().map(|line| parse_redis_value(format!("{line}\r\n").as_bytes()));
        Self(parsed.map(Result::unwrap).collect())
    }
}

impl ConnectionLike for Answers {
    fn req_packed_command(&mut self, _: &[u8]) -> RedisResult<Value> {
        Ok(self.0.remove(0))
    }

    fn req_packed_commands(
        &mut self,
        _: &[u8],
        _offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        Ok(self.0.drain(..count).collect())
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

fn pipeline(lines: &[&str]) -> Diagnosis {
    let mut pipe = pipe();
    for _ in lines {
        pipe.cmd("SET");
    }
    let answered: RedisResult<()> = pipe.query(&mut Answers::of(lines));
    diagnose(answered.unwrap_err())
}

fn asked<T: FromRedisValue>(answer: &str) -> Diagnosis {
    let command: Cmd = cmd("GET");
    let answered: RedisResult<T> = command.query(&mut Answers::of(&[answer]));
    diagnose(answered.err().expect("not of that type"))
}

#[test]
fn a_line_says_to_a_client_what_it_says_on_the_wire() {
    let redis = Redis::default();
    for text in [
        "ASK 3999 127.0.0.1:6381",
        "MOVED 3999 127.0.0.1:6381",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "CLUSTERDOWN Hash slot not served",
        "CROSSSLOT Keys in request don't hash to the same slot",
        "READONLY You can't write against a read only replica.",
        "MASTERDOWN Link with MASTER is down",
        "LOADING Redis is loading the dataset in memory",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Errors writing to the AOF file",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Redis is busy running a script.",
        "NOSCRIPT No matching script.",
        "NOAUTH Authentication required.",
        "WRONGPASS invalid username-password pair or user is disabled.",
        "NOPERM this user has no permissions",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "ERR max number of clients reached",
        "ERR unknown command",
        "EXECABORT Transaction discarded because of: OOM command not allowed",
        "EXECABORT Transaction discarded because of previous errors.",
        "MYSCRIPT made this up",
        "no upstream host",
        "BUSY seawall: breaker_open: what is behind failed too often lately",
        "TRYAGAIN",
    ] {
        assert_eq!(line(text), redis.diagnose(text), "{text}");
    }
}

#[test]
fn a_pipeline_says_the_worst_of_its_answers() {
    assert_eq!(pipeline(&["+OK", "-WRONGTYPE of a key"]), Diagnosis::IGNORE);
    assert_eq!(pipeline(&["-WRONGTYPE of a key", "-MOVED 1 a:1"]), Diagnosis::TOPOLOGY);
    assert_eq!(pipeline(&["-LOADING", "-WRONGTYPE of a key", "+OK"]), Diagnosis::FAILURE);
    let refused = Diagnosis::FAILURE.writes();
    assert_eq!(pipeline(&["+OK", "-OOM command not allowed"]), refused, "the others were done");
}

#[test]
fn sockets_say_what_they_say_everywhere() {
    let of = |kind: io::ErrorKind| diagnose(io::Error::from(kind));
    assert_eq!(of(io::ErrorKind::TimedOut), Diagnosis::TIMEOUT);
    assert_eq!(of(io::ErrorKind::WouldBlock), Diagnosis::TIMEOUT);
    assert_eq!(of(io::ErrorKind::ConnectionRefused), Diagnosis::FAILURE.unprocessed());
    assert_eq!(of(io::ErrorKind::ConnectionReset), Diagnosis::FAILURE);
    assert_eq!(of(io::ErrorKind::BrokenPipe), Diagnosis::FAILURE);
    assert_eq!(of(io::ErrorKind::UnexpectedEof), Diagnosis::FAILURE);
    if cfg!(unix) {
        // The path of a Unix socket that nobody listens at.
        assert_eq!(of(io::ErrorKind::NotFound), Diagnosis::FAILURE.unprocessed());
        let no_descriptor = diagnose(io::Error::from_raw_os_error(24));
        assert_eq!(no_descriptor, Diagnosis::CANCELLED.alarm().unprocessed());
    }
    // As the driver of a cluster makes them, with nothing inside.
    assert_eq!(diagnose((ErrorKind::Io, "connection dropped")), Diagnosis::FAILURE);
}

/// Both come as `ErrorKind::Parse`.
#[test]
fn an_answer_of_another_type_is_an_answer_and_an_answer_of_no_type_is_not() {
    assert_eq!(asked::<u64>("+seven"), Diagnosis::IGNORE);
    assert_eq!(asked::<Vec<String>>(":7"), Diagnosis::IGNORE);
    assert_eq!(diagnose(parse_redis_value(b"?what\r\n").unwrap_err()), Diagnosis::FAILURE);
    assert_eq!(diagnose((ErrorKind::UnexpectedReturnType, "")), Diagnosis::IGNORE);
}

#[test]
fn nobody_to_ask_is_a_failure_of_which_nothing_was_sent() {
    let nobody = Diagnosis::FAILURE.unprocessed();
    assert_eq!(diagnose((ErrorKind::ClusterConnectionNotFound, "")), nobody);
    assert_eq!(diagnose((ErrorKind::MasterNameNotFoundBySentinel, "")), nobody);
    assert_eq!(diagnose((ErrorKind::NoValidReplicasFoundBySentinel, "")), nobody);
    // A cluster's clients that wait say so in these words and in no others.
    assert_eq!(diagnose((ErrorKind::Client, "Missing slot coverage")), nobody);
    let refresh = "Slot refresh error. didn't get any slots from server";
    assert_eq!(diagnose((ErrorKind::Client, refresh)), nobody);
}

#[test]
fn what_never_left_this_process_says_nothing_of_the_server() {
    let nothing = Diagnosis::CANCELLED.unprocessed();
    assert_eq!(diagnose((ErrorKind::Client, "empty command")), nothing);
    assert_eq!(
        diagnose((ErrorKind::InvalidClientConfig, "Redis URL did not parse")),
        nothing.alarm()
    );
    assert_eq!(diagnose((ErrorKind::EmptySentinelList, "")), nothing.alarm());
}

#[test]
fn a_login_that_cannot_work_is_told_to_somebody() {
    let no_login = Diagnosis::IGNORE.alarm().unprocessed();
    assert_eq!(diagnose((ErrorKind::AuthenticationFailed, "")), no_login);
    assert_eq!(diagnose((ErrorKind::RESP3NotSupported, "")), no_login);
}
