//! TLS beside plain connections, certificates that change, clients that show theirs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use seawall_net::{
    ClientCertificates, Door, DoorSettings, NetMetrics, TlsError, TlsMode, TlsSettings, self_signed,
};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::knock::{OpenDoor, http1, http2, open, request, serve, text, until_closed};

/// Certificates on disk and the settings that name them.
struct Files {
    dir: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Files {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(params, key).unwrap();
        let files = Self { dir: tempfile::tempdir().unwrap(), authority };
        std::fs::write(files.path("ca.pem"), files.authority.pem()).unwrap();
        files.write_server("localhost");
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write_server(&self, name: &str) {
        self.write("server", vec![SanType::DnsName(name.try_into().unwrap())]);
    }

    fn write(&self, file: &str, names: Vec<SanType>) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names;
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        std::fs::write(self.path(&format!("{file}.pem")), certificate.pem()).unwrap();
        std::fs::write(self.path(&format!("{file}.key")), key.serialize_pem()).unwrap();
    }

    fn settings(&self) -> TlsSettings {
        TlsSettings {
            certificates: Some(self.path("server.pem")),
            key: Some(self.path("server.key")),
            ..TlsSettings::default()
        }
    }

    /// A client that trusts the authority, and shows `client.pem` if told so.
    fn connector(&self, alpn: &[&[u8]], shows: bool) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = if shows {
            let chain = vec![CertificateDer::from_pem_file(self.path("client.pem")).unwrap()];
            let key = PrivateKeyDer::from_pem_file(self.path("client.key")).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        } else {
            builder.with_no_client_auth()
        };
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config).into()
    }

    async fn connect(
        &self,
        door: &OpenDoor,
        alpn: &[&[u8]],
        shows: bool,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        self.connector(alpn, shows).connect(name, door.connect().await).await
    }
}

fn with(tls: TlsSettings) -> DoorSettings {
    DoorSettings { tls, ..DoorSettings::default() }
}

#[tokio::test]
async fn one_port_answers_plain_and_tls_with_and_without_alpn() {
    let files = Files::new();
    let mut door = open(with(files.settings()));
    assert!(!door.get("/").await.is_empty());
    assert!(door.peers.recv().await.unwrap().tls.is_none());

    let stream = files.connect(&door, &[b"h2"], false).await.unwrap();
    let mut client = http2(stream).await;
    assert_eq!(client.send_request(request("/")).await.unwrap().status(), 200);
    let tls = door.peers.recv().await.unwrap().tls.clone().unwrap();
    assert_eq!((tls.server_name.as_deref(), tls.names.len()), (Some("localhost"), 0));

    let stream = files.connect(&door, &[b"http/1.1"], false).await.unwrap();
    let mut client = http1(stream).await;
    assert_eq!(client.send_request(request("/")).await.unwrap().status(), 200);

    // A client without ALPN is told apart by what it says inside.
    let stream = files.connect(&door, &[], false).await.unwrap();
    let mut client = http2(stream).await;
    assert_eq!(client.send_request(request("/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_door_for_tls_only_tells_plain_clients_so() {
    let files = Files::new();
    let tls = TlsSettings { mode: TlsMode::Required, ..files.settings() };
    let door = open(with(tls));
    let mut stream = door.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: door\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let said = String::from_utf8(until_closed(&mut stream).await).unwrap();
    assert!(said.starts_with("HTTP/1.1 426") && said.ends_with("TLS only"), "{said}");
    assert!(files.connect(&door, &[b"h2"], false).await.is_ok());
}

#[tokio::test]
async fn a_client_is_known_by_the_names_in_its_certificate() {
    let files = Files::new();
    let names = vec![
        SanType::DnsName("shop.example".try_into().unwrap()),
        SanType::URI("spiffe://seawall/shop".try_into().unwrap()),
    ];
    files.write("client", names);
    let tls = TlsSettings {
        client_ca: Some(files.path("ca.pem")),
        client_certificates: ClientCertificates::Request,
        ..files.settings()
    };
    let mut door = open(with(tls));
    let stream = files.connect(&door, &[b"h2"], true).await.unwrap();
    http2(stream).await.send_request(request("/")).await.unwrap();
    let peer = door.peers.recv().await.unwrap();
    assert_eq!(peer.tls.as_ref().unwrap().names, ["shop.example", "spiffe://seawall/shop"]);
    // Asked for, not required.
    let stream = files.connect(&door, &[b"h2"], false).await.unwrap();
    assert!(http2(stream).await.send_request(request("/")).await.is_ok());
}

#[tokio::test]
async fn a_required_client_certificate_is_required() {
    let files = Files::new();
    files.write("client", vec![SanType::DnsName("a.example".try_into().unwrap())]);
    let tls = TlsSettings {
        client_ca: Some(files.path("ca.pem")),
        client_certificates: ClientCertificates::Require,
        ..files.settings()
    };
    let door = open(with(tls));
    let stream = files.connect(&door, &[b"h2"], true).await.unwrap();
    assert!(http2(stream).await.send_request(request("/")).await.is_ok());

    // One from another authority is worse than none.
    let stranger = Files::new();
    stranger.write("client", vec![SanType::DnsName("a.example".try_into().unwrap())]);
    for file in ["client.pem", "client.key"] {
        std::fs::copy(stranger.path(file), files.path(file)).unwrap();
    }
    for shows in [false, true] {
        // With TLS 1.3 the client hears of it only with the first answer.
        let refused = match files.connect(&door, &[b"http/1.1"], shows).await {
            Ok(stream) => http1(stream).await.send_request(request("/")).await.is_err(),
            Err(_) => true,
        };
        assert!(refused, "shows a certificate: {shows}");
    }
}

/// The certificate the door shows now.
async fn shown(files: &Files, door: &OpenDoor) -> Option<Vec<u8>> {
    let stream = files.connect(door, &[b"h2"], false).await.ok()?;
    Some(stream.get_ref().1.peer_certificates()?.first()?.to_vec())
}

#[tokio::test]
async fn new_connections_see_certificates_that_were_replaced_on_disk() {
    let files = Files::new();
    let settings = with(TlsSettings { reload_interval_ms: 20, ..files.settings() });
    let door = open(settings);
    let first = shown(&files, &door).await.unwrap();
    files.write_server("localhost");
    while shown(&files, &door).await.is_none_or(|shown| shown == first) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_cannot_be_loaded_leaves_the_certificates_in_use() {
    let files = Files::new();
    let door = Door::bind(([127, 0, 0, 1], 0).into(), with(files.settings())).unwrap();
    let certificates = door.certificates().unwrap();
    let door = serve(door, NetMetrics::default());
    let first = shown(&files, &door).await.unwrap();
    std::fs::write(files.path("server.pem"), "half a file").unwrap();
    assert!(matches!(certificates.reload_if_changed(), Err(TlsError::NotPem { .. })));
    assert_eq!(shown(&files, &door).await, Some(first.clone()));
    files.write_server("localhost");
    assert!(certificates.reload_if_changed().unwrap());
    assert!(!certificates.reload_if_changed().unwrap());
    assert_ne!(shown(&files, &door).await, Some(first));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let files = Files::new();
    let error = |tls| match Door::bind(([127, 0, 0, 1], 0).into(), with(tls)) {
        Ok(_) => panic!("bound"),
        Err(error) => error.to_string(),
    };
    let required = TlsSettings { mode: TlsMode::Required, ..TlsSettings::default() };
    assert!(error(required).contains("`tls.certificates` is not set"));
    let no_key = TlsSettings { key: None, ..files.settings() };
    assert!(error(no_key).contains("`tls.key` is not set"));
    let gone = TlsSettings { key: Some("/nowhere/key".into()), ..files.settings() };
    assert!(error(gone).contains("cannot read /nowhere/key"));
    let no_ca =
        TlsSettings { client_certificates: ClientCertificates::Require, ..files.settings() };
    assert!(error(no_ca).contains("`tls.client_ca` is not set"));
}

#[tokio::test]
async fn a_self_signed_certificate_is_enough_to_begin_with() {
    let dir = tempfile::tempdir().unwrap();
    let made = self_signed(&["localhost", "127.0.0.1"]).unwrap();
    let write = |name: &str, text: &str| {
        let path = Path::new(dir.path()).join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let tls = TlsSettings {
        certificates: write("cert.pem", &made.certificate),
        key: write("key.pem", &made.key),
        ..TlsSettings::default()
    };
    let door = open(with(tls));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, door.connect().await).await.unwrap();
    let answer = http1(stream).await.send_request(request("/")).await.unwrap();
    assert!(!text(answer).await.is_empty());
}
