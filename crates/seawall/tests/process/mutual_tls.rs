//! Commands against a node that takes TLS only and asks for a certificate.

use std::process::Output;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};

use crate::node::{Node, run, stderr, stdout};

/// An authority, a node's certificate and a client's, as files.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(files.path("ca.pem"), authority.pem()).unwrap();
        let address = SanType::IpAddress("127.0.0.1".parse().unwrap());
        files.sign(&authority, "node", vec![address]);
        files.sign(&authority, "client", Vec::new());
        files
    }

    fn sign(
        &self,
        authority: &CertifiedIssuer<'static, KeyPair>,
        name: &str,
        subjects: Vec<SanType>,
    ) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = subjects;
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        std::fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
        std::fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// A node that demands certificates this authority signed.
    fn node(&self) -> Node {
        Node::dev(&[
            "--tls-mode",
            "required",
            "--tls-mutual",
            "require",
            "--tls-certificate",
            &self.path("node.pem"),
            "--tls-key",
            &self.path("node.key"),
            "--tls-client-ca",
            &self.path("ca.pem"),
        ])
    }

    /// The flags of a command that shows the client's certificate, each with `prefix`.
    fn shown(&self, prefix: &str) -> Vec<String> {
        let files = [("ca", "ca.pem"), ("certificate", "client.pem"), ("key", "client.key")];
        let flags = files.map(|(flag, file)| [format!("--{prefix}{flag}"), self.path(file)]);
        flags.into_iter().flatten().collect()
    }
}

fn address(node: &Node) -> String {
    format!("https://127.0.0.1:{}", node.http)
}

/// Runs a command against `node` with its first login and further arguments.
fn command(node: &Node, words: &[&str], more: &[String]) -> Output {
    let (user, password) = node.first_login();
    let address = address(node);
    let mut arguments = words.to_vec();
    arguments.extend(["--address", &address, "--username", &user, "--password", &password]);
    arguments.extend(more.iter().map(String::as_str));
    run(&arguments)
}

#[test]
fn commands_show_their_certificate() {
    let files = Files::new();
    let node = files.node();
    let shown = files.shown("");
    let status = command(&node, &["status"], &shown);
    assert!(status.status.success(), "{}{}", stdout(&status), stderr(&status));

    let only_ca = command(&node, &["status"], &shown[..2]);
    assert_eq!(only_ca.status.code(), Some(3), "{}", stderr(&only_ca));
    assert!(stderr(&only_ca).contains("--certificate"), "{}", stderr(&only_ca));
    let not_trusted = command(&node, &["status"], &shown[2..]);
    assert_eq!(not_trusted.status.code(), Some(3), "{}", stderr(&not_trusted));
    assert!(stderr(&not_trusted).contains("--ca"), "{}", stderr(&not_trusted));
    let no_key = [shown[..2].to_vec(), vec!["--certificate".to_owned(), files.path("ca.pem")]];
    let no_key = command(&node, &["status"], &no_key.concat());
    assert_eq!(no_key.status.code(), Some(2), "{}", stderr(&no_key));
}

#[test]
fn an_import_shows_one_certificate_to_the_source_and_one_to_the_node() {
    let (there, here) = (Files::new(), Files::new());
    let (source, node) = (there.node(), here.node());
    let (user, password) = source.first_login();
    let mut more = [here.shown(""), there.shown("from-")].concat();
    more.extend(["--from".to_owned(), format!("{}/nacos", address(&source))]);
    more.extend(["--from-username".to_owned(), user, "--from-password".to_owned(), password]);
    let imported = command(&node, &["nacos", "import"], &more);
    assert!(imported.status.success(), "{}{}", stdout(&imported), stderr(&imported));
    let mixed_up = [here.shown(""), here.shown("from-"), more[12..].to_vec()].concat();
    let refused = command(&node, &["nacos", "import"], &mixed_up);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("--from-ca"), "{}", stderr(&refused));
}
