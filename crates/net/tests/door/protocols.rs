//! Protocols on one port, the transport behind a request, and the end of a door.

use std::time::Duration;

use http::Version;
use seawall_net::{BindError, Door, DoorSettings, Http2Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::knock::{http1, http2, open, request, text};

#[tokio::test]
async fn one_port_answers_http1_and_http2() {
    let door = open(DoorSettings::default());
    let mut first = http1(door.connect().await).await;
    let answer = first.send_request(request("/")).await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_11);
    let mut second = http2(door.connect().await).await;
    let answer = second.send_request(request("/")).await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
}

#[tokio::test]
async fn requests_of_one_transport_share_a_peer_and_others_do_not() {
    let door = open(DoorSettings::default());
    let mut client = http2(door.connect().await).await;
    let first = text(client.send_request(request("/")).await.unwrap()).await;
    let second = text(client.send_request(request("/")).await.unwrap()).await;
    let other = door.get("/").await;
    assert_eq!(first, second);
    assert_ne!(first, other);
}

#[tokio::test]
async fn t09_a_peer_learns_that_its_transport_is_gone() {
    let mut door = open(DoorSettings::default());
    let mut client = http1(door.connect().await).await;
    client.send_request(request("/")).await.unwrap();
    let peer = door.peers.recv().await.unwrap();
    assert!(!peer.closed.is_cancelled());
    assert_eq!(peer.local, door.address);
    drop(client);
    peer.closed.cancelled().await;
}

#[tokio::test]
async fn a_transport_can_be_cut_from_a_request() {
    let mut door = open(DoorSettings::default());
    let mut client = http2(door.connect().await).await;
    client.send_request(request("/")).await.unwrap();
    let peer = door.peers.recv().await.unwrap();
    let open_call = client.send_request(request("/wait"));
    peer.cut.cancel();
    assert!(open_call.await.is_err());
    peer.closed.cancelled().await;
}

#[tokio::test]
async fn a_drain_lets_open_requests_finish_and_takes_no_new_ones() {
    let door = open(DoorSettings::default());
    let mut first = http1(door.connect().await).await;
    let mut second = http2(door.connect().await).await;
    let calls = [
        tokio::spawn(first.send_request(request("/wait"))),
        tokio::spawn(second.send_request(request("/wait"))),
    ];
    for _ in &calls {
        door.waiting.acquire().await.unwrap().forget();
    }
    door.drain.begin();
    while tokio::net::TcpStream::connect(door.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!door.served.is_finished());
    door.go_on.add_permits(calls.len());
    for call in calls {
        assert_eq!(text(call.await.unwrap().unwrap()).await, "done");
    }
    door.served.await.unwrap();
}

#[tokio::test]
async fn a_drain_cuts_those_who_stay_too_long() {
    let settings = DoorSettings { drain_timeout_ms: 50, ..DoorSettings::default() };
    let door = open(settings);
    let mut client = http2(door.connect().await).await;
    let call = tokio::spawn(client.send_request(request("/wait")));
    door.waiting.acquire().await.unwrap().forget();
    door.drain.begin();
    door.served.await.unwrap();
    assert!(call.await.unwrap().is_err());
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_drain() {
    let door = open(DoorSettings::default());
    let mut first = http1(door.connect().await).await;
    first.send_request(request("/")).await.unwrap();
    let mut second = http2(door.connect().await).await;
    second.send_request(request("/")).await.unwrap();
    door.drain.begin();
    tokio::time::timeout(Duration::from_secs(5), door.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_said_in_one_line() {
    let door = open(DoorSettings::default());
    let Err(error) = Door::bind(door.address, DoorSettings::default()) else {
        panic!("two doors on one port");
    };
    assert!(matches!(error, BindError::InUse { address } if address == door.address));
    assert!(!error.to_string().contains('\n'));
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, 0, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn pings_of_clients_are_all_answered_and_never_held_against_them() {
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const GO_AWAY: u8 = 7;
    const PINGS: usize = 1_000;
    let door = open(DoorSettings::default());
    let mut stream = door.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, &[])).await.unwrap();
    let mut answered = 0;
    for _ in 0..PINGS / 100 {
        stream.write_all(&frame(PING, &[7; 8]).repeat(100)).await.unwrap();
        let due = answered + 100;
        while answered < due {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut payload).await.unwrap();
            assert_ne!(head[3], GO_AWAY);
            answered += usize::from(head[3] == PING);
        }
    }
    assert_eq!(answered, PINGS);
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_taken_for_gone() {
    let http2 =
        Http2Settings { ping_interval_ms: 50, ping_timeout_ms: 50, ..Http2Settings::default() };
    let door = open(DoorSettings { http2, ..DoorSettings::default() });
    let mut stream = door.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(4, &[])).await.unwrap();
    crate::knock::until_closed(&mut stream).await;
}
