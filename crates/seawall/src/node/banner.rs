//! What `dev` and `server` print for the person who started them.

use std::net::SocketAddr;

use seawall_identity::FirstLogin;

use super::serve::Mode;

/// What there is to say once the node serves.
pub(super) struct Banner<'a> {
    pub(super) mode: Mode,
    pub(super) http: SocketAddr,
    pub(super) grpc: SocketAddr,
    pub(super) data: &'a std::path::Path,
    pub(super) first_login: Option<&'a FirstLogin>,
}

impl Banner<'_> {
    /// The text, ready to be printed.
    pub(super) fn text(&self) -> String {
        let (http, grpc) = (reachable(self.http), reachable(self.grpc));
        let mut text = format!(
            "Seawall {} is ready\n\n\
             \x20 HTTP    http://{http}   Nacos API under /nacos, also gRPC and TLS on this port\n\
             \x20 gRPC    {grpc}          for Nacos 2.x and 3.x clients\n\
             \x20 data    {}\n",
            env!("CARGO_PKG_VERSION"),
            self.data.display(),
        );
        match self.first_login {
            Some(login) => text.push_str(&format!(
                "\nFirst login (shown once):  user {}  password {}\n",
                login.username,
                login.password.reveal(),
            )),
            None if self.mode == Mode::Dev => {
                text.push_str("\nThe login is the one shown at the first start of this data.\n");
            }
            None => {}
        }
        if self.mode == Mode::Dev {
            text.push_str(&format!(
                "\nTry:\n\
                 \x20 curl -X POST 'http://{http}/nacos/v1/cs/configs' -d 'dataId=greeting&group=DEFAULT_GROUP&content=hello'\n\
                 \x20 curl 'http://{http}/nacos/v1/cs/configs?dataId=greeting&group=DEFAULT_GROUP'\n\
                 \x20 {}\n",
                self.status_command(http),
            ));
        }
        text
    }

    /// How to ask for the status, ready to be pasted: with the program as it was
    /// started, and with the password where it is shown anyway.
    fn status_command(&self, http: SocketAddr) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "seawall".to_owned());
        let (username, password) = match self.first_login {
            Some(login) => (login.username.as_str(), login.password.reveal()),
            None => ("nacos", "PASSWORD"),
        };
        format!(
            "{program} status --address http://{http} --username {username} --password {password}"
        )
    }
}

/// An address a person can use: a listener on every address is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
            SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), v4.port())
        }
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), v6.port())
        }
        other => other,
    }
}
