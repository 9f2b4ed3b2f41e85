//! One unary request on a registered connection.

use std::{collections::HashMap, sync::Arc};

use seawall_identity::{Action, Entrance, Principal, ResourceKind, ResourceName};
use seawall_registry::ServiceKey;
use seawall_topology::Namespace;
use serde::Deserialize;

use super::{connection::Link, failure::Failure};
use crate::{Nacos, access::grpc_credential, wire::ErrorCode};

/// What a handler gets: the request, who sent it, and what it may touch.
pub(crate) struct Call<'a> {
    pub(crate) nacos: &'a Nacos,
    pub(crate) link: &'a Arc<Link>,
    pub(crate) headers: &'a HashMap<String, String>,
    /// The request's JSON.
    pub(crate) json: &'a [u8],
}

impl<'a> Call<'a> {
    /// The request as `T`; texts are borrowed from the message.
    pub(crate) fn read<T: Deserialize<'a>>(&self) -> Result<T, Failure> {
        serde_json::from_slice(self.json)
            .map_err(|error| Failure::new(ErrorCode::UNREADABLE, error.to_string()))
    }

    /// A header of the payload; `None` when absent or blank.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    /// Who sent it.
    pub(crate) async fn principal(&self) -> Result<Principal, Failure> {
        let credential = grpc_credential(self.headers);
        let source = self.link.peer.ip();
        Ok(self.nacos.access.admit(Entrance::Client, credential, source).await?)
    }

    /// Whether `principal` may do `action` to an item or service.
    pub(crate) fn authorize(
        &self,
        principal: &Principal,
        action: Action,
        resource: &ResourceName<'_>,
    ) -> Result<(), Failure> {
        Ok(self.nacos.access.authorize(principal, action, resource)?)
    }

    /// Whether the sender may do `action` to `service`.
    pub(crate) async fn may_naming(
        &self,
        action: Action,
        service: &ServiceKey,
    ) -> Result<(), Failure> {
        let ServiceKey { namespace, group, name } = service;
        self.may_naming_all(action, namespace, group.as_str(), name.as_str()).await
    }

    /// As [`Call::may_naming`], for all services of a namespace or group (`*`).
    pub(crate) async fn may_naming_all(
        &self,
        action: Action,
        namespace: &Namespace,
        group: &str,
        name: &str,
    ) -> Result<(), Failure> {
        let principal = self.principal().await?;
        let resource = ResourceName { namespace, group, kind: ResourceKind::Naming, name };
        self.authorize(&principal, action, &resource)
    }
}
