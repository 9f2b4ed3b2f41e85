//! Where the crates below leave what a client is to be told.

use std::sync::Arc;

use seawall_config::{ChangeSink, Changed, FuzzyChange, FuzzySink};
use seawall_registry::{
    EncodedPush, FuzzyChange as ServiceChange, FuzzySync, Push, PushBody, PushSink, ServiceKey,
    ServicePattern,
};
use serde::Serialize;

use super::{
    Ending, Link, News,
    fuzzy_sync::{self, SyncJson},
};
use crate::grpc::{
    reply::{Message, joined, request_start},
    service_reply::service_push,
};

impl PushSink for Link {
    fn encode(&self, push: &Push) -> Option<EncodedPush> {
        let id = push.id.get();
        let encoded = match &push.body {
            PushBody::Service(view) => service_push(id, view),
            PushBody::FuzzySync(sync) => sync_push(id, sync),
            PushBody::FuzzyChange { service, change } => change_push(id, service, *change),
        };
        match encoded.map(Message::into_parts) {
            Ok((head, tail)) => Some(EncodedPush { head, tail }),
            Err(error) => {
                tracing::error!(connection = %self.id, %error, "push cannot be encoded");
                None
            }
        }
    }

    fn send(&self, push: &Push, message: EncodedPush) {
        // What does not fit is not acknowledged, so the registry sends it again.
        self.post_now(Message::from_parts(message.head, message.tail));
        if let PushBody::FuzzySync(sync) = &push.body
            && sync.initial
            && sync.batch == sync.batches
            && !sync.changes.is_empty()
        {
            self.tell(News::ServicesDone(pattern_text(&sync.pattern)));
        }
    }

    fn stalled(&self) {
        self.end(Ending::Unresponsive);
    }
}

impl ChangeSink for Link {
    fn changed(&self, changed: Changed) {
        self.tell(News::Changed(changed));
    }
}

impl FuzzySink for Link {
    fn fuzzy_changed(&self, change: FuzzyChange) {
        self.tell(News::FuzzyChange { number: self.next_number(), change });
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContextJson {
    service_key: String,
    changed_type: &'static str,
}

fn sync_push(id: u64, sync: &FuzzySync) -> Result<Message, serde_json::Error> {
    let sync_type = match (sync.initial, sync.changes.is_empty()) {
        // Nothing to tell: what is left to say is that this was all.
        (true, true) => fuzzy_sync::FIRST_DONE,
        (true, false) => fuzzy_sync::FIRST,
        (false, _) => fuzzy_sync::DIFFERENCE,
    };
    let context = |(service, change): &(ServiceKey, ServiceChange)| ContextJson {
        service_key: service_key(service),
        changed_type: word(*change),
    };
    let json = SyncJson {
        module: "naming",
        group_key_pattern: &pattern_text(&sync.pattern),
        sync_type,
        contexts: sync.changes.iter().map(context).collect(),
        total_batch: sync.batches,
        current_batch: sync.batch,
    };
    let json = joined(&request_start(&format!("p{id}")), &json)?;
    Ok(Message::of_json("NamingFuzzyWatchSyncRequest", &json))
}

fn change_push(
    id: u64,
    service: &ServiceKey,
    change: ServiceChange,
) -> Result<Message, serde_json::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ChangeJson {
        module: &'static str,
        sync_type: &'static str,
        service_key: String,
        changed_type: &'static str,
    }
    let json = ChangeJson {
        module: "naming",
        sync_type: fuzzy_sync::CHANGED,
        service_key: service_key(service),
        changed_type: word(change),
    };
    let json = joined(&request_start(&format!("p{id}")), &json)?;
    Ok(Message::of_json("NamingFuzzyWatchChangeNotifyRequest", &json))
}

fn word(change: ServiceChange) -> &'static str {
    match change {
        ServiceChange::Added => "ADD_SERVICE",
        ServiceChange::Removed => "DELETE_SERVICE",
    }
}

/// `namespace@@group@@service`.
fn service_key(service: &ServiceKey) -> String {
    format!("{}@@{}", service.namespace, service.grouped_name())
}

/// `namespace>>group>>service`.
fn pattern_text(pattern: &ServicePattern) -> Arc<str> {
    format!("{}>>{}>>{}", pattern.namespace, pattern.group, pattern.name).into()
}
