//! Counts of the HTTP API.

use std::{sync::atomic::AtomicI64, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::{Registry, Unit},
};

/// Upper bounds of the time buckets, in seconds; the last ones are for long polls.
const BUCKETS: [f64; 10] = [0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1.0, 10.0, 60.0];

/// A request by its row of the route table, so that there are no more labels than
/// rows; named as Spring names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    uri: &'static str,
    status: u16,
}

#[derive(Debug, Clone, Copy)]
struct Times;

impl MetricConstructor<Histogram> for Times {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// Counts of the HTTP API:
///
/// - `http_server_requests_seconds{method,uri,status}`: requests and how long they
///   took, `uri` being the path without `/nacos`.
/// - `seawall_nacos_long_polls`: long polls that are waiting.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    requests: Family<Labels, Histogram, Times>,
    long_polls: Gauge<i64, AtomicI64>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self { requests: Family::new_with_constructor(Times), long_polls: Gauge::default() }
    }
}

/// Counts a long poll for as long as it lives, also when its client goes away.
pub(super) struct Waiting(Gauge<i64, AtomicI64>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl HttpMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "http_server_requests",
            "HTTP requests",
            Unit::Seconds,
            self.requests.clone(),
        );
        registry.register(
            "seawall_nacos_long_polls",
            "Long polls that are waiting",
            self.long_polls.clone(),
        );
    }

    /// A request to the row at `uri` was answered with `status` after `took`.
    pub(super) fn request(
        &self,
        method: &'static str,
        uri: &'static str,
        status: u16,
        took: Duration,
    ) {
        let labels = Labels { method, uri, status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A long poll begins to wait.
    pub(super) fn waiting(&self) -> Waiting {
        self.long_polls.inc();
        Waiting(self.long_polls.clone())
    }

    /// Long polls that are waiting.
    pub(crate) fn long_polls(&self) -> i64 {
        self.long_polls.get()
    }
}
