//! The clients of the registry.

use std::sync::Arc;

use seawall_registry::{ClientDetail, ClientId, Instance, Publisher, ServiceKey, Subscriber};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Every client.
pub(crate) async fn list(http: Arc<Http>, _: ()) -> Result<Vec<ClientId>, Fault> {
    Ok(http.registry.clients())
}

/// Which client.
pub(crate) fn read_id(call: &mut Call) -> Result<String, Fault> {
    Ok(call.params.required("clientId")?.to_owned())
}

fn known(http: &Http, id: &str) -> Result<ClientDetail, Fault> {
    let absent = || Fault::not_found(format!("clientId [ {id} ] not exist"));
    http.registry.client(id).ok_or_else(absent)
}

/// What is known of the client.
pub(crate) async fn detail(http: Arc<Http>, id: String) -> Result<ClientDetail, Fault> {
    known(&http, &id)
}

/// What the client has registered.
pub(crate) async fn published(
    http: Arc<Http>,
    id: String,
) -> Result<Vec<(ServiceKey, Arc<Instance>)>, Fault> {
    known(&http, &id)?;
    Ok(http.registry.published_by(&id))
}

/// What the client subscribes to.
pub(crate) async fn subscribed(http: Arc<Http>, id: String) -> Result<Vec<Subscriber>, Fault> {
    known(&http, &id)?;
    Ok(http.registry.subscribed_by(&id))
}

/// A service, and the address to look for if one is named.
#[derive(Debug)]
pub(crate) struct OfService {
    service: ServiceKey,
    ip: Option<String>,
    port: Option<u16>,
}

impl OfService {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self {
            service: target::service(call)?,
            ip: call.params.owned("ip"),
            port: call.params.parsed("port")?,
        })
    }

    fn wants(&self, ip: &str, port: u16) -> bool {
        self.ip.as_deref().is_none_or(|wanted| wanted == ip)
            && self.port.is_none_or(|wanted| wanted == port)
    }
}

/// Who has instances in the service.
pub(crate) async fn publishers(http: Arc<Http>, input: OfService) -> Result<Vec<Publisher>, Fault> {
    let mut found = http.registry.publishers(&input.service);
    found.retain(|one| input.wants(&one.address.ip, one.address.port));
    Ok(found)
}

/// Who subscribes to the service.
pub(crate) async fn subscribers(
    http: Arc<Http>,
    input: OfService,
) -> Result<Vec<Subscriber>, Fault> {
    let mut found = http.registry.subscribers(&input.service);
    found.retain(|one| {
        let (ip, port) = split_address(&one.address);
        input.wants(ip, port)
    });
    Ok(found)
}

/// `ip:port` in its two parts; port 0 when there is none.
pub(crate) fn split_address(address: &str) -> (&str, u16) {
    match address.rsplit_once(':') {
        Some((ip, port)) => (ip, port.parse().unwrap_or_default()),
        None => (address, 0),
    }
}
