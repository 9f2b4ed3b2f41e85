//! The port accepts a connection.

use tokio::net::TcpStream;

use super::CheckError;

pub(crate) async fn check(host: &str, port: u16) -> Result<(), CheckError> {
    TcpStream::connect((host, port)).await?;
    Ok(())
}
