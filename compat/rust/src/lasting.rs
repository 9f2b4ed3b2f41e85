//! Login, and what must survive a restart of the server.

use std::sync::Arc;
use std::time::Duration;

use nacos_sdk::api::naming::ServiceInstance;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::config::{expect_content, get, listen, publish, publish_until_heard};
use crate::naming::{expect_ports, instance, register, subscribe, subscribe_after_restart};
use crate::trial::{
    Case, GROUP, Options, Outcome, REDO, SOON, Trial, admin, case, control, fail, need_auth,
};

pub fn cases() -> Vec<Case> {
    vec![
        case("login_accepted", 40, login_accepted),
        case("login_refused", 90, login_refused),
        case("anonymous_refused", 90, anonymous_refused),
        case("restart_redo_register", 90, restart_redo_register),
        case("restart_redo_subscribe", 90, restart_redo_subscribe),
        case("restart_redo_listen", 120, restart_redo_listen),
        case("restart_keeps_config", 90, restart_keeps_config),
        case("restart_keeps_persistent", 90, restart_keeps_persistent),
        case("restart_no_empty_push", 90, restart_no_empty_push),
    ]
}

async fn login_accepted(t: Arc<Trial>) -> Outcome {
    need_auth()?;
    let reader = t.member_config().await?;
    let mut events = listen(&reader, &t.unique).await?;
    let writer = t.member_config().await?;
    publish_until_heard(&writer, &t.unique, "for members", &mut events).await?;
    let provider = t.member_naming().await?;
    register(&provider, &t.unique, instance(9001)).await?;
    expect_ports(&t.member_naming().await?, &t.unique, &[9001]).await
}

/// Whoever comes with `options` can neither write nor read. This client may wait
/// for a login that never comes; a call without an answer was not accepted either.
async fn refused(t: &Trial, options: &Options) -> Outcome {
    need_auth()?;
    let patience = Duration::from_secs(15);
    let member = t.member_config().await?;
    publish(&member, &t.unique, "secret").await?;
    let published =
        timeout(patience, async { publish(&t.config(options).await?, &t.unique, "stolen").await });
    if matches!(published.await, Ok(Ok(()))) {
        return fail("an uninvited publish was accepted");
    }
    let read = timeout(patience, async {
        let client = t.config(options).await?;
        Ok::<_, crate::trial::End>(get(&client, &t.unique, GROUP).await?)
    });
    if let Ok(Ok(content)) = read.await
        && !content.is_empty()
    {
        return fail(format!("an uninvited read was answered {content}"));
    }
    let registered = timeout(patience, async {
        register(&t.naming(options).await?, &t.unique, instance(9001)).await
    });
    if matches!(registered.await, Ok(Ok(()))) {
        return fail("an uninvited instance was accepted");
    }
    expect_content(&t.member_config().await?, &t.unique, "secret").await?;
    expect_ports(&t.member_naming().await?, &t.unique, &[]).await
}

async fn login_refused(t: Arc<Trial>) -> Outcome {
    let mut options = admin();
    if let Some((_, password)) = &mut options.login {
        *password = "not the password".to_owned();
    }
    refused(&t, &options).await
}

async fn anonymous_refused(t: Arc<Trial>) -> Outcome {
    refused(&t, &Options { guarded: true, ..Options::default() }).await
}

async fn restart_redo_register(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let provider = t.naming(&open).await?;
    register(&provider, &t.unique, instance(9001)).await?;
    expect_ports(&t.naming(&open).await?, &t.unique, &[9001]).await?;
    control("restart").await?;
    let consumer = t.naming(&open).await?;
    let mut events = subscribe_after_restart(&consumer, &t.unique, REDO).await?;
    events.expect(&vec![9001], REDO).await
}

async fn restart_redo_subscribe(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let consumer = t.naming(&open).await?;
    let mut events = subscribe(&consumer, &t.unique).await?;
    control("restart").await?;
    let provider = t.naming(&open).await?;
    register(&provider, &t.unique, instance(9001)).await?;
    events.expect(&vec![9001], REDO).await
}

async fn restart_redo_listen(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let reader = t.config(&open).await?;
    publish(&t.config(&open).await?, &t.unique, "before").await?;
    let mut events = listen(&reader, &t.unique).await?;
    let writer = t.config(&open).await?;
    publish_until_heard(&writer, &t.unique, "during", &mut events).await?;
    control("restart").await?;
    publish(&t.config(&open).await?, &t.unique, "after").await?;
    // Should the change fall between the reconnect and the repeated listen, the
    // client learns of it when it asks again after a minute.
    events.expect(&"after".to_owned(), Duration::from_secs(75)).await
}

async fn restart_keeps_config(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    publish(&t.config(&open).await?, &t.unique, "durable 🌊").await?;
    control("kill").await?;
    control("start").await?;
    expect_content(&t.config(&open).await?, &t.unique, "durable 🌊").await
}

async fn restart_keeps_persistent(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let probed = TcpListener::bind("127.0.0.1:0").await?;
    let port = i32::from(probed.local_addr()?.port());
    let one = ServiceInstance { ephemeral: false, ..instance(port) };
    register(&t.naming(&open).await?, &t.unique, one).await?;
    control("kill").await?;
    control("start").await?;
    expect_ports(&t.naming(&open).await?, &t.unique, &[port]).await
}

/// A restart must never tell a subscriber that a service with living instances has none.
async fn restart_no_empty_push(t: Arc<Trial>) -> Outcome {
    let open = Options::default();
    let (provider, consumer) = (t.naming(&open).await?, t.naming(&open).await?);
    let mut events = subscribe(&consumer, &t.unique).await?;
    register(&provider, &t.unique, instance(9001)).await?;
    events.expect(&vec![9001], SOON).await?;
    control("restart").await?;
    let marker = t.naming(&open).await?;
    register(&marker, &t.unique, instance(9002)).await?;
    let nothing = |event: &Vec<i32>| match event.as_slice() {
        [] => fail("pushed an empty list because of a restart"),
        _ => Ok(()),
    };
    events.expect_with(&vec![9001, 9002], REDO, nothing).await
}
