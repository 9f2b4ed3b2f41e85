//! What the door does not put up with, and how it says so.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use proptest::{strategy::Strategy, test_runner::TestRunner};
use seawall_net::{ConnectionLimits, DoorSettings};
use tokio::io::AsyncWriteExt;

use crate::knock::{http1, http2, open, open_with, request, text, until_closed};

#[tokio::test]
async fn a_connection_over_the_limit_is_told_why() {
    let door = open_with(DoorSettings::default(), ConnectionLimits { total: 1, per_ip: 0 });
    let mut first = http1(door.connect().await).await;
    first.send_request(request("/")).await.unwrap();

    let mut refused = http1(door.connect().await).await;
    let answer = refused.send_request(request("/")).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(text(answer).await.contains("maximum of 1 connections"));

    let mut refused = http2(door.connect().await).await;
    let mut call = request("/Request/request");
    call.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    let answer = refused.send_request(call).await.unwrap();
    assert_eq!(answer.headers()["grpc-status"], "8");

    let counted = door.counted();
    for line in [
        r#"seawall_connections_refused_total{reason="Total"} 2"#,
        "seawall_connections_accepted_total 1",
        "seawall_connections_open 1",
    ] {
        assert!(counted.contains(line), "{line}\nis not in\n{counted}");
    }

    // Giving the place back lets the next one in.
    drop(first);
    loop {
        let mut next = http1(door.connect().await).await;
        if next.send_request(request("/")).await.is_ok_and(|answer| answer.status() == 200) {
            break;
        }
    }
}

#[tokio::test]
async fn one_address_has_a_limit_of_its_own() {
    let door = open_with(DoorSettings::default(), ConnectionLimits { total: 9, per_ip: 1 });
    let mut first = http1(door.connect().await).await;
    first.send_request(request("/")).await.unwrap();
    let mut refused = http1(door.connect().await).await;
    let answer = refused.send_request(request("/")).await.unwrap();
    assert!(text(answer).await.contains("your address"));
}

fn impatient() -> DoorSettings {
    DoorSettings {
        header_read_timeout_ms: 100,
        handshake_timeout_ms: 100,
        ..DoorSettings::default()
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let door = open(impatient());
    for start in ["", "P", "GET / HTTP/1.1\r\nhost: door\r\n", "PRI * HTTP/2.0\r\n", "\u{16}\u{3}"]
    {
        let mut stream = door.connect().await;
        stream.write_all(start.as_bytes()).await.unwrap();
        // Returns only because the door closes.
        until_closed(&mut stream).await;
    }
    assert!(!door.get("/").await.is_empty());
}

#[tokio::test]
async fn a_head_fed_byte_by_byte_is_cut_in_the_same_time() {
    let door = open(impatient());
    let mut stream = door.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    while stream.write_all(b"a: b\r\n").await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn heads_and_bodies_have_a_size() {
    let settings =
        DoorSettings { body_bytes_max: 100, header_bytes_max: 8_192, ..DoorSettings::default() };
    let door = open(settings);
    let post = |body: Vec<u8>| {
        let mut post = request("/length").map(|_| Full::new(Bytes::from(body)));
        *post.method_mut() = http::Method::POST;
        post
    };
    let mut client = http2(door.connect().await).await;
    let fits = client.send_request(post(vec![0; 100])).await.unwrap();
    assert_eq!(text(fits).await, "100");
    let declared = client.send_request(post(vec![0; 101])).await.unwrap();
    assert_eq!(declared.status(), 413);

    // Without a declared length it is counted as it arrives.
    let mut stream = door.connect().await;
    let head = "POST /length HTTP/1.1\r\nhost: door\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = format!("65\r\n{}\r\n0\r\n\r\n", "x".repeat(101));
    stream.write_all(format!("{head}{chunk}").as_bytes()).await.unwrap();
    let said = String::from_utf8(until_closed(&mut stream).await).unwrap();
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");

    let mut stream = door.connect().await;
    let head = format!("GET / HTTP/1.1\r\nhost: door\r\na: {}\r\n\r\n", "x".repeat(20_000));
    // The door may close while we still write.
    let _ = stream.write_all(head.as_bytes()).await;
    let said = until_closed(&mut stream).await;
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 431"));
}

#[tokio::test]
async fn grpc_bodies_have_no_sum() {
    let door = open(DoorSettings { body_bytes_max: 10, ..DoorSettings::default() });
    let mut client = http2(door.connect().await).await;
    let mut call = request("/length").map(|_| Full::new(Bytes::from(vec![0; 50])));
    *call.method_mut() = http::Method::POST;
    call.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    let answer = client.send_request(call).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "50");
}

#[tokio::test]
async fn nothing_anybody_sends_ends_the_door() {
    let door = open(impatient());
    let mut runner = TestRunner::deterministic();
    let bytes = proptest::collection::vec(proptest::num::u8::ANY, 0..200);
    for _ in 0..50 {
        let noise = bytes.new_tree(&mut runner).unwrap();
        let noise = proptest::strategy::ValueTree::current(&noise);
        for start in
            [&b""[..], b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET "]
        {
            let mut stream = door.connect().await;
            // The door may hang up on us while we speak.
            let _ = stream.write_all(start).await;
            let _ = stream.write_all(&noise).await;
        }
    }
    assert!(!door.get("/").await.is_empty());
}
