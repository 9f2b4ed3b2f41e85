//! A service in JSON: Nacos' `ServiceInfo`.

use bytes::Bytes;
use seawall_registry::ServiceView;
use serde::{Serialize, ser::SerializeSeq};

use super::InstanceView;
use crate::grpc::service_reply;

/// How long clients may keep a list without asking again, in milliseconds: what Nacos
/// tells its clients.
const CACHE_MILLIS: u64 = 10_000;

/// Every field of Nacos 2.x and 3.x, none ever absent or null (traps T2, T3, T4).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceInfo<'a> {
    name: &'a str,
    group_name: &'a str,
    clusters: &'a str,
    cache_millis: u64,
    hosts: Hosts<'a>,
    last_ref_time: u64,
    checksum: &'a str,
    #[serde(rename = "allIPs")]
    all_ips_2x: bool,
    all_ips: bool,
    reach_protection_threshold: bool,
    valid: bool,
}

struct Hosts<'a> {
    view: &'a ServiceView,
    grouped: String,
}

impl Serialize for Hosts<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hosts = serializer.serialize_seq(Some(self.view.instances.len()))?;
        for instance in &self.view.instances {
            let host = InstanceView::new(&self.view.service, &self.grouped, instance);
            hosts.serialize_element(&host)?;
        }
        hosts.end()
    }
}

/// What a service's JSON begins with.
const NAME: &str = r#"{"name":"#;

/// Appends the JSON object of `view` to `out`. Encoding cannot fail: keys are texts
/// and numbers are finite; if it ever does, nothing is to be sent.
pub(crate) fn write_service_info(
    view: &ServiceView,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let info = ServiceInfo {
        name: view.service.name.as_str(),
        group_name: view.service.group.as_str(),
        clusters: &view.clusters,
        cache_millis: CACHE_MILLIS,
        hosts: Hosts { view, grouped: view.service.grouped_name() },
        last_ref_time: view.last_ref_time,
        checksum: &view.checksum,
        all_ips_2x: false,
        all_ips: false,
        reach_protection_threshold: view.reached_protection,
        valid: true,
    };
    serde_json::to_writer(out, &info)
}

/// The JSON object of `view` with `group@@service` as its name, which clients of HTTP
/// expect. Made of the encoding that all messages of the view share.
pub(crate) fn service_info_grouped(view: &ServiceView) -> Result<Bytes, serde_json::Error> {
    let shared = service_reply::service_info(view)?;
    let name_bytes = serde_json::to_vec(view.service.name.as_str())?.len();
    let rest = shared.get(NAME.len() + name_bytes..).unwrap_or_default();
    let mut out = Vec::with_capacity(shared.len() + view.service.group.as_str().len() + 2);
    out.extend_from_slice(NAME.as_bytes());
    serde_json::to_writer(&mut out, &view.service.grouped_name())?;
    out.extend_from_slice(rest);
    Ok(out.into())
}
