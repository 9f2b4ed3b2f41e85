//! When checks are done, and what servers that answer or do not mean.

mod fake_mysql;
mod mysql_login;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use seawall_clock::{Instant, SystemClock};
use seawall_topology::Namespace;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use fake_mysql::Account;
use mysql_login::Login;

use super::*;
use crate::{
    CheckSettings, ClusterName, HealthChecker, InstanceAddress, ServiceKey,
    core::{CheckChange, CheckPlan},
};

fn change(port: u16, healthy: bool) -> CheckChange {
    CheckChange {
        service: ServiceKey::parse(Namespace::public(), "", "s").unwrap(),
        address: InstanceAddress::new("127.0.0.1", port, ClusterName::default()),
        plan: Some(CheckPlan { checker: HealthChecker::Tcp, port, healthy }),
    }
}

fn at(millis: u64) -> Instant {
    Instant::from_start(Duration::from_millis(millis))
}

/// Runs the only check that is due next; when it was due, and what followed.
fn step(schedule: &mut CheckSchedule, passed: bool, took_ms: u64) -> (u64, Option<bool>) {
    let due = schedule.next_due().unwrap();
    let job = schedule.take_due(due).unwrap();
    let took = Duration::from_millis(took_ms);
    let verdict = schedule.finish(due + took, job.id, passed, took);
    let due_ms = u64::try_from(due.since_start().as_millis()).unwrap();
    (due_ms, verdict.map(|verdict| verdict.healthy))
}

#[test]
fn three_failures_in_a_row_make_unhealthy_and_three_passes_healthy() {
    let mut schedule = CheckSchedule::new(CheckSettings::default());
    schedule.change(at(0), change(1, true));
    let results = [false, false, true, false, false, false, true, true, true];
    let verdicts: Vec<_> = results.iter().map(|passed| step(&mut schedule, *passed, 1).1).collect();
    let mut expected = vec![None; 9];
    (expected[5], expected[8]) = (Some(false), Some(true));
    assert_eq!(verdicts, expected);
}

#[test]
fn the_interval_grows_while_all_is_well_and_is_short_in_doubt() {
    let mut schedule = CheckSchedule::new(CheckSettings::default());
    schedule.change(at(0), change(1, true));
    let mut due: Vec<_> = (0..7).map(|_| step(&mut schedule, true, 0).0).collect();
    let intervals: Vec<_> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(intervals, [1_500, 2_250, 3_375, 5_000, 5_000, 5_000]);
    due = (0..3).map(|_| step(&mut schedule, false, 0).0).collect();
    assert_eq!(due[2] - due[1], 1_000);
}

#[test]
fn a_slow_server_is_asked_less_often() {
    let mut schedule = CheckSchedule::new(CheckSettings::default());
    schedule.change(at(0), change(1, true));
    let (first, _) = step(&mut schedule, true, 200);
    assert_eq!(schedule.next_due(), Some(at(first + 200 + 4_000)));
}

#[test]
fn a_result_of_an_old_plan_means_nothing() {
    let settings = CheckSettings { confirmations: 1, ..CheckSettings::default() };
    let mut schedule = CheckSchedule::new(settings);
    schedule.change(at(0), change(1, true));
    let job = schedule.take_due(at(5_000)).unwrap();
    schedule.change(at(5_000), CheckChange { plan: None, ..change(1, true) });
    assert_eq!(schedule.finish(at(5_001), job.id, false, Duration::ZERO), None);
    assert_eq!(schedule.next_due(), None);
    schedule.change(at(6_000), change(1, true));
    assert_eq!(schedule.finish(at(6_001), job.id, false, Duration::ZERO), None);
}

#[test]
fn nothing_is_checked_when_checks_are_off() {
    let mut schedule = CheckSchedule::new(CheckSettings { enabled: false, ..Default::default() });
    schedule.change(at(0), change(1, true));
    assert_eq!(schedule.next_due(), None);
}

/// A server that reads something and answers each connection with `answer`.
async fn server(answer: &'static [u8]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 1_024];
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            log.lock().push(String::from_utf8_lossy(&buffer[..read]).into_owned());
            let _ = stream.write_all(answer).await;
        }
    });
    (port, asked)
}

#[tokio::test]
async fn an_http_check_wants_its_status() {
    let (port, asked) = server(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
    let headers = BTreeMap::from([("x-probe".to_owned(), "1".to_owned())]);
    assert!(http::check("127.0.0.1", port, "up?a=b", &headers, 204).await.is_ok());
    let refused = http::check("127.0.0.1", port, "/up", &headers, 200).await;
    assert!(matches!(refused, Err(CheckError::Status(204))));
    let request = asked.lock()[0].to_lowercase();
    assert!(request.starts_with("get /up?a=b http/1.1\r\n"), "{request}");
    assert!(request.contains("x-probe: 1") && request.contains(&format!("host: 127.0.0.1:{port}")));
}

#[tokio::test]
async fn an_http_check_of_something_else_fails() {
    let (port, _) = server(b"SSH-2.0-x\r\n").await;
    let refused = http::check("127.0.0.1", port, "/", &BTreeMap::new(), 200).await;
    assert!(matches!(refused, Err(CheckError::Http(_))));
    let bad = BTreeMap::from([("bad name".to_owned(), String::new())]);
    assert!(http::check("127.0.0.1", port, "/", &bad, 200).await.is_err());
}

#[tokio::test]
async fn a_mysql_check_logs_in_and_asks() {
    let port = fake_mysql::server(Account::native("ro", "secret"), vec!["SELECT 1"], &["1"]).await;
    assert!(mysql::check("127.0.0.1", port, "ro", "secret", "SELECT 1").await.is_ok());
    let refused = mysql::check("127.0.0.1", port, "other", "secret", "SELECT 1").await;
    assert!(matches!(refused, Err(CheckError::Mysql(_))), "{refused:?}");
    let refused = mysql::check("127.0.0.1", port, "ro", "secret", "SELEC 1").await;
    assert!(matches!(refused, Err(CheckError::Mysql(_))), "{refused:?}");
}

#[tokio::test]
async fn a_mysql_check_knows_the_passwords_of_old_and_new_servers() {
    use Login::{Cached, Full, Native};
    // What the server says at first and what the user's account then wants.
    for (greets_as, login) in [
        (Native, Native),
        (Cached, Native),
        (Native, Cached),
        (Native, Full),
        (Cached, Cached),
        (Cached, Full),
    ] {
        let account = Account { user: "ro", password: "sécret", login, greets_as };
        let port = fake_mysql::server(account, vec!["SELECT 1"], &["1"]).await;
        let passed = mysql::check("127.0.0.1", port, "ro", "sécret", "SELECT 1").await;
        assert!(passed.is_ok(), "{greets_as:?} {login:?}: {passed:?}");
        let refused = mysql::check("127.0.0.1", port, "ro", "wrong", "SELECT 1").await;
        assert!(matches!(refused, Err(CheckError::Mysql(_))), "{greets_as:?} {login:?}");
    }
}

#[tokio::test]
async fn a_mysql_server_that_takes_no_writes_fails_the_check_for_writers() {
    let statement = "show global variables where variable_name='read_only'";
    for (value, passes) in [("OFF", true), ("ON", false)] {
        let port =
            fake_mysql::server(Account::native("u", "p"), vec![statement], &["read_only", value])
                .await;
        let result = mysql::check("127.0.0.1", port, "u", "p", statement).await;
        assert_eq!(result.is_ok(), passes, "{value}: {result:?}");
    }
}

#[tokio::test]
async fn the_runner_finds_out_who_answers_and_who_does_not() {
    let (alive, _) = server(b"").await;
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let settings = CheckSettings {
        concurrent_max: 1,
        interval_min_ms: 1,
        interval_max_ms: 5,
        ..CheckSettings::default()
    };
    let board = Arc::new(CheckBoard::new(settings, Arc::new(SystemClock::new())));
    let stop = CancellationToken::new();
    let (sender, mut verdicts) = mpsc::unbounded_channel();
    let runner = tokio::spawn(run(board.clone(), stop.clone(), move |verdict| {
        let _ = sender.send((verdict.address.port, verdict.healthy));
    }));
    board.change(change(alive, false));
    board.change(change(dead, true));
    let mut found = [verdicts.recv().await.unwrap(), verdicts.recv().await.unwrap()];
    found.sort_by_key(|(port, _)| *port != alive);
    assert_eq!(found, [(alive, true), (dead, false)]);
    let made = board.counts();
    // Three in a row change what is believed.
    assert!(made.tcp >= 6 && (made.http, made.mysql) == (0, 0), "{made:?}");
    stop.cancel();
    runner.await.unwrap();
}
