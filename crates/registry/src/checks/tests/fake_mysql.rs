//! As much of a MySQL server as a check meets (MySQL Internals, Client/Server
//! Protocol, "Connection Phase" and "Text Protocol").

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const OK: &[u8] = b"\x00\x00\x00\x02\x00\x00\x00";
const EOF: &[u8] = b"\xfe\x00\x00\x02\x00";
const COM_QUIT: u8 = 1;

/// A server that lets `user` in and answers `statements` with one row.
pub(super) async fn server(
    user: &'static str,
    statements: Vec<&'static str>,
    row: &[&'static str],
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let row = row.to_vec();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serve(stream, user, &statements, &row).await;
        }
    });
    port
}

async fn serve(
    mut stream: TcpStream,
    user: &str,
    statements: &[&str],
    row: &[&str],
) -> std::io::Result<()> {
    send(&mut stream, 0, &greeting()).await?;
    let (sequence, login) = receive(&mut stream).await?;
    let named = [user.as_bytes(), b"\0\x14"].concat();
    if !login.windows(named.len()).any(|part| part == named) {
        return send(&mut stream, sequence + 1, &error(1045)).await;
    }
    send(&mut stream, sequence + 1, OK).await?;
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

/// Protocol 10, native passwords; 4.1 protocol, secure connection, plugin names.
fn greeting() -> Vec<u8> {
    let mut packet = b"\x0a8.0.0\0\x01\0\0\0abcdefgh\0".to_vec();
    packet.extend(0x8200_u16.to_le_bytes());
    packet.push(33);
    packet.extend(2_u16.to_le_bytes());
    packet.extend(0x0008_u16.to_le_bytes());
    packet.push(21);
    packet.extend([0; 10]);
    packet.extend(b"ijklmnopqrst\0mysql_native_password\0");
    packet
}

fn error(code: u16) -> Vec<u8> {
    [b"\xff", &code.to_le_bytes()[..], b"#28000refused"].concat()
}

fn text(value: &str) -> Vec<u8> {
    [&[u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
}

async fn send(stream: &mut TcpStream, sequence: u8, body: &[u8]) -> std::io::Result<()> {
    let mut packet = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    packet[3] = sequence;
    packet.extend(body);
    stream.write_all(&packet).await
}

async fn receive(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).await?;
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut body = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut body).await?;
    Ok((header[3], body))
}
