//! Asking clients what they hold.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use futures::{StreamExt, stream};
use seawall_config::ConfigKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Nacos, grpc::connection::config_group_key};

/// Time one client has to answer.
const WITHIN: Duration = Duration::from_secs(3);
/// Clients asked at the same time.
const AT_ONCE: usize = 32;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetricsKey {
    r#type: &'static str,
    key: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    metrics: Option<BTreeMap<String, Value>>,
}

impl Nacos {
    /// What the configuration clients at `ip` that are connected to this node say of
    /// themselves and of what they have cached of `keys`, by the client's own name.
    /// Clients that do not know the question or do not answer within 3 s are left out.
    pub async fn client_config_metrics(
        &self,
        ip: IpAddr,
        keys: &[ConfigKey],
    ) -> BTreeMap<String, Value> {
        let key = |of| move |key: &ConfigKey| MetricsKey { r#type: of, key: config_group_key(key) };
        let asked: Vec<MetricsKey> =
            keys.iter().map(key("cacheData")).chain(keys.iter().map(key("snapshotData"))).collect();
        let asked = serde_json::to_string(&asked).unwrap_or_default();
        let fields = format!(r#","module":"config","metricsKeys":{asked}"#);
        let links = self.connections.of_ip(ip);
        let config_clients = links.into_iter().filter(|link| link.card.module == "config");
        let answers = stream::iter(config_clients)
            .map(|link| {
                let fields = &fields;
                async move { link.ask("ClientConfigMetricRequest", fields, WITHIN).await }
            })
            .buffer_unordered(AT_ONCE)
            .filter_map(|answer| async move { serde_json::from_slice::<Answer>(&answer?).ok() })
            .collect::<Vec<_>>()
            .await;
        answers.into_iter().flat_map(|answer| answer.metrics.unwrap_or_default()).collect()
    }
}
