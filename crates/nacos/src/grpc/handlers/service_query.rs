//! `ServiceQueryRequest`: the instances of a service.

use seawall_identity::Action;
use seawall_registry::{ClusterName, Query};
use serde::Deserialize;

use super::{service_target::service, warming::whole};
use crate::{
    grpc::{call::Call, failure::Failure, reply::Message, service_reply::query_response},
    wire::{Text, or_empty},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceQueryRequest<'a> {
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    cluster: Option<Text<'a>>,
    #[serde(default)]
    healthy_only: Option<bool>,
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ServiceQueryRequest<'_> = call.read()?;
    let service = service(&request.namespace, &request.group_name, &request.service_name)?;
    call.may_naming(Action::Read, &service).await?;
    let query = Query {
        clusters: ClusterName::parse_list(or_empty(&request.cluster))?,
        healthy_only: request.healthy_only.unwrap_or(false),
    };
    let view = call.nacos.registry.query(&service, &query);
    let view = whole(call, view, &query).await?;
    Ok(query_response(&view)?)
}
