//! `ConfigBatchListenRequest`: listens to items, and learns which are not as it thinks.

use std::time::Duration;

use seawall_config::{Changed, ConfigKey, Listen, NamespaceSpelling};
use seawall_identity::{Action, ResourceKind, ResourceName};
use serde::{Deserialize, Serialize};

use super::{config_query::caller, config_target};
use crate::{
    grpc::{call::Call, failure::Failure, kind::Kind, reply::Message},
    wire::{Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigBatchListenRequest<'a> {
    #[serde(default)]
    listen: Option<bool>,
    #[serde(borrow, default)]
    config_listen_contexts: Option<Vec<Context<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    #[serde(borrow, default)]
    data_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    group: Option<Text<'a>>,
    #[serde(borrow, default)]
    tenant: Option<Text<'a>>,
    #[serde(borrow, default)]
    md5: Option<Text<'a>>,
}

impl Context<'_> {
    fn key(&self) -> Result<ConfigKey, Failure> {
        config_target::item(&self.tenant, &self.group, &self.data_id)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    changed_configs: Vec<ChangedConfig<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedConfig<'a> {
    data_id: &'a str,
    group: &'a str,
    /// As the client spelled it (trap T6).
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
}

impl<'a> ChangedConfig<'a> {
    fn of(changed: &'a Changed) -> Self {
        Self {
            data_id: changed.key.data_id.as_str(),
            group: changed.key.group.as_str(),
            tenant: changed.spelling.spell(&changed.key),
        }
    }
}

/// How long after a start of the node clients that it sent away may still come back in
/// two steps, how young the connection of the first step is, and how long it lives.
const RETURNING: Duration = Duration::from_secs(30);
const YOUNG: Duration = Duration::from_millis(50);
const RETURNED: Duration = Duration::from_millis(20);

/// On a connection that was just made to a node that just started, waits a moment before
/// anything is listened to.
///
/// A Java client that was sent away and knows no other server connects twice within
/// milliseconds as soon as there is one again. When the answer to what it asked on the
/// first connection arrives beside the end of that connection, it believes to be
/// listening (`ClientWorker.onDisConnect` and `checkListenCache` in nacos-client 3.2.1)
/// and asks again only minutes later. What waits here ends with the first connection.
async fn let_clients_return(call: &Call<'_>) {
    let now = call.nacos.clock.now();
    if now.since_start() < RETURNING && now - call.link.since < YOUNG {
        tokio::time::sleep(RETURNED).await;
    }
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ConfigBatchListenRequest<'_> = call.read()?;
    let contexts = request.config_listen_contexts.unwrap_or_default();
    // All of them are read and allowed before the first one counts.
    let keys = contexts.iter().map(Context::key).collect::<Result<Vec<_>, _>>()?;
    authorize(call, &keys).await?;
    let_clients_return(call).await;
    let listener = call.link.listener;
    if !request.listen.unwrap_or(true) {
        call.nacos.configs.unlisten(listener, &keys);
        return answer(&[]);
    }
    let items = keys.into_iter().zip(&contexts).map(|(key, context)| Listen {
        key,
        md5: or_empty(&context.md5).into(),
        spelling: NamespaceSpelling::of(context.tenant.as_deref()),
    });
    let sink = std::sync::Arc::clone(call.link) as _;
    let caller = caller(call, None);
    answer(&call.nacos.configs.listen(listener, &caller, items.collect(), sink)?)
}

async fn authorize(call: &Call<'_>, keys: &[ConfigKey]) -> Result<(), Failure> {
    let principal = call.principal().await?;
    keys.iter().try_for_each(|key| {
        let resource = ResourceName {
            namespace: &key.namespace,
            group: key.group.as_str(),
            kind: ResourceKind::Config,
            name: key.data_id.as_str(),
        };
        call.authorize(&principal, Action::Read, &resource)
    })
}

fn answer(changed: &[Changed]) -> Result<Message, Failure> {
    let fields = Fields { changed_configs: changed.iter().map(ChangedConfig::of).collect() };
    Ok(Message::success(Kind::ConfigBatchListen.response(), &fields)?)
}
