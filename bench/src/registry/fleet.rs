//! The made-up fleet: which instance belongs to which service, and the requests
//! that name them.

use std::net::Ipv4Addr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Instances of one service.
pub(crate) const INSTANCES_PER_SERVICE: u64 = 10;

const PORT: u16 = 8080;
const GROUP: &str = "DEFAULT_GROUP";

/// An instance of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// The number of its service.
    pub(crate) service: u64,
    /// The number of its address.
    pub(crate) address: u64,
}

impl Member {
    /// Instance `number` of a fleet whose services have ten each.
    pub(crate) const fn nth(number: u64) -> Self {
        Self { service: number / INSTANCES_PER_SERVICE, address: number }
    }

    /// Addresses in 127.64.0.0/10, one an instance: a server that probes its
    /// persistent instances stays on loopback and is refused at once.
    fn ip(self) -> Ipv4Addr {
        let low = u32::try_from(self.address & 0x003F_FFFF).unwrap_or_default();
        Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 64, 0, 0)) | low)
    }
}

/// The name of service `number`.
pub(crate) fn service_name(number: u64) -> String {
    format!("bench.orders.service-{number:06}")
}

/// `InstanceRequest` that registers; `round` makes each registration differ.
pub(crate) fn register(member: Member, round: u64) -> String {
    instance_request("registerInstance", member, round)
}

/// `InstanceRequest` that takes the instance back.
pub(crate) fn deregister(member: Member) -> String {
    instance_request("deregisterInstance", member, 0)
}

fn instance_request(kind: &str, member: Member, round: u64) -> String {
    let service = service_name(member.service);
    let ip = member.ip();
    format!(
        r#"{{"namespace":"public","serviceName":"{service}","groupName":"{GROUP}","type":"{kind}","instance":{{"ip":"{ip}","port":{PORT},"weight":1.0,"healthy":true,"enabled":true,"ephemeral":true,"clusterName":"DEFAULT","serviceName":"{service}","metadata":{{"version":"1.4.2","zone":"zone-a","round":"{round}"}}}}}}"#
    )
}

/// How an instance shows in what is pushed.
pub(crate) fn marker(member: Member) -> String {
    format!(r#""ip":"{}""#, member.ip())
}

/// `ServiceQueryRequest` for service `number`.
pub(crate) fn query(number: u64) -> String {
    let service = service_name(number);
    format!(
        r#"{{"namespace":"public","serviceName":"{service}","groupName":"{GROUP}","cluster":"","healthyOnly":false,"udpPort":0}}"#
    )
}

/// `SubscribeServiceRequest` for service `number`.
pub(crate) fn subscribe(number: u64) -> String {
    let service = service_name(number);
    format!(
        r#"{{"namespace":"public","serviceName":"{service}","groupName":"{GROUP}","subscribe":true,"clusters":""}}"#
    )
}

/// The form of a v1 registration.
pub(crate) fn register_form(member: Member, round: u64, ephemeral: bool) -> String {
    let metadata = format!(r#"{{"version":"1.4.2","zone":"zone-a","round":"{round}"}}"#);
    let metadata = utf8_percent_encode(&metadata, NON_ALPHANUMERIC);
    format!(
        "namespaceId=public&serviceName={}&groupName={GROUP}&clusterName=DEFAULT&ip={}&port={PORT}\
         &weight=1.0&healthy=true&enabled=true&ephemeral={ephemeral}&metadata={metadata}",
        service_name(member.service),
        member.ip(),
    )
}

/// The path of a v1 beat without a body, as clients send it after their first.
pub(crate) fn beat_path(member: Member) -> String {
    format!(
        "/nacos/v1/ns/instance/beat?namespaceId=public&serviceName={GROUP}%40%40{}\
         &clusterName=DEFAULT&ip={}&port={PORT}",
        service_name(member.service),
        member.ip(),
    )
}

/// The path of a v1 query for service `number`.
pub(crate) fn list_path(number: u64) -> String {
    format!(
        "/nacos/v1/ns/instance/list?namespaceId=public&serviceName={}&groupName={GROUP}\
         &healthyOnly=false",
        service_name(number),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_json_with_the_agreed_fields() {
        for request in
            [register(Member::nth(7), 3), deregister(Member::nth(7)), query(1), subscribe(1)]
        {
            let value: serde_json::Value = serde_json::from_str(&request).unwrap();
            assert_eq!(value["groupName"], "DEFAULT_GROUP", "{request}");
        }
    }

    #[test]
    fn a_registration_shows_its_member_as_the_marker_says() {
        assert!(register(Member::nth(12), 0).contains(&marker(Member::nth(12))));
        assert!(!register(Member::nth(12), 0).contains(&marker(Member::nth(1))));
    }

    #[test]
    fn members_have_addresses_of_their_own() {
        assert_ne!(Member::nth(1).ip(), Member::nth(257).ip());
        assert!(Member::nth(u64::MAX).ip().is_loopback());
        assert_eq!(Member::nth(9).service, 0);
        assert_eq!(Member::nth(10).service, 1);
    }
}
