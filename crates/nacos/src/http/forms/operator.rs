//! The state of the naming part in JSON.

use serde_json::{Map, Value, json};

use crate::http::{ops::operator::Metrics, reply::Reply};

fn fields(metrics: &Metrics) -> Map<String, Value> {
    let status = if metrics.up { "UP" } else { "STARTING" };
    let mut fields = Map::from_iter([("status".to_owned(), json!(status))]);
    if let Some(counts) = &metrics.counts {
        let all = counts.connected + counts.heartbeat + counts.stored;
        let numbers = [
            ("serviceCount", counts.registry.services),
            ("instanceCount", counts.registry.instances),
            ("subscribeCount", counts.registry.subscriptions),
            ("clientCount", all),
            ("connectionBasedClientCount", counts.connected),
            ("ephemeralIpPortClientCount", counts.heartbeat),
            ("persistentIpPortClientCount", counts.stored),
            // One node is responsible for everybody.
            ("responsibleClientCount", all),
            ("responsibleInstanceCount", counts.registry.instances),
        ];
        fields.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
    }
    fields
}

/// The state, bare.
pub(crate) fn bare(metrics: Metrics) -> Reply {
    Reply::json(&fields(&metrics))
}

/// The state, wrapped.
pub(crate) fn wrapped(metrics: Metrics) -> Reply {
    Reply::result(fields(&metrics))
}
