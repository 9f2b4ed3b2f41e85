//! A node in a process of its own, on free loopback ports and a fresh directory.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

/// How long a node may take until it says that it is ready.
const READY: Duration = Duration::from_secs(60);

/// A running node; killed when dropped.
pub(crate) struct Node {
    child: Child,
    /// Port of its HTTP door.
    pub(crate) http: u16,
    /// Everything it printed until it was ready.
    pub(crate) banner: String,
    /// Reads its log until it ends.
    log: Option<JoinHandle<String>>,
    data: tempfile::TempDir,
}

/// The binary, ready for arguments, with no setting taken over from outside.
pub(crate) fn seawall() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEAWALL_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    seawall().args(arguments).output().unwrap()
}

/// What a finished command wrote to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a finished command wrote to standard output.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A pair of ports nobody listens on at the moment.
pub(crate) fn free_ports() -> (u16, u16) {
    let [http, grpc] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    (http.local_addr().unwrap().port(), grpc.local_addr().unwrap().port())
}

impl Node {
    /// Starts `seawall dev` with these further arguments and waits until it serves.
    pub(crate) fn dev(arguments: &[&str]) -> Self {
        Self::start("dev", tempfile::tempdir().unwrap(), arguments, &[])
    }

    /// Starts `seawall server` whose administrator has this password.
    pub(crate) fn server(password: &str) -> Self {
        let environment = [("SEAWALL_ADMIN_PASSWORD", password)];
        Self::start("server", tempfile::tempdir().unwrap(), &["--bind", "127.0.0.1"], &environment)
    }

    fn start(
        mode: &str,
        data: tempfile::TempDir,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let (http, grpc) = free_ports();
        let mut child = seawall()
            .arg(mode)
            .arg("--data")
            .arg(data.path().join("data"))
            .args(["--http-port", &http.to_string(), "--grpc-port", &grpc.to_string()])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (banner, log) = read_banner(&mut child);
        Self { child, http, banner, log: Some(log), data }
    }

    /// Starts another process on the same data, after this one was stopped.
    pub(crate) fn restarted(mut self, mode: &str) -> Self {
        self.stop();
        let data = std::mem::replace(&mut self.data, tempfile::tempdir().unwrap());
        Self::start(mode, data, &[], &[])
    }

    /// Where the node answers.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// The node's data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// Runs a command against this node.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut all = arguments.to_vec();
        let address = self.address();
        all.extend(["--address", &address]);
        run(&all)
    }

    /// The user and the password of the first login.
    pub(crate) fn first_login(&self) -> (String, String) {
        let words: Vec<_> = self.banner.split_whitespace().collect();
        let after = |word| {
            let position = words.iter().position(|each| *each == word).expect("a first login");
            words[position + 1].to_owned()
        };
        (after("user"), after("password"))
    }

    /// Sends SIGTERM and returns the exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Everything it logged, once it was stopped.
    pub(crate) fn log(&mut self) -> String {
        self.log.take().expect("asked once").join().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have been stopped already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what the process prints until it is ready, and goes on reading its log; panics
/// with what it said if it ends or takes too long.
fn read_banner(child: &mut Child) -> (String, JoinHandle<String>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut errors = child.stderr.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut banner = String::new();
        // The banner ends with an empty line after its last paragraph.
        for line in lines.by_ref().map_while(Result::ok) {
            banner.push_str(&line);
            banner.push('\n');
            let whole = banner.contains("is ready") && banner.ends_with("\n\n");
            if whole && sender.send(banner.clone()).is_err() {
                return;
            }
        }
    });
    let drained = std::thread::spawn(move || {
        let mut text = String::new();
        // Read to the end so that the node never waits for us to read its log.
        let _ = errors.read_to_string(&mut text);
        text
    });
    let mut banner = match receiver.recv_timeout(READY) {
        Ok(banner) => banner,
        Err(_) => {
            let _ = child.kill();
            panic!("the node did not become ready: {}", drained.join().unwrap_or_default());
        }
    };
    // Later paragraphs are printed in one write with the first.
    while let Ok(longer) = receiver.recv_timeout(Duration::from_millis(50)) {
        banner = longer;
    }
    (banner, drained)
}

/// A directory with one file in it.
pub(crate) fn file_with(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

/// The path as an argument.
pub(crate) fn argument(path: &Path) -> &str {
    path.to_str().unwrap()
}
