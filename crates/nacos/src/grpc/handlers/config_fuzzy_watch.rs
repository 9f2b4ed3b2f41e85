//! `ConfigFuzzyWatchRequest`: follows all items a pattern names.

use std::{collections::HashSet, sync::Arc};

use seawall_config::{FuzzyChange, FuzzyPattern};
use seawall_identity::{Action, ResourceKind, ResourceName};
use serde::Deserialize;

use crate::{
    grpc::{
        call::Call,
        connection::{FuzzyBatch, Link, News, fuzzy_sync, parse_group_key},
        failure::Failure,
        kind::Kind,
        reply::Message,
    },
    wire::{Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigFuzzyWatchRequest<'a> {
    #[serde(borrow, default)]
    group_key_pattern: Option<Text<'a>>,
    #[serde(borrow, default)]
    received_group_keys: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    watch_type: Option<Text<'a>>,
    #[serde(default)]
    initializing: Option<bool>,
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ConfigFuzzyWatchRequest<'_> = call.read()?;
    let text = or_empty(&request.group_key_pattern);
    let pattern: FuzzyPattern = text.parse()?;
    let principal = call.principal().await?;
    let all = ResourceName {
        namespace: pattern.namespace(),
        group: "*",
        kind: ResourceKind::Config,
        name: "*",
    };
    call.authorize(&principal, Action::Read, &all)?;
    let (configs, link) = (&call.nacos.configs, call.link);
    match or_empty(&request.watch_type) {
        "WATCH" => {
            let received = request.received_group_keys.unwrap_or_default();
            // What is no item the client cannot have from us.
            let received: HashSet<_> =
                received.iter().filter_map(|key| parse_group_key(key).ok()).collect();
            let sink = Arc::clone(link) as _;
            let size = call.nacos.settings.grpc.fuzzy_batch.max(1);
            let initial = request.initializing.unwrap_or(false);
            configs.fuzzy_watch(link.listener, &pattern, &received, sink, |changes| {
                tell(link, text, changes, initial, size);
            })?;
        }
        "CANCEL_WATCH" => configs.fuzzy_cancel(link.listener, &pattern),
        other => return Err(Failure::invalid(format!("Unsupported request type {other}"))),
    }
    Ok(Message::done(Kind::ConfigFuzzyWatch.response()))
}

/// Tells the difference in batches, and after the first time that this was all.
fn tell(link: &Link, pattern: &str, changes: &[FuzzyChange], initial: bool, size: usize) {
    let sync = if initial { fuzzy_sync::FIRST } else { fuzzy_sync::DIFFERENCE };
    let batches = changes.len().div_ceil(size);
    let news = |sync, changes: &[FuzzyChange], batch, batches| {
        News::FuzzySync(Arc::new(FuzzyBatch {
            number: link.next_number(),
            pattern: pattern.into(),
            sync,
            changes: changes.to_vec(),
            batch,
            batches,
        }))
    };
    for (index, some) in changes.chunks(size).enumerate() {
        link.tell(news(sync, some, index + 1, batches));
    }
    if initial {
        link.tell(news(fuzzy_sync::FIRST_DONE, &[], 0, 0));
    }
}
