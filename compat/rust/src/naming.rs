//! Registration and discovery.

use std::collections::HashMap;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nacos_sdk::api::naming::{NamingService, ServiceInstance};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::trial::{
    Case, End, GROUP, Inbox, Options, Outcome, SOON, Trial, case, eventually, fail,
    naming_listener, ports,
};

pub fn cases() -> Vec<Case> {
    vec![
        case("register_discover", 20, register_discover),
        case("subscribe_push", 20, subscribe_push),
        case("deregister_push", 20, deregister_push),
        case("unsubscribe_stops", 20, unsubscribe_stops),
        case("instance_update", 20, instance_update),
        case("disabled_instance", 20, disabled_instance),
        case("cluster_filter", 20, cluster_filter),
        case("group_isolation", 20, group_isolation),
        case("naming_namespace_isolation", 20, naming_namespace_isolation),
        case("unicode_metadata", 20, unicode_metadata),
        case("weighted_choice", 20, weighted_choice),
        case("batch_register", 20, batch_register),
        case("persistent_instance", 30, persistent_instance),
        case("service_list", 20, service_list),
        case("absent_service", 20, absent_service),
        case("disconnect_removal", 40, disconnect_removal),
    ]
}

pub fn instance(port: i32) -> ServiceInstance {
    ServiceInstance {
        ip: "127.0.0.1".into(),
        port,
        metadata: HashMap::from([("from".to_owned(), "rust".to_owned())]),
        ..ServiceInstance::default()
    }
}

fn group() -> Option<String> {
    Some(GROUP.to_owned())
}

pub async fn register(client: &NamingService, service: &str, one: ServiceInstance) -> Outcome {
    Ok(client.register_instance(service.to_owned(), group(), one).await?)
}

pub async fn all(
    client: &NamingService,
    service: &str,
    clusters: &[&str],
) -> nacos_sdk::api::error::Result<Vec<ServiceInstance>> {
    let clusters = clusters.iter().map(|&cluster| cluster.to_owned()).collect();
    client.get_all_instances(service.to_owned(), group(), clusters, false).await
}

pub async fn expect_ports(client: &NamingService, service: &str, want: &[i32]) -> Outcome {
    expect_ports_in(client, service, &[], want).await
}

async fn expect_ports_in(
    client: &NamingService,
    service: &str,
    clusters: &[&str],
    want: &[i32],
) -> Outcome {
    eventually(SOON, || async {
        let found = all(client, service, clusters).await.map_err(|error| format!("{error:?}"))?;
        let got = ports(&found);
        if got == want { Ok(()) } else { Err(format!("ports {got:?} instead of {want:?}")) }
    })
    .await
}

pub async fn subscribe(client: &NamingService, service: &str) -> Result<Inbox<Vec<i32>>, End> {
    let (listener, inbox) = naming_listener();
    client.subscribe(service.to_owned(), group(), Vec::new(), listener).await?;
    Ok(inbox)
}

/// Subscribes at a server that has just started. It answers 300 (starting) until the
/// service's providers are back, rather than show a list that is not whole.
pub async fn subscribe_after_restart(
    client: &NamingService,
    service: &str,
    within: Duration,
) -> Result<Inbox<Vec<i32>>, End> {
    let (listener, inbox) = naming_listener();
    eventually(within, || async {
        let asked = client.subscribe(service.to_owned(), group(), Vec::new(), listener.clone());
        asked.await.map_err(|error| format!("{error:?}"))
    })
    .await?;
    Ok(inbox)
}

async fn register_discover(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (provider, consumer) = (t.naming(&open).await?, t.naming(&open).await?);
    register(&provider, &t.unique, ServiceInstance { weight: 2.5, ..instance(9001) }).await?;
    expect_ports(&consumer, &t.unique, &[9001]).await?;
    let found = all(&consumer, &t.unique, &[]).await?;
    let right = found.first().is_some_and(|one| {
        one.ip == "127.0.0.1"
            && (one.weight - 2.5).abs() < f64::EPSILON
            && one.healthy
            && one.enabled
            && one.ephemeral
            && one.cluster_name.as_deref() == Some("DEFAULT")
            && one.metadata.get("from").is_some_and(|from| from == "rust")
    });
    if right { Ok(()) } else { fail(format!("unlike what was registered: {found:?}")) }
}

async fn subscribe_push(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let consumer = t.naming(&open).await?;
    let mut events = subscribe(&consumer, &t.unique).await?;
    register(&first, &t.unique, instance(9001)).await?;
    events.expect(&vec![9001], SOON).await?;
    register(&second, &t.unique, instance(9002)).await?;
    events.expect(&vec![9001, 9002], SOON).await
}

async fn deregister_push(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let consumer = t.naming(&open).await?;
    let mut events = subscribe(&consumer, &t.unique).await?;
    register(&first, &t.unique, instance(9001)).await?;
    register(&second, &t.unique, instance(9002)).await?;
    events.expect(&vec![9001, 9002], SOON).await?;
    second.deregister_instance(t.unique.clone(), group(), instance(9002)).await?;
    events.expect(&vec![9001], SOON).await
}

async fn unsubscribe_stops(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let (leaving, staying) = (t.naming(&open).await?, t.naming(&open).await?);
    let (listener, mut left) = naming_listener();
    leaving.subscribe(t.unique.clone(), group(), Vec::new(), Arc::clone(&listener)).await?;
    let mut stayed = subscribe(&staying, &t.unique).await?;
    register(&first, &t.unique, instance(9001)).await?;
    left.expect(&vec![9001], SOON).await?;
    stayed.expect(&vec![9001], SOON).await?;
    leaving.unsubscribe(t.unique.clone(), group(), Vec::new(), listener).await?;
    register(&second, &t.unique, instance(9002)).await?;
    stayed.expect(&vec![9001, 9002], SOON).await?;
    match left.unexpected() {
        None => Ok(()),
        Some(event) => fail(format!("an event after unsubscribing: {event:?}")),
    }
}

async fn instance_update(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (provider, consumer) = (t.naming(&open).await?, t.naming(&open).await?);
    register(&provider, &t.unique, instance(9001)).await?;
    expect_ports(&consumer, &t.unique, &[9001]).await?;
    let metadata = HashMap::from([("version".to_owned(), "2".to_owned())]);
    let changed = ServiceInstance { weight: 7.0, metadata, ..instance(9001) };
    register(&provider, &t.unique, changed).await?;
    eventually(SOON, || async {
        let found = all(&consumer, &t.unique, &[]).await.map_err(|error| error.to_string())?;
        match found.as_slice() {
            [one] if one.weight > 6.9 && one.metadata.contains_key("version") => Ok(()),
            other => Err(format!("still {other:?}")),
        }
    })
    .await
}

async fn disabled_instance(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let consumer = t.naming(&open).await?;
    register(&first, &t.unique, instance(9001)).await?;
    register(&second, &t.unique, ServiceInstance { enabled: false, ..instance(9002) }).await?;
    eventually(SOON, || async {
        let found = consumer
            .select_instances(t.unique.clone(), group(), Vec::new(), false, true)
            .await
            .map_err(|error| error.to_string())?;
        let got = ports(&found);
        if got == [9001] { Ok(()) } else { Err(format!("ports {got:?}")) }
    })
    .await
}

async fn cluster_filter(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let consumer = t.naming(&open).await?;
    let within = |port, cluster: &str| ServiceInstance {
        cluster_name: Some(cluster.to_owned()),
        ..instance(port)
    };
    register(&first, &t.unique, within(9001, "EAST")).await?;
    register(&second, &t.unique, within(9002, "WEST")).await?;
    expect_ports_in(&consumer, &t.unique, &["EAST"], &[9001]).await?;
    expect_ports_in(&consumer, &t.unique, &["WEST"], &[9002]).await?;
    expect_ports(&consumer, &t.unique, &[9001, 9002]).await
}

async fn group_isolation(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let consumer = t.naming(&open).await?;
    let other = Some("OTHER_GROUP".to_owned());
    register(&first, &t.unique, instance(9001)).await?;
    second.register_instance(t.unique.clone(), other.clone(), instance(9002)).await?;
    expect_ports(&consumer, &t.unique, &[9001]).await?;
    let found = consumer.get_all_instances(t.unique.clone(), other, Vec::new(), false).await?;
    if ports(&found) == [9002] { Ok(()) } else { fail(format!("the other group: {found:?}")) }
}

async fn naming_namespace_isolation(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let space = Options { namespace: format!("space-{}", t.unique), ..Options::default() };
    let (outside, inside) = (t.naming(&open).await?, t.naming(&space).await?);
    register(&outside, &t.unique, instance(9001)).await?;
    register(&inside, &t.unique, instance(9002)).await?;
    expect_ports(&t.naming(&open).await?, &t.unique, &[9001]).await?;
    expect_ports(&t.naming(&space).await?, &t.unique, &[9002]).await
}

async fn unicode_metadata(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (provider, consumer) = (t.naming(&open).await?, t.naming(&open).await?);
    let metadata = HashMap::from([("地域".to_owned(), "华东-1 \"ü\" 🌊".to_owned())]);
    let one = ServiceInstance { metadata: metadata.clone(), ..instance(9001) };
    register(&provider, &t.unique, one).await?;
    expect_ports(&consumer, &t.unique, &[9001]).await?;
    let found = all(&consumer, &t.unique, &[]).await?;
    if found.first().is_some_and(|one| one.metadata.get("地域") == metadata.get("地域")) {
        return Ok(());
    }
    fail(format!("metadata came back as {found:?}"))
}

async fn weighted_choice(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (first, second) = (t.naming(&open).await?, t.naming(&open).await?);
    let consumer = t.naming(&open).await?;
    register(&first, &t.unique, instance(9001)).await?;
    register(&second, &t.unique, ServiceInstance { enabled: false, ..instance(9002) }).await?;
    eventually(SOON, || async {
        for _ in 0..20 {
            let chosen = consumer
                .select_one_healthy_instance(t.unique.clone(), group(), Vec::new(), false)
                .await
                .map_err(|error| error.to_string())?;
            if chosen.port != 9001 {
                return Err(format!("chose {}, which is disabled", chosen.port));
            }
        }
        Ok(())
    })
    .await
}

async fn batch_register(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (provider, consumer) = (t.naming(&open).await?, t.naming(&open).await?);
    let mut events = subscribe(&consumer, &t.unique).await?;
    for batch in [vec![9001, 9002, 9003], vec![9002, 9004]] {
        let instances = batch.iter().map(|&port| instance(port)).collect();
        provider.batch_register_instance(t.unique.clone(), group(), instances).await?;
        events.expect(&batch, SOON).await?;
    }
    Ok(())
}

async fn persistent_instance(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let probed = TcpListener::bind("127.0.0.1:0").await?;
    let port = i32::from(probed.local_addr()?.port());
    let provider = t.naming(&open).await?;
    let one = ServiceInstance { ephemeral: false, ..instance(port) };
    register(&provider, &t.unique, one.clone()).await?;
    expect_ports(&t.naming(&open).await?, &t.unique, &[port]).await?;
    drop(provider);
    let later = t.naming(&open).await?;
    expect_ports(&later, &t.unique, &[port]).await?;
    later.deregister_instance(t.unique.clone(), group(), one).await?;
    expect_ports(&later, &t.unique, &[]).await
}

async fn service_list(t: Arc<Trial>) -> Outcome {
    let provider = t.naming(&Options::default()).await?;
    let group = Some(format!("LIST-{}", t.unique));
    let names: Vec<String> = (0..5).map(|number| format!("{}-{number}", t.unique)).collect();
    for name in &names {
        provider.register_instance(name.clone(), group.clone(), instance(9001)).await?;
    }
    eventually(SOON, || async {
        let mut found = Vec::new();
        for page in 1..=3 {
            let (list, count) = provider
                .get_service_list(page, 2, group.clone())
                .await
                .map_err(|error| error.to_string())?;
            if count != 5 {
                return Err(format!("count {count}"));
            }
            found.extend(list);
        }
        found.sort();
        if found == names { Ok(()) } else { Err(format!("names {found:?}")) }
    })
    .await
}

async fn absent_service(t: Arc<Trial>) -> Outcome {
    let client = t.naming(&Options::default()).await?;
    let found = all(&client, &t.unique, &[]).await?;
    if found.is_empty() { Ok(()) } else { fail(format!("found {found:?}")) }
}

async fn disconnect_removal(t: Arc<Trial>) -> Outcome {
    let consumer = t.naming(&Options::default()).await?;
    let mut events = subscribe(&consumer, &t.unique).await?;
    let mut process = holder(&t.unique, 9001).await?;
    events.expect(&vec![9001], SOON).await?;
    process.kill().await?;
    events.expect(&Vec::new(), SOON).await
}

/// A process that registered one instance, to be killed without a word.
async fn holder(service: &str, port: i32) -> Result<Child, End> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["hold", service, &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let Some(output) = child.stdout.take() else { return fail("no output to read") };
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).await?;
    if line.trim() == "HOLDING" {
        return Ok(child);
    }
    fail("the second process ended before it registered")
}

/// Registers one instance and keeps it until the process is killed.
pub async fn hold(service: &str, port: i32) -> ExitCode {
    let trial = Trial::holding();
    let Ok(client) = trial.naming(&Options::default()).await else { return ExitCode::FAILURE };
    if register(&client, service, instance(port)).await.is_err() {
        return ExitCode::FAILURE;
    }
    println!("HOLDING");
    let _ =
        tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
            .await;
    ExitCode::SUCCESS
}
