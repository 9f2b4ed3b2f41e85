//! What a classification and a refusal cost. Run with
//! `cargo bench -p seawall-guard --bench classify`; for what it prints see `timing.rs`.

mod timing;

use std::{cell::RefCell, hint::black_box, process::ExitCode, time::Duration};

use seawall_guard::{
    Classify as _, Outcome, Rejected, Rejection, Scope,
    classify::{Grpc, GrpcCode, GrpcStatus, Http, Mongo, MongoError, MySql, MySqlError, Redis},
    render::{GrpcRejection, HttpRejection, Moment, MySqlRejection, write_line},
};
use timing::Row;

/// Nanoseconds a classification.
const BUDGET: f64 = 10.0;

/// Measures `op` over `inputs` in turn.
fn measure<I: Sync>(what: &str, budget: Option<f64>, inputs: &[I], op: impl Fn(&I) + Sync) -> Row {
    timing::measure(what, budget, |number| {
        let input = inputs.get(number as usize % inputs.len());
        input.map(black_box).into_iter().for_each(&op);
    })
}

thread_local! {
    static WRITTEN: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(256));
}

/// Into a buffer that is there already, as a connection has one.
fn written(write: impl Fn(&mut Vec<u8>)) {
    WRITTEN.with_borrow_mut(|written| {
        written.clear();
        write(written);
        black_box(written);
    });
}

fn http() -> [Row; 3] {
    let http = Http::default();
    let with = Http::default().with(404, Outcome::Failure);
    let statuses = [200, 200, 200, 404, 200, 500, 200, 429];
    [
        measure("Http, status", Some(BUDGET), &statuses, |status| {
            black_box(http.status(*status));
        }),
        measure("Http, status, one override", Some(BUDGET), &statuses, |status| {
            black_box(with.status(*status));
        }),
        measure("Http, 503 and headers", Some(BUDGET), &[b"1"], |value| {
            let header = |name| (name == "retry-after").then_some(value.as_slice());
            black_box(http.diagnose(503, header));
        }),
    ]
}

fn grpc() -> Row {
    let grpc = Grpc::default();
    let statuses = [0, 0, 0, 5, 8, 14, 4, 13].map(|code| GrpcStatus::of(GrpcCode::new(code)));
    measure("Grpc", Some(BUDGET), &statuses, |status| {
        black_box(grpc.classify(status));
    })
}

fn mysql() -> [Row; 3] {
    let mysql = MySql::default();
    let with = MySql::default().with(1205, Outcome::Failure);
    let codes = [1062, 1064, 1213, 1205, 1146, 2013, 9003, 1040].map(MySqlError::of);
    let message = b"Duplicate entry 'a' for key 'users.email'";
    let whole = MySqlError { code: 1062, sqlstate: b"23000", message };
    let unknown = MySqlError { code: 1305, sqlstate: b"42000", message };
    [
        measure("MySql, number", Some(BUDGET), &codes, |error| {
            black_box(mysql.classify(error));
        }),
        measure("MySql, number, one override", Some(BUDGET), &codes, |error| {
            black_box(with.classify(error));
        }),
        measure("MySql, whole errors", Some(BUDGET), &[whole, unknown], |error| {
            black_box(mysql.classify(error));
        }),
    ]
}

fn mongo() -> Row {
    let mongo = Mongo::default();
    let errors = [11_000, 112, 10_107, 50, 462, 91, 26, 51_075].map(MongoError::of);
    measure("Mongo", Some(BUDGET), &errors, |error| {
        black_box(mongo.classify(error));
    })
}

fn redis() -> Row {
    let redis = Redis::default();
    let lines: [&[u8]; 8] = [
        b"WRONGTYPE Operation against a key holding the wrong kind of value",
        b"MOVED 3999 127.0.0.1:6381",
        b"NOSCRIPT No matching script. Please use EVAL.",
        b"ERR syntax error",
        b"READONLY You can't write against a read only replica.",
        b"OOM command not allowed when used memory > 'maxmemory'.",
        b"LOADING Redis is loading the dataset in memory",
        b"CLUSTERDOWN Hash slot not served",
    ];
    measure("Redis", Some(BUDGET), &lines, |line| {
        black_box(redis.classify(*line));
    })
}

fn refusals() -> [Row; 4] {
    let busy =
        Rejection::new(Rejected::Overloaded, Scope::Node).retry_after(Duration::from_millis(1_200));
    [
        measure("refusal, HTTP", None, &[busy], |busy| {
            black_box(HttpRejection::of(busy));
        }),
        measure("refusal, gRPC", None, &[busy], |busy| {
            black_box(GrpcRejection::of(busy));
        }),
        measure("refusal, MySQL packet", None, &[busy], |busy| {
            let refusal = MySqlRejection::of(busy, Moment::Statement);
            written(|packet| refusal.write_packet(busy, 1, packet));
        }),
        measure("refusal, Redis line", None, &[busy], |busy| {
            written(|line| write_line(busy, line));
        }),
    ]
}

fn main() -> ExitCode {
    let rows: Vec<Row> = http()
        .into_iter()
        .chain([grpc()])
        .chain(mysql())
        .chain([mongo(), redis()])
        .chain(refusals())
        .collect();
    timing::print("classify", &rows)
}
