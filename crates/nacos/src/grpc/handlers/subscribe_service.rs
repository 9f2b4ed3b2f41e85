//! `SubscribeServiceRequest`: the instances of a service, now and whenever they change.

use seawall_identity::Action;
use seawall_registry::{ClusterName, Query};
use serde::Deserialize;

use super::{service_target::service, warming::not_whole};
use crate::{
    grpc::{
        call::Call,
        failure::Failure,
        kind::Kind,
        reply::{Message, SUCCESS},
        service_reply::with_service,
    },
    wire::{Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscribeServiceRequest<'a> {
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    clusters: Option<Text<'a>>,
    #[serde(default)]
    subscribe: Option<bool>,
}

/// The subscription stands even when the answer is "not all back yet": the client
/// keeps what it has, and is pushed the list when it is whole.
pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: SubscribeServiceRequest<'_> = call.read()?;
    let service = service(&request.namespace, &request.group_name, &request.service_name)?;
    let clusters = ClusterName::parse_list(or_empty(&request.clusters))?;
    call.may_naming(Action::Read, &service).await?;
    let (registry, client) = (&call.nacos.registry, &call.link.client);
    let subscribe = request.subscribe.unwrap_or(false);
    let view = if subscribe {
        registry.subscribe(client, service, clusters)?
    } else {
        registry.unsubscribe(client, &service);
        registry.query(&service, &Query::of_clusters(clusters))
    };
    if subscribe && view.is_warming() {
        return Err(not_whole());
    }
    Ok(with_service(Kind::SubscribeService.response(), SUCCESS, &view)?)
}
