//! Running cases: time limits, waits, and clients for them.

use std::fmt::Debug;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nacos_sdk::api::config::{
    ConfigChangeListener, ConfigResponse, ConfigService, ConfigServiceBuilder,
};
use nacos_sdk::api::error::Error;
use nacos_sdk::api::naming::{
    NamingChangeEvent, NamingEventListener, NamingService, NamingServiceBuilder, ServiceInstance,
};
use nacos_sdk::api::props::ClientProps;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How long a client may take to notice a restart and to repeat what it had done.
pub const REDO: Duration = Duration::from_secs(40);

/// How long any other event may take.
pub const SOON: Duration = Duration::from_secs(10);

pub const GROUP: &str = "DEFAULT_GROUP";

/// How a case ends early.
pub enum End {
    Fail(String),
    Skip(String),
}

impl<E: std::error::Error> From<E> for End {
    fn from(error: E) -> Self {
        Self::Fail(format!("{error:?}"))
    }
}

pub fn fail<T>(what: impl Into<String>) -> Result<T, End> {
    Err(End::Fail(what.into()))
}

pub type Outcome = Result<(), End>;
type Body = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One behaviour that has to hold, within a limit.
pub struct Case {
    pub name: &'static str,
    limit: Duration,
    body: Box<dyn FnOnce(Arc<Trial>) -> Body + Send>,
}

pub fn case<F>(name: &'static str, seconds: u64, body: fn(Arc<Trial>) -> F) -> Case
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let body = Box::new(move |trial| Box::pin(body(trial)) as Body);
    Case { name, limit: Duration::from_secs(seconds), body }
}

impl Case {
    /// Runs and reports one case; true when it failed.
    pub async fn run(self) -> bool {
        let started = Instant::now();
        let trial = Arc::new(Trial::new(self.name));
        let task = tokio::spawn((self.body)(trial));
        let (verdict, detail) = match timeout(self.limit, task).await {
            Err(_) => ("FAIL", format!("still running after {:?}", self.limit)),
            Ok(Err(panic)) => ("FAIL", panic.to_string()),
            Ok(Ok(Ok(()))) => ("PASS", String::new()),
            Ok(Ok(Err(End::Fail(why)))) => ("FAIL", why),
            Ok(Ok(Err(End::Skip(why)))) => ("SKIP", why),
        };
        let detail = detail.split_whitespace().collect::<Vec<_>>().join(" ");
        println!("CASE {} {verdict} {} {detail}", self.name, started.elapsed().as_millis());
        verdict == "FAIL"
    }
}

/// One run of a case, with names of its own.
pub struct Trial {
    pub unique: String,
    clients: AtomicU32,
}

/// What differs between the clients of the cases.
#[derive(Clone, Default)]
pub struct Options {
    pub namespace: String,
    pub guarded: bool,
    pub login: Option<(String, String)>,
}

pub fn admin() -> Options {
    let read = |name| std::env::var(name).unwrap_or_default();
    Options {
        guarded: true,
        login: Some((read("SEAWALL_AUTH_USER"), read("SEAWALL_AUTH_PASSWORD"))),
        ..Options::default()
    }
}

pub fn need_auth() -> Outcome {
    match std::env::var("SEAWALL_AUTH_ADDR") {
        Ok(_) => Ok(()),
        Err(_) => Err(End::Skip("no server with login".into())),
    }
}

impl Trial {
    fn new(name: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            unique: format!("{}-{}", name.replace('_', "-"), now.subsec_nanos()),
            clients: AtomicU32::new(0),
        }
    }

    /// A name for another process of the same suite.
    pub fn holding() -> Self {
        Self { unique: format!("hold-{}", std::process::id()), clients: AtomicU32::new(0) }
    }

    fn props(&self, options: &Options) -> ClientProps {
        let address = if options.guarded { "SEAWALL_AUTH_ADDR" } else { "SEAWALL_ADDR" };
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        let work = PathBuf::from(std::env::var("SEAWALL_WORK").unwrap_or_else(|_| "/tmp".into()));
        let mut props = ClientProps::new()
            .server_addr(std::env::var(address).unwrap_or_default())
            .namespace(options.namespace.clone())
            .app_name("compat")
            .naming_push_empty_protection(false)
            .load_cache_at_start(false)
            .cache_dir(work.join(format!("{}-{number}", self.unique)));
        if let Some((username, password)) = &options.login {
            props = props.auth_username(username).auth_password(password);
        }
        props
    }

    pub async fn naming(&self, options: &Options) -> Result<NamingService, End> {
        let builder = NamingServiceBuilder::new(self.props(options));
        let builder =
            if options.login.is_some() { builder.enable_auth_plugin_http() } else { builder };
        Ok(builder.build().await?)
    }

    pub async fn config(&self, options: &Options) -> Result<ConfigService, End> {
        let builder = ConfigServiceBuilder::new(self.props(options));
        let builder =
            if options.login.is_some() { builder.enable_auth_plugin_http() } else { builder };
        Ok(builder.build().await?)
    }
}

impl Trial {
    /// A configuration client of the administrator. This client logs in beside its
    /// first requests, which are refused until it has; so we wait.
    pub async fn member_config(&self) -> Result<ConfigService, End> {
        let client = self.config(&admin()).await?;
        eventually(SOON, || async {
            match client.get_config("nothing".to_owned(), GROUP.to_owned()).await {
                Ok(_) | Err(Error::ConfigNotFound(_)) => Ok(()),
                Err(error) => Err(format!("not logged in: {error:?}")),
            }
        })
        .await?;
        Ok(client)
    }

    /// The same for naming.
    pub async fn member_naming(&self) -> Result<NamingService, End> {
        let client = self.naming(&admin()).await?;
        eventually(SOON, || async {
            match client.get_service_list(1, 1, None).await {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("not logged in: {error:?}")),
            }
        })
        .await?;
        Ok(client)
    }
}

/// Polls until `check` has nothing to complain about.
pub async fn eventually<F>(within: Duration, mut check: impl FnMut() -> F) -> Outcome
where
    F: Future<Output = Result<(), String>>,
{
    let started = Instant::now();
    loop {
        let Err(complaint) = check().await else { return Ok(()) };
        if started.elapsed() > within {
            return fail(format!("not within {within:?}: {complaint}"));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// The events of one listener, in order.
pub struct Inbox<E> {
    events: mpsc::UnboundedReceiver<E>,
}

impl<E: PartialEq + Debug> Inbox<E> {
    /// Takes events until one is `want`; `allowed` may object to one on the way.
    pub async fn expect_with(
        &mut self,
        want: &E,
        within: Duration,
        allowed: impl Fn(&E) -> Outcome,
    ) -> Outcome {
        let started = Instant::now();
        let mut seen = Vec::new();
        loop {
            let left = within.saturating_sub(started.elapsed());
            match timeout(left, self.events.recv()).await {
                Ok(Some(event)) if event == *want => return Ok(()),
                Ok(Some(event)) => {
                    allowed(&event)?;
                    seen.push(event);
                }
                Ok(None) => return fail("the listener was dropped"),
                Err(_) => {
                    let (want, seen) = (format!("{want:?}"), format!("{seen:?}"));
                    return fail(format!(
                        "no event {want:.60} within {within:?}, only {seen:.200}"
                    ));
                }
            }
        }
    }

    pub async fn expect(&mut self, want: &E, within: Duration) -> Outcome {
        self.expect_with(want, within, |_| Ok(())).await
    }

    /// An event that came without being expected.
    pub fn unexpected(&mut self) -> Option<E> {
        self.events.try_recv().ok()
    }
}

struct Ports(mpsc::UnboundedSender<Vec<i32>>);

impl NamingEventListener for Ports {
    fn event(&self, event: Arc<NamingChangeEvent>) {
        let _ = self.0.send(ports(event.instances.as_deref().unwrap_or_default()));
    }
}

struct Contents(mpsc::UnboundedSender<String>);

impl ConfigChangeListener for Contents {
    fn notify(&self, response: ConfigResponse) {
        let _ = self.0.send(response.content().clone());
    }
}

pub fn ports(instances: &[ServiceInstance]) -> Vec<i32> {
    let mut list: Vec<i32> = instances.iter().map(|one| one.port).collect();
    list.sort_unstable();
    list
}

pub fn naming_listener() -> (Arc<dyn NamingEventListener>, Inbox<Vec<i32>>) {
    let (sender, events) = mpsc::unbounded_channel();
    (Arc::new(Ports(sender)), Inbox { events })
}

pub fn config_listener() -> (Arc<dyn ConfigChangeListener>, Inbox<String>) {
    let (sender, events) = mpsc::unbounded_channel();
    (Arc::new(Contents(sender)), Inbox { events })
}

/// Asks the runner to restart, kill or start the server; returns when that is done.
pub async fn control(action: &str) -> Outcome {
    let Ok(base) = std::env::var("SEAWALL_CONTROL") else {
        return Err(End::Skip(format!("the server is not ours to {action}")));
    };
    let host = base.trim_start_matches("http://");
    let answer = timeout(Duration::from_secs(60), async {
        let mut stream = TcpStream::connect(host).await?;
        let request =
            format!("POST /{action} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    })
    .await??;
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    fail(format!("the runner answered to {action}: {answer}"))
}
