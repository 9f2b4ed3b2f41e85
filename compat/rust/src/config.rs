//! Configuration.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use nacos_sdk::api::config::ConfigService;
use nacos_sdk::api::error::Error;

use crate::trial::{
    Case, End, GROUP, Inbox, Options, Outcome, SOON, Trial, case, config_listener, eventually, fail,
};

pub fn cases() -> Vec<Case> {
    vec![
        case("publish_get", 20, publish_get),
        case("get_absent", 20, get_absent),
        case("remove", 20, remove),
        case("listen_push", 20, listen_push),
        case("listen_absent_then_published", 20, listen_absent),
        case("listen_many", 40, listen_many),
        case("cancel_listen", 20, cancel_listen),
        case("cas_publish", 20, cas_publish),
        case("beta_publish", 20, beta_publish),
        case("content_type", 20, content_type),
        case("unicode_content", 20, unicode_content),
        case("large_content", 30, large_content),
        case("config_group_isolation", 20, group_isolation),
        case("config_namespace_isolation", 20, namespace_isolation),
    ]
}

pub async fn publish(client: &ConfigService, data_id: &str, content: &str) -> Outcome {
    publish_in(client, data_id, GROUP, content).await
}

async fn publish_in(client: &ConfigService, data_id: &str, group: &str, content: &str) -> Outcome {
    let (data_id, group) = (data_id.to_owned(), group.to_owned());
    if client.publish_config(data_id, group, content.to_owned(), Some("text".into())).await? {
        return Ok(());
    }
    fail("publishing was answered false")
}

/// Reads a configuration; one that does not exist reads as nothing.
pub async fn get(client: &ConfigService, data_id: &str, group: &str) -> Result<String, Error> {
    match client.get_config(data_id.to_owned(), group.to_owned()).await {
        Ok(response) => Ok(response.content().clone()),
        Err(Error::ConfigNotFound(_)) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

pub async fn expect_content(client: &ConfigService, data_id: &str, want: &str) -> Outcome {
    expect_in(client, data_id, GROUP, want).await
}

async fn expect_in(client: &ConfigService, data_id: &str, group: &str, want: &str) -> Outcome {
    eventually(Duration::from_secs(5), || async {
        let got = get(client, data_id, group).await.map_err(|error| format!("{error:?}"))?;
        if got == want { Ok(()) } else { Err(format!("read {got:.60} instead of {want:.60}")) }
    })
    .await
}

pub async fn listen(client: &ConfigService, data_id: &str) -> Result<Inbox<String>, End> {
    let (listener, inbox) = config_listener();
    client.add_listener(data_id.to_owned(), GROUP.to_owned(), listener).await?;
    Ok(inbox)
}

async fn publish_get(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (writer, reader) = (t.config(&open).await?, t.config(&open).await?);
    publish(&writer, &t.unique, "a: 1").await?;
    expect_content(&reader, &t.unique, "a: 1").await?;
    publish(&writer, &t.unique, "a: 2").await?;
    expect_content(&reader, &t.unique, "a: 2").await
}

async fn get_absent(t: Arc<Trial>) -> Outcome {
    let client = t.config(&Options::default()).await?;
    match client.get_config(t.unique.clone(), GROUP.to_owned()).await {
        Err(Error::ConfigNotFound(_)) => Ok(()),
        other => fail(format!("read {other:?}")),
    }
}

async fn remove(t: Arc<Trial>) -> Outcome {
    let client = t.config(&Options::default()).await?;
    publish(&client, &t.unique, "soon gone").await?;
    expect_content(&client, &t.unique, "soon gone").await?;
    if !client.remove_config(t.unique.clone(), GROUP.to_owned()).await? {
        return fail("removing was answered false");
    }
    expect_content(&t.config(&Options::default()).await?, &t.unique, "").await
}

/// Publishes new contents until the listener hears of one, and says which.
///
/// This client does not await the registration of a listener, ignores what the
/// server answers to it, and keeps quiet about the first content of an item it
/// found absent: an early publish may rightly pass unheard.
pub async fn publish_until_heard(
    writer: &ConfigService,
    data_id: &str,
    word: &str,
    inbox: &mut Inbox<String>,
) -> Result<String, End> {
    for attempt in 0..8 {
        let content = format!("{word} {attempt}");
        publish(writer, data_id, &content).await?;
        if inbox.expect(&content, Duration::from_millis(1500)).await.is_ok() {
            return Ok(content);
        }
    }
    fail(format!("none of eight publishes of {word} was heard"))
}

async fn listen_push(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (writer, reader) = (t.config(&open).await?, t.config(&open).await?);
    publish(&writer, &t.unique, "one").await?;
    let mut events = listen(&reader, &t.unique).await?;
    publish_until_heard(&writer, &t.unique, "two", &mut events).await?;
    for content in ["three", "four", "five"] {
        publish(&writer, &t.unique, content).await?;
        events.expect(&content.to_owned(), SOON).await?;
    }
    Ok(())
}

async fn listen_absent(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (writer, reader) = (t.config(&open).await?, t.config(&open).await?);
    let mut events = listen(&reader, &t.unique).await?;
    publish_until_heard(&writer, &t.unique, "born", &mut events).await?;
    Ok(())
}

async fn listen_many(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (writer, reader) = (t.config(&open).await?, t.config(&open).await?);
    let names: Vec<String> = (0..50).map(|number| format!("{}-{number}", t.unique)).collect();
    let mut inboxes = Vec::new();
    for name in &names {
        publish(&writer, name, "before").await?;
        inboxes.push(listen(&reader, name).await?);
    }
    let mut changed = inboxes.remove(17);
    publish_until_heard(&writer, &names[17], "after", &mut changed).await?;
    for inbox in &mut inboxes {
        if let Some(content) = inbox.unexpected() {
            return fail(format!("another listener was told {content}"));
        }
    }
    Ok(())
}

async fn cancel_listen(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let writer = t.config(&open).await?;
    let (leaving, staying) = (t.config(&open).await?, t.config(&open).await?);
    publish(&writer, &t.unique, "one").await?;
    let (listener, mut left) = config_listener();
    let (data_id, group) = (t.unique.clone(), GROUP.to_owned());
    leaving.add_listener(data_id.clone(), group.clone(), Arc::clone(&listener)).await?;
    let mut stayed = listen(&staying, &t.unique).await?;
    publish_until_heard(&writer, &t.unique, "to one", &mut left).await?;
    publish_until_heard(&writer, &t.unique, "to both", &mut stayed).await?;
    leaving.remove_listener(data_id, group, listener).await?;
    while left.unexpected().is_some() {}
    publish(&writer, &t.unique, "after").await?;
    stayed.expect(&"after".to_owned(), SOON).await?;
    match left.unexpected() {
        None => Ok(()),
        Some(content) => fail(format!("told {content} after cancelling")),
    }
}

// md5 of "one" and of "something else": the client leaves the digest to its caller.
const MD5_ONE: &str = "f97c5d29941bfb1b2fdab0874906ab82";
const MD5_ELSE: &str = "6c7ba9c5a141421e1c03cb9807c97c74";

async fn cas_publish(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let client = t.config(&open).await?;
    publish(&client, &t.unique, "one").await?;
    let cas = |content: &str, md5: &str| {
        client.publish_config_cas(
            t.unique.clone(),
            GROUP.to_owned(),
            content.to_owned(),
            None,
            md5.to_owned(),
        )
    };
    if cas("stolen", MD5_ELSE).await.unwrap_or(false) {
        return fail("a publish with the wrong md5 was accepted");
    }
    expect_content(&t.config(&open).await?, &t.unique, "one").await?;
    if !cas("two", MD5_ONE).await? {
        return fail("a publish with the right md5 was refused");
    }
    expect_content(&t.config(&open).await?, &t.unique, "two").await
}

/// Every address this machine may claim to have.
fn local_addresses() -> String {
    let outward = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        // A datagram socket sends nothing by connecting.
        socket.connect("10.255.255.254:1")?;
        socket.local_addr()
    });
    match outward {
        Ok(address) => format!("127.0.0.1,{}", address.ip()),
        Err(_) => "127.0.0.1".to_owned(),
    }
}

async fn beta_publish(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let writer = t.config(&open).await?;
    publish(&writer, &t.unique, "formal").await?;
    let beta = |content: &str, addresses: String| {
        writer.publish_config_beta(
            t.unique.clone(),
            GROUP.to_owned(),
            content.to_owned(),
            None,
            addresses,
        )
    };
    beta("elsewhere", "10.255.255.254".to_owned()).await?;
    expect_content(&t.config(&open).await?, &t.unique, "formal").await?;
    let reader = t.config(&open).await?;
    let mut events = listen(&reader, &t.unique).await?;
    publish_until_heard(&writer, &t.unique, "formal still", &mut events).await?;
    beta("beta", local_addresses()).await?;
    events.expect(&"beta".to_owned(), SOON).await?;
    expect_content(&t.config(&open).await?, &t.unique, "beta").await
}

async fn content_type(t: Arc<Trial>) -> Outcome {
    let client = t.config(&Options::default()).await?;
    let (data_id, group) = (t.unique.clone(), GROUP.to_owned());
    let yaml = Some("yaml".to_owned());
    client.publish_config(data_id.clone(), group.clone(), "a: 1".to_owned(), yaml).await?;
    let response = client.get_config(data_id, group).await?;
    if response.content_type() == "yaml" {
        return Ok(());
    }
    fail(format!("the type is {}", response.content_type()))
}

async fn unicode_content(t: Arc<Trial>) -> Outcome {
    let content = "名称: 海堤 🌊\n\ttab & <xml/> %41 + \"quoted\" \\ back\r\nümlaut\u{1}\u{2}";
    let open = Options::default();
    publish(&t.config(&open).await?, &t.unique, content).await?;
    expect_content(&t.config(&open).await?, &t.unique, content).await
}

async fn large_content(t: Arc<Trial>) -> Outcome {
    let content = "0123456789abcdef".repeat(32 * 1024);
    let open = Options::default();
    let reader = t.config(&open).await?;
    let writer = t.config(&open).await?;
    let mut events = listen(&reader, &t.unique).await?;
    publish_until_heard(&writer, &t.unique, "small", &mut events).await?;
    publish(&writer, &t.unique, &content).await?;
    expect_content(&t.config(&open).await?, &t.unique, &content).await?;
    events.expect(&content, SOON).await
}

async fn group_isolation(t: Arc<Trial>) -> Outcome {
    let client = t.config(&Options::default()).await?;
    publish(&client, &t.unique, "default group").await?;
    publish_in(&client, &t.unique, "OTHER_GROUP", "other group").await?;
    expect_content(&client, &t.unique, "default group").await?;
    expect_in(&client, &t.unique, "OTHER_GROUP", "other group").await
}

async fn namespace_isolation(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let space = Options { namespace: format!("space-{}", t.unique), ..Options::default() };
    let (outside, inside) = (t.config(&open).await?, t.config(&space).await?);
    let reader = t.config(&space).await?;
    let mut events = listen(&reader, &t.unique).await?;
    publish(&outside, &t.unique, "outside").await?;
    let heard = publish_until_heard(&inside, &t.unique, "inside", &mut events).await?;
    expect_content(&t.config(&open).await?, &t.unique, "outside").await?;
    expect_content(&t.config(&space).await?, &t.unique, &heard).await
}
