//! `ServiceListRequest`: the names of a group's services.

use seawall_identity::Action;
use seawall_registry::{GroupFilter, GroupName, PageRequest, ServiceFilter};
use seawall_topology::Namespace;
use serde::{Deserialize, Serialize};

use crate::{
    grpc::{call::Call, failure::Failure, kind::Kind, reply::Message},
    wire::{Text, or_empty},
};

/// Names of a page when the client does not say how many.
const PAGE_SIZE: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceListRequest<'a> {
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_name: Option<Text<'a>>,
    #[serde(default)]
    page_no: Option<i64>,
    #[serde(default)]
    page_size: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    count: usize,
    service_names: Vec<&'a str>,
}

pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let request: ServiceListRequest<'_> = call.read()?;
    let namespace: Namespace = or_empty(&request.namespace).parse()?;
    let group = GroupName::or_default(or_empty(&request.group_name))?;
    call.may_naming_all(Action::Read, &namespace, group.as_str(), "*").await?;
    let number = |given: Option<i64>, default: usize| {
        given.map_or(default, |number| usize::try_from(number).unwrap_or(0))
    };
    let page = PageRequest {
        number: number(request.page_no, 1),
        size: number(request.page_size, PAGE_SIZE),
    };
    let filter =
        ServiceFilter { namespace, group: GroupFilter::Is(group), ..ServiceFilter::default() };
    let found = call.nacos.registry.list_services(&filter, page);
    let fields = Fields {
        count: found.total,
        service_names: found.services.iter().map(|service| service.key.name.as_str()).collect(),
    };
    Ok(Message::success(Kind::ServiceList.response(), &fields)?)
}
