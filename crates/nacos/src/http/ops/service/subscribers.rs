//! Who subscribes to a service.

use std::sync::Arc;

use seawall_registry::{ServiceKey, Subscriber};

use crate::http::{
    call::{Call, Page},
    fault::Fault,
    state::Http,
    target,
};

/// Of which service.
#[derive(Debug)]
pub(crate) struct Subscribers {
    service: ServiceKey,
    page: Page,
}

impl Subscribers {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { service: target::service(call)?, page: call.page(1, 500)? })
    }
}

/// One page of subscribers.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) page: Page,
    pub(crate) total: usize,
    pub(crate) subscribers: Vec<Subscriber>,
}

/// Those of the page.
pub(crate) async fn subscribers(http: Arc<Http>, input: Subscribers) -> Result<Found, Fault> {
    let Subscribers { service, page } = input;
    let all = http.registry.subscribers(&service);
    Ok(Found { page, total: all.len(), subscribers: page.slice(all) })
}
