//! As much of a MySQL server as a check meets (MySQL Internals, Client/Server
//! Protocol, "Connection Phase" and "Text Protocol").

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::mysql_login::{Login, NONCE};

const OK: &[u8] = b"\x00\x00\x00\x02\x00\x00\x00";
const EOF: &[u8] = b"\xfe\x00\x00\x02\x00";
const COM_QUIT: u8 = 1;

/// Who is let in, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) user: &'static str,
    pub(super) password: &'static str,
    pub(super) login: Login,
    /// What the server takes users for until it knows who it is.
    pub(super) greets_as: Login,
}

impl Account {
    /// One of an old server, which knows no other way.
    pub(super) const fn native(user: &'static str, password: &'static str) -> Self {
        Self { user, password, login: Login::Native, greets_as: Login::Native }
    }
}

/// A server that lets `account` in and answers `statements` with one row.
pub(super) async fn server(
    account: Account,
    statements: Vec<&'static str>,
    row: &[&'static str],
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let row = row.to_vec();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serve(stream, account, &statements, &row).await;
        }
    });
    port
}

async fn serve(
    mut stream: TcpStream,
    account: Account,
    statements: &[&str],
    row: &[&str],
) -> std::io::Result<()> {
    send(&mut stream, 0, &greeting(account.greets_as)).await?;
    let (sequence, login) = receive(&mut stream).await?;
    let (user, mut scramble) = named(&login);
    let mut next = sequence + 1;
    if account.login.plugin() != account.greets_as.plugin() {
        let plugin = account.login.plugin().as_bytes();
        send(&mut stream, next, &[b"\xfe", plugin, b"\0", NONCE, b"\0"].concat()).await?;
        let (sequence, answer) = receive(&mut stream).await?;
        (next, scramble) = (sequence + 1, answer);
    }
    let (knows, next) =
        account.login.admits(&mut stream, next, &scramble, account.password).await?;
    if !knows || user != account.user.as_bytes() {
        return send(&mut stream, next, &error(1045)).await;
    }
    send(&mut stream, next, OK).await?;
    loop {
        let (_, command) = receive(&mut stream).await?;
        match command.split_first() {
            None | Some((&COM_QUIT, _)) => return Ok(()),
            Some((_, statement)) if statements.iter().any(|s| s.as_bytes() == statement) => {
                answer(&mut stream, row).await?;
            }
            Some(_) => send(&mut stream, 1, &error(1064)).await?,
        }
    }
}

async fn answer(stream: &mut TcpStream, row: &[&str]) -> std::io::Result<()> {
    send(stream, 1, &[u8::try_from(row.len()).unwrap()]).await?;
    let mut sequence = 2;
    for _ in row {
        let names = ["def", "", "", "", "c", ""].map(text).concat();
        let rest = b"\x0c\x21\x00\xff\x00\x00\x00\xfd\x00\x00\x00\x00\x00";
        send(stream, sequence, &[&names, &rest[..]].concat()).await?;
        sequence += 1;
    }
    send(stream, sequence, EOF).await?;
    let values: Vec<u8> = row.iter().copied().flat_map(text).collect();
    send(stream, sequence + 1, &values).await?;
    send(stream, sequence + 2, EOF).await
}

/// User and hashed password of a log-in ("Protocol::HandshakeResponse41").
fn named(login: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let names = &login[32..];
    let end = names.iter().position(|byte| *byte == 0).unwrap();
    let (user, rest) = (&names[..end], &names[end + 1..]);
    let length = usize::from(rest[0]);
    (user.to_vec(), rest[1..=length].to_vec())
}

/// Protocol 10; 4.1 protocol, secure connection, plugin names.
fn greeting(login: Login) -> Vec<u8> {
    let mut packet = b"\x0a8.0.0\0\x01\0\0\0".to_vec();
    packet.extend(&NONCE[..8]);
    packet.push(0);
    packet.extend(0x8200_u16.to_le_bytes());
    packet.push(33);
    packet.extend(2_u16.to_le_bytes());
    packet.extend(0x0008_u16.to_le_bytes());
    packet.push(21);
    packet.extend([0; 10]);
    packet.extend([&NONCE[8..], b"\0", login.plugin().as_bytes(), b"\0"].concat());
    packet
}

fn error(code: u16) -> Vec<u8> {
    [b"\xff", &code.to_le_bytes()[..], b"#28000refused"].concat()
}

fn text(value: &str) -> Vec<u8> {
    [&[u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
}

pub(super) async fn send(stream: &mut TcpStream, sequence: u8, body: &[u8]) -> std::io::Result<()> {
    let mut packet = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    packet[3] = sequence;
    packet.extend(body);
    stream.write_all(&packet).await
}

pub(super) async fn receive(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).await?;
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut body = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut body).await?;
    Ok((header[3], body))
}
