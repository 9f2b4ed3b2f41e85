//! Services in messages: encoded once, sent many times.

use bytes::{Buf, Bytes};
use prost::encoding::decode_varint;
use seawall_registry::ServiceView;

use super::{
    frame::PREFIX_BYTES,
    reply::{Message, SUCCESS, request_start},
};
use crate::wire::write_service_info;

const QUERY_RESPONSE: &str = "QueryServiceResponse";
const SERVICE_FIELD: &str = r#","serviceInfo":"#;

/// What comes before the service in the answer to a query.
fn query_start() -> String {
    format!(r#"{SUCCESS},"serviceInfo":"#)
}

/// The answer to a query, kept in the view's slot: the hottest answer there is.
///
/// # Errors
/// Never in practice: see [`write_service_info`].
pub(crate) fn query_response(view: &ServiceView) -> Result<Message, serde_json::Error> {
    encoded(view).map(Message::encoded)
}

fn encoded(view: &ServiceView) -> Result<Bytes, serde_json::Error> {
    if let Some(encoded) = view.encoded.get() {
        return Ok(encoded.clone());
    }
    let mut json = Vec::with_capacity(512 + 320 * view.instances.len());
    json.extend_from_slice(query_start().as_bytes());
    write_service_info(view, &mut json)?;
    json.push(b'}');
    let (bytes, _) = Message::of_json(QUERY_RESPONSE, &json).into_parts();
    Ok(view.encoded.get_or_init(|| bytes).clone())
}

/// The service with one closing brace after it: the end of any message that has the
/// service as its last field. Shares the slot's memory.
fn service_and_brace(view: &ServiceView) -> Result<Bytes, serde_json::Error> {
    let mut encoded = encoded(view)?;
    let mut rest = encoded.get(PREFIX_BYTES..).unwrap_or_default();
    let before = rest.len();
    // Metadata, then the keys and lengths of the body and of its value.
    skip_key(&mut rest);
    let metadata = usize::try_from(length(&mut rest)).unwrap_or(usize::MAX);
    rest.advance(metadata.min(rest.len()));
    for _ in ["body", "value"] {
        skip_key(&mut rest);
        length(&mut rest);
    }
    let start = PREFIX_BYTES + (before - rest.len()) + query_start().len();
    Ok(encoded.split_off(start.min(encoded.len())))
}

fn skip_key(bytes: &mut &[u8]) {
    bytes.advance(1.min(bytes.len()));
}

fn length(bytes: &mut &[u8]) -> u64 {
    decode_varint(bytes).unwrap_or_default()
}

/// The JSON of the service alone.
pub(crate) fn service_info(view: &ServiceView) -> Result<Bytes, serde_json::Error> {
    let mut json = service_and_brace(view)?;
    json.truncate(json.len().saturating_sub(1));
    Ok(json)
}

/// A message of type `kind` that begins with `start` (JSON up to and without the
/// comma before `serviceInfo`) and ends with the service.
pub(crate) fn with_service(
    kind: &str,
    start: &str,
    view: &ServiceView,
) -> Result<Message, serde_json::Error> {
    Ok(Message::of_parts(kind, &[start, SERVICE_FIELD], &service_and_brace(view)?))
}

/// What tells a subscriber of the service. All but the request id is encoded once for
/// all who are told of this view.
pub(crate) fn service_push(id: u64, view: &ServiceView) -> Result<Message, serde_json::Error> {
    let start = request_start(&format!("p{id}"));
    let shared = match view.push_start.get() {
        Some(shared) => shared,
        None => {
            let made = push_fields(view)?;
            view.push_start.get_or_init(|| made)
        }
    };
    let parts = [start.as_str(), shared, SERVICE_FIELD];
    Ok(Message::of_parts("NotifySubscriberRequest", &parts, &service_and_brace(view)?))
}

/// What a push says between its request id and the service, from the comma on.
fn push_fields(view: &ServiceView) -> Result<Box<str>, serde_json::Error> {
    let name = |text| serde_json::to_string(text);
    Ok(format!(
        r#","module":"naming","namespace":{},"groupName":{},"serviceName":{}"#,
        name(view.service.namespace.as_str())?,
        name(view.service.group.as_str())?,
        name(view.service.name.as_str())?,
    )
    .into())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use prost::Message as _;
    use seawall_registry::{Completeness, Instance, ServiceKey};
    use seawall_topology::Namespace;

    use super::*;
    use crate::{
        grpc::{frame::Deframer, payload::Payload},
        wire::service_info_grouped,
    };

    fn view(instances: u8) -> ServiceView {
        ServiceView {
            service: ServiceKey::parse(Namespace::public(), "g", "s").unwrap(),
            clusters: String::new(),
            instances: (0..instances)
                .map(|n| Arc::new(Instance::new(format!("10.0.0.{n}"), 80)))
                .collect(),
            last_ref_time: 17,
            checksum: "0123".into(),
            reached_protection: false,
            completeness: Completeness::Complete,
            encoded: OnceLock::new(),
            push_start: OnceLock::new(),
        }
    }

    fn json_of(message: Message) -> (String, serde_json::Value) {
        let (head, tail) = message.into_parts();
        let mut deframer = Deframer::new(1 << 20);
        deframer.push(head);
        deframer.push(tail);
        let payload = Payload::decode(deframer.next().unwrap().unwrap()).unwrap();
        let (metadata, json) = payload.into_parts();
        (metadata.r#type, serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn t02_t03_t04_a_service_is_complete_even_when_it_is_empty() {
        let json = service_info(&view(0)).unwrap();
        assert_eq!(
            json,
            r#"{"name":"s","groupName":"g","clusters":"","cacheMillis":10000,"hosts":[],"lastRefTime":17,"checksum":"0123","allIPs":false,"allIps":false,"reachProtectionThreshold":false,"valid":true}"#
        );
    }

    #[test]
    fn every_message_of_a_view_shares_one_encoding() {
        for instances in [0, 1, 200] {
            let view = view(instances);
            let alone: serde_json::Value =
                serde_json::from_slice(&service_info(&view).unwrap()).unwrap();
            let (kind, answer) = json_of(query_response(&view).unwrap());
            assert_eq!((kind.as_str(), &answer["serviceInfo"]), (QUERY_RESPONSE, &alone));
            let answer = with_service("Answer", r#"{"resultCode":200"#, &view).unwrap();
            let (kind, answer) = json_of(answer);
            assert_eq!((kind.as_str(), &answer["serviceInfo"]), ("Answer", &alone));
            assert_eq!(answer["resultCode"], 200);
            for id in [1, 2] {
                let (kind, push) = json_of(service_push(id, &view).unwrap());
                let expected = serde_json::json!({
                    "headers": {}, "requestId": format!("p{id}"), "module": "naming",
                    "namespace": "public", "groupName": "g", "serviceName": "s",
                    "serviceInfo": &alone,
                });
                assert_eq!((kind.as_str(), &push), ("NotifySubscriberRequest", &expected));
            }
            assert_eq!(alone["hosts"].as_array().unwrap().len(), usize::from(instances));
        }
    }

    #[test]
    fn t11_http_v1_has_the_grouped_name() {
        let json = service_info_grouped(&view(1)).unwrap();
        let plain = service_info(&view(1)).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let mut renamed: serde_json::Value = serde_json::from_slice(&plain).unwrap();
        renamed["name"] = "g@@s".into();
        assert_eq!(json, renamed);
        assert_eq!((json["name"].as_str(), json["groupName"].as_str()), (Some("g@@s"), Some("g")));
    }
}
